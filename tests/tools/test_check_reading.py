DOCUMENT = """# Architecture

## Reading: one path, at most 3 lines

| file | what |
| --- | --- |
| [a](../src/a.cc) | begins |
| [b](../src/b.cc) | ends |

## Another

| [c](../src/c.cc) | not of the path |
"""


def test_the_paths_of_this_project_are_as_long_as_they_may_be(run_tool):
    status, output = run_tool("check_reading")

    assert status == 0, output
    assert len(output.splitlines()) == 2


def test_sums_the_lines_of_a_path(run_tool, tree):
    root = tree({"docs/architecture.md": DOCUMENT, "src/a.cc": "1\n2\n", "src/b.cc": "3\n"})

    assert run_tool("check_reading", "--root", root) == (0, "one path: 3 lines in 2 files\n")


def test_names_a_path_that_is_too_long_and_a_file_that_is_gone(run_tool, tree):
    root = tree({"docs/architecture.md": DOCUMENT, "src/a.cc": "1\n2\n3\n4\n"})

    status, output = run_tool("check_reading", "--root", root)

    assert status == 1
    assert output.splitlines()[1:] == [
        "docs/architecture.md: ../src/b.cc: no such file",
        "docs/architecture.md: one path: 4 lines, at most 3",
    ]


def test_misses_the_paths(run_tool, tree):
    root = tree({"docs/architecture.md": "# Architecture\n"})

    assert run_tool("check_reading", "--root", root) == (
        1, "docs/architecture.md: no heading of a path to read\n")
