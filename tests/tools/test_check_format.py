def test_this_project_is_formatted(run_tool):
    assert run_tool("check_format") == (0, "")
