"""What clew says of itself, and its command line beside a running server."""

import contextlib
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import requests

from harness import asking
from harness.clew import BINARY, run_clew
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for


def test_metrics_bear_the_collectors_names(clew):
    before = clew.metrics()
    for number in range(3):
        post(clew, make_request(number, 4))
    post(clew, b"{", "application/json")

    after = clew.metrics()

    assert before.get("otelcol_receiver_accepted_spans", 0) == 0
    assert after["otelcol_receiver_accepted_spans"] == 12
    text = requests.get(clew.url("metrics", "/metrics"), timeout=10).text
    assert 'receiver="otlp"' in text and 'transport="http"' in text
    for part in ("clew_log_", "clew_head_", "clew_block", "clew_query_"):
        assert any(name.startswith(part) for name in after), part


def test_no_log_line_for_a_span(clew):
    post(clew, make_request(0))
    before = len(clew.log().splitlines())

    for number in range(1, 50):
        post(clew, make_request(number, 10))

    assert len(clew.log().splitlines()) - before < 5


def test_closed_standard_streams_are_not_taken_by_files(start_clew):
    clew = start_clew(prepare=lambda: os.closerange(0, 3))

    for stream in range(3):
        assert os.readlink(f"/proc/{clew.process.pid}/fd/{stream}") == "/dev/null"
    post(clew, make_request(0))
    assert clew.stop() == 0


def test_the_log_is_json_when_asked_for(start_clew):
    clew = start_clew(changes={"service": {"telemetry": {"logs": {"encoding": "json"}}}})
    assert clew.stop() == 0

    lines = [json.loads(line) for line in clew.log().splitlines()]

    assert {"Starting clew...", "Shutdown complete."} <= {line["msg"] for line in lines}
    assert all(line["level"] and line["ts"] for line in lines)


def test_health_and_readiness(clew):
    assert requests.get(clew.url("health"), timeout=10).json()["status"] == "Server available"
    assert requests.get(clew.url("metrics", "/healthz"), timeout=10).status_code == 200
    assert requests.get(clew.url("metrics", "/readyz"), timeout=10).status_code == 200


