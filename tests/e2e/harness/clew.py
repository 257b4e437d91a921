"""A clew process with ports and a folder of its own."""

import copy
import json
import os
import pathlib
import signal
import socket
import subprocess

import requests

from harness.waiting import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("CLEW_BINARY", ROOT / "build/release/clew"))
PORT_NAMES = ("grpc", "http", "jaeger", "tempo", "health", "metrics")


def free_ports(count):
    """Ports that are free now. Another process may take one before it is used: see Clew.start."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def free_port_range(count):
    """The first of `count` consecutive ports that are free now."""
    for first in range(20000 + os.getpid() % 1000 * 10, 32000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, each in enumerate(sockets):
                each.bind(("127.0.0.1", first + offset))
            return first
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise RuntimeError(f"no {count} consecutive ports are free")


def run_clew(*arguments, **options):
    """Runs `clew ARGUMENTS…` to its end: CompletedProcess with text output."""
    options = {"capture_output": True, "text": True, "timeout": 120, "check": False} | options
    return subprocess.run([BINARY, *map(str, arguments)], **options)


def merged(base, changes):
    """`base` with `changes` merged in as clew merges files: maps by key, the rest replaced."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    result = dict(base)
    for key, value in changes.items():
        result[key] = merged(base[key], value) if key in base else value
    return result


class Clew:
    """Started with a configuration that stores and answers, into which `changes` are merged, and
    with more `arguments` of `clew serve`. `prepare` runs in the new process before clew does."""

    def __init__(self, directory, changes=None, arguments=(), prepare=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.changes = changes or {}
        self.arguments = arguments
        self.prepare = prepare
        self.process = None
        self.ports = dict(zip(PORT_NAMES, free_ports(len(PORT_NAMES))))
        self.log_path = self.directory / "clew.log"
        self.config_path = self.directory / "config.yaml"

    def address(self, name):
        return f"127.0.0.1:{self.ports[name]}"

    def url(self, name, path=""):
        return f"http://{self.address(name)}{path}"

    def config(self):
        """The whole configuration, as a tree."""
        tree = {
            "extensions": {
                "health_check": {"endpoint": self.address("health")},
                "clew_storage": {"directory": str(self.directory / "data")},
                "clew_query": {
                    "jaeger": {"endpoint": self.address("jaeger")},
                    "tempo": {"endpoint": self.address("tempo")},
                },
            },
            "receivers": {
                "otlp": {
                    "protocols": {
                        "grpc": {"endpoint": self.address("grpc")},
                        "http": {"endpoint": self.address("http")},
                    }
                }
            },
            "exporters": {"clew_storage": {}},
            "service": {
                "extensions": ["health_check", "clew_storage", "clew_query"],
                "pipelines": {
                    "traces": {"receivers": ["otlp"], "exporters": ["clew_storage"]}
                },
                "telemetry": {
                    "metrics": {
                        "readers": [{
                            "pull": {"exporter": {"prometheus": {
                                "host": "127.0.0.1", "port": self.ports["metrics"],
                            }}}
                        }]
                    }
                },
            },
        }
        return merged(tree, copy.deepcopy(self.changes))

    def write_config(self):
        # JSON is YAML.
        self.config_path.write_text(json.dumps(self.config(), indent=1), encoding="utf-8")

    def start(self, wait=True):
        """Starts and waits until it is ready; takes new ports when another process had one."""
        for attempt in range(3):
            self.write_config()
            self._launch()
            if not wait:
                return self
            try:
                self.wait_ready()
                return self
            except RuntimeError:
                if attempt == 2 or "address already in use" not in self.log():
                    raise
                self.ports = dict(zip(PORT_NAMES, free_ports(len(PORT_NAMES))))
        return self

    def _launch(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--config", self.config_path, *self.arguments],
                cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=self.prepare,
            )

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"clew ended with {self.process.returncode}:\n{self.log()[-3000:]}")
        try:
            return requests.get(self.url("health"), timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def wait_ready(self, seconds=60):
        wait_for(self.is_ready, "clew is ready", seconds)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def send_signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As the kernel or a power loss would: nothing is said before."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self, seconds=60):
        """As an operator would: SIGTERM, then the exit status."""
        self.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def is_alive(self):
        return self.process.poll() is None

    def memory_bytes(self):
        """Resident memory."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def metrics(self):
        """{name: sum of all its series}."""
        sums = {}
        for line in requests.get(self.url("metrics", "/metrics"), timeout=10).text.splitlines():
            if line and not line.startswith("#"):
                name = line.split("{")[0].split(" ")[0]
                sums[name] = sums.get(name, 0) + float(line.rsplit(" ", 1)[1])
        return sums
