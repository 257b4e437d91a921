"""What a shell makes of TAB inside the quotes of `clew query '{ …`, in a real bash on a terminal."""

import contextlib
import os
import pty
import select
import signal
import time

import pytest

from harness.clew import BINARY
from harness.sending import make_request, post

TIMEOUT_S = 30


class Bash:
    """An interactive bash that has loaded the completion script."""

    def __init__(self, tempo_url):
        self.seen = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "dumb", "PS1": "$ ", "COLUMNS": "200", "CLEW_TEMPO": tempo_url,
                               "PATH": f"{BINARY.parent}:{os.environ['PATH']}"})
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        self.type("stty cols 200; bind 'set enable-bracketed-paste off'; "
                  "bind 'set bell-style none'; source <(clew completion bash); echo loa''ded\n")
        self.wait_for("loaded")

    def type(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, text):
        """Until the terminal has shown the text since this was last called."""
        deadline = time.monotonic() + TIMEOUT_S
        while text not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"no {text!r} in {self.seen!r}"
            self.seen += os.read(self.terminal, 65536).decode(errors="replace")
        shown, self.seen = self.seen.split(text, 1)
        return shown + text

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@contextlib.contextmanager
def bash_with(tempo_url):
    bash = Bash(tempo_url)
    try:
        yield bash
    finally:
        bash.end()


@pytest.fixture
def filled(clew):
    for number, service in enumerate(["maker", "other"]):
        assert post(clew, make_request(number, 2, service=service)).status_code == 200
    return clew


def test_names_and_values_are_completed(filled):
    with bash_with(filled.url("tempo")) as bash:
        bash.type("clew query --from 2023-01-01T00:00:00Z '{ resource.service.n\t")
        bash.wait_for("resource.service.name ")
        # All begin with the quote; two TABs more list them without what is typed already.
        bash.type("= \t")
        bash.wait_for('"')
        bash.type("\t\t")
        bash.wait_for('"maker"')
        bash.wait_for('"other"')
        bash.type("m\t")
        bash.wait_for('maker" ')
        bash.type("}' --output json\n")
        assert '"rootServiceName":"maker"' in bash.wait_for('"metrics"')


def test_without_a_server_nothing_is_said():
    with bash_with("http://127.0.0.1:1") as bash:
        bash.type("clew query '{ resource.ser\t\tX }' --instant; echo do''ne\n")

        shown = bash.wait_for("done")

        assert "resource.serX" in shown
        assert shown.count("clew:") == 1, "what is wrong with the query, when it is run"