def test_status_tells_how_the_server_is(clew):
    post(clew, make_request(0, 7))

    done = run_clew("status", "--telemetry", clew.url("metrics"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("clew ") and ", ready\n" in done.stdout
    assert re.search(r"receiver accepted spans \(otlp, http\) +7\n", done.stdout), done.stdout
    assert re.search(r"receiver otlp +running\n", done.stdout), done.stdout


def test_status_without_a_server_says_what_to_do():
    done = run_clew("status", "--telemetry", "http://127.0.0.1:9")

    assert done.returncode == 1
    assert "http://127.0.0.1:9/metrics" in done.stderr
    assert "Start one with `clew`, or name another with --telemetry" in done.stderr


@pytest.mark.parametrize("port", ["jaeger", "tempo", "health", "http", "grpc"])
@pytest.mark.parametrize("command", [("status",), ("config", "reload"), ("storage", "flush")],
                         ids=lambda command: command[-1])
def test_an_order_to_the_wrong_port_is_an_error_that_says_so(clew, command, port):
    done = run_clew(*command, "--telemetry", clew.address(port))

    assert done.returncode == 1, done.stdout
    assert clew.address(port) in done.stderr
    assert "--telemetry" in done.stderr


def test_the_start_names_the_ports_that_are_used(clew):
    server = f"--server http://localhost:{clew.ports['jaeger']}"
    wait_for(lambda: "Ctrl-C stops" in clew.log(), "clew has said where it is")

    assert f"demo --endpoint localhost:{clew.ports['grpc']} {server}`" in clew.log()
    assert f"search {server}`" in clew.log()


def test_version_and_help():
    assert run_clew("version").stdout.startswith("clew ")
    text = run_clew("--help").stdout
    for command in ("serve", "trace", "search", "query", "services", "send", "demo", "status"):
        assert command in text
    assert run_clew("no-such-command").returncode == 2


def test_send_reads_files_and_standard_input(clew, tmp_path):
    path = tmp_path / "requests.jsonl"
    path.write_text("".join(json.dumps(make_request(number, 2)) + "\n" for number in range(5)),
                    encoding="utf-8")

    by_file = run_clew("send", "--endpoint", clew.address("grpc"), path)
    by_pipe = run_clew("send", "--protocol", "http", "--endpoint", clew.url("http"), "-",
                       input=json.dumps(make_request(9)) + "\n")
    to_nobody = run_clew("send", "--endpoint", "127.0.0.1:9", "--retry-for", "0s", path)

    assert by_file.returncode == 0, by_file.stderr
    assert by_file.stdout.startswith("Sent 10 spans in 5 requests ")
    assert by_pipe.returncode == 0, by_pipe.stderr
    assert clew.metrics()["otelcol_receiver_accepted_spans"] == 11
    assert to_nobody.returncode == 1
    assert "127.0.0.1:9" in to_nobody.stderr
    assert "name another with --endpoint" in to_nobody.stderr


def test_send_to_a_url_of_documents_over_many_lines(clew, tmp_path):
    path = tmp_path / "pretty.json"
    path.write_text("\n".join(json.dumps(make_request(number), indent=2) for number in range(2)),
                    encoding="utf-8")

    done = run_clew("send", "-e", clew.url("http"), path, timeout=30)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Sent 2 spans in 2 requests ")


def test_send_goes_on_behind_what_is_broken(clew, tmp_path):
    lines = [json.dumps(make_request(number)) for number in range(3)]
    path = tmp_path / "broken.jsonl"
    path.write_text("\n".join([lines[0], '{"resourceSpans": [', lines[1]]), encoding="utf-8")
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(lines[0].encode())[:-9])
    last = tmp_path / "last.json"
    last.write_text(json.dumps(make_request(2), indent=2), encoding="utf-8")

    done = run_clew("send", "--endpoint", clew.address("grpc"), path, cut, last)

    assert done.returncode == 1
    assert f"{path}, line 2: malformed json" in done.stderr
    assert str(cut) in done.stderr
    assert done.stdout.startswith("Sent 3 spans in 3 requests ")
    for number in range(3):
        assert asking.tempo_trace(clew, trace_id_of(number))


def test_downloads_are_sent_again_and_show_the_same(start_clew, tmp_path):
    first = start_clew("first")
    text = {"stringValue": "text"}
    fields = {
        "attributes": [{"key": "text", "value": text}, {"key": "whole", "value": {"intValue": "7"}},
                       {"key": "large", "value": {"intValue": "9007199254740993"}},
                       {"key": "real", "value": {"doubleValue": 1.5}},
                       {"key": "bytes", "value": {"bytesValue": "AAE="}},
                       {"key": "truth", "value": {"boolValue": True}}],
        "events": [{"timeUnixNano": "1544712660000001000", "name": "event",
                    "attributes": [{"key": "text", "value": text}]}],
        "links": [{"traceId": trace_id_of(9), "spanId": "00000000000000aa"}],
        "status": {"code": 2, "message": "broke"}, "traceState": "a=b", "flags": 257,
    }
    assert post(first, make_request(1, 3, **fields)).status_code == 200
    trace_id = trace_id_of(1)
    downloads = {
        "jaeger": asking.get_json(first.url("jaeger", f"/api/traces/{trace_id}")),
        "jaeger-v3": asking.get_json(first.url("jaeger", f"/api/v3/traces/{trace_id}")),
        "tempo": asking.get_json(first.url("tempo", f"/api/traces/{trace_id}")),
        "tempo-v2": asking.get_json(first.url("tempo", f"/api/v2/traces/{trace_id}")),
    }

    for name, download in downloads.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(download), encoding="utf-8")
        second = start_clew(name)

        done = run_clew("send", "--endpoint", second.address("grpc"), path)

        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Sent 3 spans in 1 request "), done.stdout
        shown = asking.jaeger_trace(second, trace_id)
        expected = json.loads(json.dumps(downloads["jaeger"]["data"][0]))
        # Warnings are about a view of the trace. Jaeger's times are microseconds, so that a clock
        # skew of nanoseconds is lost; its newer form keeps warnings as an attribute.
        for span in shown["spans"] + expected["spans"]:
            del span["warnings"]
        assert shown == expected, name
        second.kill()


