"""What the guides show is what clew takes."""

import re

import pytest

from harness.clew import ROOT, run_clew

GUIDES = sorted((ROOT / "docs/how-to").glob("*.md"))
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def configurations(is_whole):
    """The configurations that the guides show: whole ones, or some keys of one."""
    found = []
    for guide in GUIDES:
        for number, block in enumerate(BLOCK.findall(guide.read_text(encoding="utf-8"))):
            is_configuration = re.match(r"(receivers|processors|exporters|extensions):", block)
            if is_configuration and ("\nservice:" in block) == is_whole:
                found.append(pytest.param(block, id=f"{guide.stem}-{number}"))
    return found


@pytest.mark.parametrize("text", configurations(is_whole=True))
def test_a_whole_configuration_is_valid(text, tmp_path):
    path = tmp_path / "guide.yaml"
    path.write_text(text, encoding="utf-8")

    done = run_clew("config", "validate", path)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", configurations(is_whole=False))
def test_a_part_fits_the_built_in_configuration(text, tmp_path):
    default = tmp_path / "default.yaml"
    default.write_text(run_clew("config", "print").stdout, encoding="utf-8")
    path = tmp_path / "guide.yaml"
    path.write_text(text, encoding="utf-8")

    done = run_clew("config", "validate", default, path)

    assert done.returncode == 0, done.stderr
