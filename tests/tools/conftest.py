"""Runs the tools as a person would: as programs, on this tree or on a small one made up."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def run_tool():
    """run_tool(name, *arguments) -> (exit status, output)."""

    def run(name, *arguments):
        done = subprocess.run([ROOT / "tools" / name, *map(str, arguments)],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture
def tree(tmp_path):
    """tree({path: text}) -> the root of a git repository that holds these files."""

    def make(files):
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return make