def test_send_says_when_a_file_holds_no_spans(clew, tmp_path):
    path = tmp_path / "logs.json"
    path.write_text('{"resourceLogs": [{"scopeLogs": []}]}', encoding="utf-8")

    done = run_clew("send", "--endpoint", clew.address("grpc"), path)

    assert done.returncode == 1
    assert f"{path}, line 1: holds no spans" in done.stderr


def test_the_demo_is_found_and_drawn(clew):
    demo = subprocess.Popen(
        [BINARY, "demo", "--endpoint", clew.address("grpc"), "--rate", "20"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = ("--server", clew.url("jaeger"))

    def search():
        found = run_clew("search", *server, "--status", "error", "--json")
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)["traces"]

    try:
        trace, *_ = wait_for(search, "a trace with an error is found", 60, interval=0.5)
        drawn = run_clew("trace", trace["traceId"], *server, "--attributes")
        as_json = run_clew("trace", trace["traceId"], *server, "--json")
        services = run_clew("services", *server)
        slow = run_clew("search", *server, "--service", "order-service",
                        "--min-duration", "1ms", "--tag", "http.request.method=POST")
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0

    assert "process_order" in drawn.stdout
    assert "service.name = order-service" in drawn.stdout, "the resource's attributes too"
    assert "\x1b[" not in drawn.stdout, "colours only on a terminal"
    assert json.loads(as_json.stdout)["resourceSpans"]
    assert "order-service" in services.stdout
    assert slow.returncode == 0 and slow.stdout.strip()


def test_an_absent_trace_says_what_to_do(clew):
    done = run_clew("trace", trace_id_of(77), "--server", clew.url("jaeger"))

    assert done.returncode == 1
    assert "not found" in done.stderr
    assert "`clew search` lists the newest traces" in done.stderr


@pytest.mark.parametrize("command", [("search",), ("services",), ("trace", trace_id_of(1))],
                         ids=lambda command: command[0])
@pytest.mark.parametrize("port", ["tempo", "metrics", "http", "grpc"])
def test_a_query_to_the_wrong_port_is_an_error_that_says_so(clew, command, port):
    done = run_clew(*command, "--server", clew.address(port))

    assert done.returncode == 1
    assert clew.address(port) in done.stderr
    assert "--server" in done.stderr


def test_what_a_full_disk_does_not_take_is_a_failure():
    with open("/dev/full", "wb") as full:
        done = run_clew("completion", "bash", capture_output=False, stdout=full,
                        stderr=subprocess.PIPE)

    assert done.returncode == 1
    assert "No space left on device" in done.stderr


def test_a_stop_that_hangs_is_broken_off(start_clew, tmp_path):
    pipe = tmp_path / "unread"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    clew = start_clew(changes={
        "exporters": {"debug": {"verbosity": "detailed", "sampling_initial": 1000,
                                "use_internal_logger": False, "output_paths": [str(pipe)]}},
        "service": {"pipelines": {"traces": {"exporters": ["debug"]}}},
    }, arguments=["--shutdown-timeout", "500ms"])
    with pytest.raises(requests.ReadTimeout):
        requests.post(clew.url("http", "/v1/traces"), json=make_request(1, 2000), timeout=2)
    began = time.monotonic()

    assert clew.stop(40) == 1

    assert time.monotonic() - began < 5
    assert "shutdown did not end in time" in clew.log()
    os.close(reader)


def start_that_hangs(start_clew, tmp_path, timeout):
    """A server that waits at its start, for a reader of a pipe."""
    pipe = tmp_path / "unread"
    os.mkfifo(pipe)
    clew = start_clew(changes={
        "exporters": {"debug": {"use_internal_logger": False, "output_paths": [str(pipe)]}},
        "service": {"pipelines": {"traces": {"exporters": ["debug"]}}},
    }, arguments=["--shutdown-timeout", timeout], wait=False)
    wait_for(lambda: waits_for_reader(clew.process.pid), "the start hangs")
    return clew


def waits_for_reader(pid):
    """Whether the main thread of this process opens a pipe that has no reader."""
    where = pathlib.Path(f"/proc/{pid}/wchan").read_text("ascii")
    if where != "0":
        return where == "wait_for_partner"
    # It runs, or the kernel does not tell: then it has done nothing for a while.
    times = set()
    for _ in range(20):
        state = pathlib.Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        times.add((state[0], state[11], state[12]))
        time.sleep(0.01)
    return len(times) == 1 and times.pop()[0] == "S"


def test_a_stop_during_a_start_that_hangs_is_broken_off(start_clew, tmp_path):
    clew = start_that_hangs(start_clew, tmp_path, "500ms")
    clew.send_signal(signal.SIGHUP)
    began = time.monotonic()

    assert clew.stop(40) == 1

    assert 2 < time.monotonic() - began < 5
    assert "shutdown did not end in time" in clew.log()


def test_a_second_signal_during_a_start_ends_at_once(start_clew, tmp_path):
    clew = start_that_hangs(start_clew, tmp_path, "60s")
    clew.send_signal(signal.SIGHUP)
    clew.send_signal(signal.SIGINT)
    began = time.monotonic()

    assert clew.stop(40) == 1

    assert time.monotonic() - began < 5
    assert "second signal" in clew.log()


@contextlib.contextmanager
def full_pipe():
    """The two ends of a pipe that takes nothing more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x")
    os.set_blocking(writer, True)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def test_a_server_whose_log_nobody_reads_goes_on(start_clew):
    clew = start_clew(changes={
        "exporters": {"debug": {"verbosity": "detailed", "sampling_initial": 1000}},
        "service": {"pipelines": {"traces": {"exporters": ["clew_storage", "debug"]}}},
    })
    clew.kill()
    with full_pipe() as (reader, writer):
        clew.process = subprocess.Popen([BINARY, "serve", "--config", clew.config_path],
                                        cwd=clew.directory, stderr=writer)
        clew.wait_ready()
        for number in range(3):
            posted = requests.post(clew.url("http", "/v1/traces"), timeout=30,
                                   json=make_request(number, 2000))
            assert posted.status_code == 200
        wait_for(lambda: clew.metrics()["clew_process_lost_log_lines_total"] > 0, "lines are lost")
        clew.config_path.write_text("receivers: [", encoding="utf-8")
        assert requests.post(clew.url("metrics", "/-/reload"), timeout=30).status_code == 400

        os.set_blocking(reader, False)
        text = b""

        def tells_what_was_lost():
            nonlocal text
            requests.post(clew.url("metrics", "/-/reload"), timeout=30)
            with contextlib.suppress(BlockingIOError):
                while piece := os.read(reader, 1 << 20):
                    text += piece
            return b"log lines were lost" in text

        wait_for(tells_what_was_lost, "the log tells what was lost")
        assert b"Starting clew..." in text
        assert clew.stop() == 0


def test_a_stop_does_not_wait_for_who_reads_the_log(start_clew):
    clew = start_clew()
    clew.kill()
    with full_pipe() as (_, writer):
        clew.process = subprocess.Popen([BINARY, "serve", "--config", clew.config_path],
                                        cwd=clew.directory, stderr=writer)
        clew.wait_ready()
        began = time.monotonic()

        assert clew.stop(40) == 0

        assert time.monotonic() - began < 5


def test_a_stop_during_a_start_that_hangs_does_not_wait_for_who_reads_the_log(start_clew, tmp_path):
    clew = start_that_hangs(start_clew, tmp_path, "500ms")
    clew.kill()
    with full_pipe() as (_, writer):
        with subprocess.Popen([BINARY, "serve", "--config", clew.config_path, "--shutdown-timeout",
                               "500ms"], cwd=clew.directory, stderr=writer) as process:
            wait_for(lambda: waits_for_reader(process.pid), "the start hangs")
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()

            assert process.wait(40) == 1

        assert time.monotonic() - began < 5


def test_a_start_that_fails_ends_when_nobody_reads_the_log(start_clew):
    clew = start_clew()
    clew.kill()
    clew.config_path.write_text("receivers: [", encoding="utf-8")
    with full_pipe() as (_, writer):
        with subprocess.Popen([BINARY, "serve", "--config", clew.config_path],
                              cwd=clew.directory, stderr=writer) as process:

            assert process.wait(40) == 1


def test_a_place_that_takes_no_directory_is_named(start_clew):
    clew = start_clew("nowhere", {"extensions": {"clew_storage": {"directory": "/proc/nope"}}},
                      wait=False)

    assert clew.process.wait(60) == 1

    assert "making directory /proc/nope: no directory can be made in /proc" in clew.log()
    assert "use another place" in clew.log()
