import pytest

COMPLETE = {
    "README.md": "See [how](docs/architecture.md#life-of-a-span) and [folder](docs/).\n",
    "CHANGELOG.md": "",
    "CONTRIBUTING.md": "",
    "LICENSE": "",
    "docs/architecture.md": "# Architecture\n\n## Life of a `span`\n",
}


def test_the_documents_of_this_project_hold_together(run_tool):
    assert run_tool("check_docs") == (0, "")


def test_takes_links_that_lead_somewhere(run_tool, tree):
    assert run_tool("check_docs", "--root", tree(COMPLETE)) == (0, "")


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_misses_a_document(run_tool, tree, name):
    files = {key: "" for key in COMPLETE if key != name}

    assert run_tool("check_docs", "--root", tree(files)) == (1, f"{name}: missing\n")


@pytest.mark.parametrize(
    "link, reason",
    [
        ("[x](docs/absent.md)", "docs/absent.md does not exist"),
        ("![x](picture.png)", "picture.png does not exist"),
        ("[x](docs/architecture.md#nothing)", "no such heading"),
        ("[x](#nothing)", "no such heading"),
        ("[x](../..)", "lies outside the project"),
    ],
)
def test_names_a_link_that_leads_nowhere(run_tool, tree, link, reason):
    root = tree(COMPLETE | {"CONTRIBUTING.md": f"first\n{link}\n"})

    status, output = run_tool("check_docs", "--root", root)

    assert status == 1
    assert output.startswith("CONTRIBUTING.md:2: ")
    assert reason in output


def test_code_is_not_read_as_links(run_tool, tree):
    text = "`[x](absent)`\n```\n[x](absent)\n```\n[y](https://example.com/)\n"

    assert run_tool("check_docs", "--root", tree(COMPLETE | {"CONTRIBUTING.md": text})) == (0, "")
