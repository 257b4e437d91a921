import pytest


def body(lines):
    return "".join(f"  Call({number});\n" for number in range(lines))


def test_this_project_keeps_its_sizes(run_tool):
    assert run_tool("check_sizes") == (0, "")


@pytest.mark.parametrize(
    "name, lines",
    [("a.cc", 600), ("a.h", 250), ("a_test.cc", 800), ("a.py", 800), ("a.ts", 400)],
)
def test_a_file_may_have_so_many_lines_and_no_more(run_tool, tree, name, lines):
    root = tree({name: "\n" * lines})
    assert run_tool("check_sizes", "--root", root) == (0, "")

    (root / name).write_text("\n" * (lines + 1), encoding="utf-8")
    status, output = run_tool("check_sizes", "--root", root)

    assert status == 1
    assert output == f"{name}:{lines + 1}: {lines + 1} lines, at most {lines}\n"


def test_a_table_may_be_long(run_tool, tree):
    assert run_tool("check_sizes", "--root", tree({"colors_table.cc": "\n" * 5000})) == (0, "")


@pytest.mark.parametrize(
    "opening, closing",
    [
        ("void Run() {\n", "}\n"),
        ("namespace a {\nvoid B::Run(int x) const {\n", "}\n}  // namespace a\n"),
        ("TEST(Log, Appends) {\n", "}\n"),
        ("struct alignas(8) S {\n  int Run() {\n", "}\n};\n"),
        ('extern "C" {\nint Run() {\n', "}\n}\n"),
        ("A::A(int x) : a_{x}, b_{1} {\n", "}\n"),
        ('void Run() {\n  Log("}}}");  // }\n', "}\n"),
        ("template <class T>\nT Run(T t) {\n", "}\n"),
    ],
)
def test_a_function_may_have_70_lines_and_no_more(run_tool, tree, opening, closing):
    last_opening = opening.rstrip("\n").split("\n")
    signature_lines = 2 if opening.startswith("template") or "Log(" in opening else 1
    fits = 70 - signature_lines - 1
    root = tree({"a.cc": opening + body(fits) + closing})
    assert run_tool("check_sizes", "--root", root) == (0, ""), last_opening

    (root / "a.cc").write_text(opening + body(fits + 1) + closing, encoding="utf-8")
    status, output = run_tool("check_sizes", "--root", root)

    assert status == 1
    assert "a function of 71 lines, at most 70" in output


def test_declarations_and_classes_are_no_functions(run_tool, tree):
    members = "".join(f"  int Member{number}(int x);\n" for number in range(100))
    values = "".join(f"    {number}'000,\n" for number in range(100))
    root = tree({
        "a.h": f"class A : public B {{\n public:\n{members}}};\n",
        "a.cc": f"const std::vector<int> kValues = {{\n{values}}};\n"
                f"constexpr int kOthers[] = {{\n{values}}};\n",
    })

    assert run_tool("check_sizes", "--root", root) == (0, "")


def test_python_functions_are_measured_too(run_tool, tree):
    root = tree({"a.py": "def run():\n" + "    call()\n" * 70})

    status, output = run_tool("check_sizes", "--root", root)

    assert status == 1
    assert output == "a.py:1: a function of 71 lines, at most 70: run\n"
