import pytest

CTEST = """<testsuite>
<testcase name="base" status="{base}"/>
<testcase name="decode_fuzz" status="{fuzz}"/>
</testsuite>"""
GTEST = """<testsuites><testsuite name="Ids">
<testcase name="A" status="run" result="completed"/>
<testcase name="B" status="run" result="completed">{b}</testcase>
<testcase name="C" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><skipped/></testcase><testcase name="c"><error/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def results(tmp_path):
    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_counts_the_cases_of_a_program_not_the_program(run_tool, results):
    root = results({"unit/ctest.xml": CTEST.format(base="run", fuzz="run"),
                    "unit/clew_base_test.xml": GTEST.format(b="")})

    assert run_tool("test_totals", root) == (
        0, "unit: 3 passed, 0 failed, 1 skipped\n3 passed, 0 failed, 1 skipped\n")


@pytest.mark.parametrize(
    "base, b, fuzz, failed",
    [("fail", "<failure/>", "run", 1), ("fail", "", "run", 1), ("run", "", "fail", 1)],
)
def test_counts_each_way_to_fail(run_tool, results, base, b, fuzz, failed):
    root = results({"unit/ctest.xml": CTEST.format(base=base, fuzz=fuzz),
                    "unit/clew_base_test.xml": GTEST.format(b=b)})

    status, output = run_tool("test_totals", root)

    assert status == 1
    assert f" passed, {failed} failed, 1 skipped\n" in output


def test_adds_up_the_stages(run_tool, results):
    root = results({"e2e/pytest.xml": PYTEST})
    assert run_tool("test_totals", root)[1].endswith("\n1 passed, 1 failed, 1 skipped\n")


def test_a_stage_that_broke_early_is_a_failure(run_tool, results):
    assert run_tool("test_totals", results({"tsan/failed": ""})) == (
        1, "tsan: 0 passed, 1 failed\n0 passed, 1 failed\n")


def test_no_test_at_all_is_a_failure(run_tool, results):
    assert run_tool("test_totals", results({})) == (1, "0 passed, 0 failed\n")
