"""Fixtures: clew processes, and what the tests need from outside."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness.clew import BINARY, ROOT, Clew

IN_CI = os.environ.get("CI") == "true"  # .ci/run says so


def skip(reason):
    """Skips a test whose toolchain a user may lack. CI must have it."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is missing: build it with script/build release clew", 2)
    return BINARY


@pytest.fixture
def start_clew(tmp_path):
    """start_clew(name, changes, wait, arguments, prepare) -> a Clew that runs until the test
    ends."""
    running = []

    def start(name="clew", changes=None, wait=True, arguments=(), prepare=None):
        clew = Clew(tmp_path / name, changes, arguments, prepare)
        running.append(clew)
        return clew.start(wait)

    yield start
    for clew in running:
        clew.kill()


@pytest.fixture
def clew(start_clew):
    return start_clew()


@pytest.fixture(scope="session")
def boutique():
    """The folder of the shop's recorded traces."""
    shared = pathlib.Path(os.environ.get("CLEW_SHARED_DATA", ROOT.parent / "shared/data"))
    folder = shared / "online-boutique-faults"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing; CLEW_SHARED_DATA names the folder that holds it")
    return folder


def run_tool(folder, *command):
    if not shutil.which(command[0]):
        skip(f"{command[0]} is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


CLIENTS = ROOT / "tests/e2e/clients"


@pytest.fixture(scope="session")
def node_client():
    """The command of the Node.js client, its packages installed."""
    folder = CLIENTS / "node"
    lock, installed = folder / "package-lock.json", folder / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run_tool(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    return ["node", folder / "main.js"]


@pytest.fixture(scope="session")
def java_client():
    """The command of the Java client, compiled."""
    folder = CLIENTS / "java"
    run_tool(folder, "mvn", "-q", "-B", "compile", "dependency:copy-dependencies")
    agent, = (folder / "target/dependency").glob("opentelemetry-javaagent-*.jar")
    classes = f"{folder}/target/classes:{folder}/target/dependency/*"
    return ["java", f"-javaagent:{agent}", "-cp", classes, "clew.Main"]


def go_version():
    """Of the installed Go, as (major, minor); (0, 0) when there is none."""
    if not shutil.which("go"):
        return 0, 0
    printed = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    major, minor = re.search(r"go(\d+)\.(\d+)", printed).groups()
    return int(major), int(minor)


@pytest.fixture(scope="session")
def go_client(tmp_path_factory):
    """The command of the Go client, compiled. Debian 12's own Go is too old for the SDK."""
    folder = CLIENTS / "go"
    wanted = re.search(r"^go (\d+)\.(\d+)", (folder / "go.mod").read_text("utf-8"), re.MULTILINE)
    major, minor = map(int, wanted.groups())
    if go_version() < (major, minor):
        skip(f"the OpenTelemetry SDK needs Go {major}.{minor}, and it is not installed")
    program = tmp_path_factory.mktemp("go") / "client"
    run_tool(folder, "go", "build", "-buildvcs=false", "-o", str(program), ".")
    return [program]
