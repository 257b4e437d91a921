"""clew forwards to a second clew that stops and starts in between: nothing is lost."""

import socket
import threading
import time

import pytest
import requests

from harness import asking
from harness.clew import Clew, free_ports
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for

REQUESTS = 300
SPANS_A_REQUEST = 20

SENDING = {
    "retry_on_failure": {"initial_interval": "100ms", "max_interval": "500ms"},
    "sending_queue": {"queue_size": 2 * REQUESTS},
}


def forwarding(exporter, second):
    """The configuration of a clew that only forwards, to `second`."""
    settings = {
        "otlp": {"endpoint": second.address("grpc"), "tls": {"insecure": True}},
        "otlphttp": {"endpoint": second.url("http")},
    }
    return {
        "exporters": {exporter: settings[exporter] | SENDING},
        "service": {
            "extensions": ["health_check"],
            "pipelines": {"traces": {"receivers": ["otlp"], "exporters": [exporter]}},
        },
    }


@pytest.mark.parametrize("exporter", ["otlp", "otlphttp"])
@pytest.mark.parametrize("interrupt", [Clew.stop, Clew.kill], ids=["stopped", "killed"])
def test_nothing_is_lost_while_the_second_is_away(start_clew, exporter, interrupt):
    second = start_clew("second")
    first = start_clew("first", forwarding(exporter, second))
    half_sent = threading.Event()

    def send():
        for number in range(REQUESTS):
            assert post(first, make_request(number, SPANS_A_REQUEST)).status_code == 200
            if number == REQUESTS // 2:
                half_sent.set()

    sender = threading.Thread(target=send)
    sender.start()
    assert half_sent.wait(60)
    interrupt(second)
    sender.join(60)
    assert not sender.is_alive()
    second.start()

    metrics = wait_for(lambda: sent_everything(first), "all spans are sent", 60)
    assert metrics.get("otelcol_exporter_send_failed_spans", 0) == 0
    assert metrics.get("otelcol_exporter_enqueue_failed_spans", 0) == 0
    for number in range(REQUESTS):
        spans = asking.tempo_trace(second, trace_id_of(number))
        assert spans and len(spans) == SPANS_A_REQUEST, f"trace {number}"


def sent_everything(clew, spans=REQUESTS * SPANS_A_REQUEST):
    metrics = clew.metrics()
    sent = metrics.get("otelcol_exporter_sent_spans", 0)
    return metrics if sent == spans else None


def test_a_pipeline_that_stores_gives_nothing_up(start_clew):
    second = start_clew("second")
    second.stop()
    first = start_clew("first", {
        "exporters": {"otlp": {
            "endpoint": second.address("grpc"), "tls": {"insecure": True},
            "retry_on_failure": {"initial_interval": "50ms", "max_interval": "100ms",
                                 "max_elapsed_time": "200ms"},
        }},
        "service": {"telemetry": {"logs": {"level": "debug"}},
                    "pipelines": {"traces": {"exporters": ["clew_storage", "otlp"]}}},
    })
    for number in range(5):
        assert post(first, make_request(number)).status_code == 200

    wait_for(lambda: first.log().count("Will retry the request") > 50, "long past the time")
    told = [line for line in first.log().splitlines()
            if "Will retry the request" in line and "debug" not in line.lower()]
    assert len(told) == 1, "who does not ask for each try is told once a minute"
    second.start()

    # The store counts as an exporter too.
    wait_for(lambda: sent_everything(first, 2 * 5), "all spans are sent", 60)
    wait_for(lambda: "Exporting works again." in first.log(), "it says so")
    for number in range(5):
        assert asking.tempo_trace(second, trace_id_of(number))


def test_a_stop_ends_in_time_while_a_call_waits_for_a_back_end(start_clew):
    port, = free_ports(1)
    first = start_clew("first", {
        "exporters": {"otlp": {"endpoint": f"127.0.0.1:{port}", "tls": {"insecure": True},
                               "sending_queue": {"enabled": False}}},
        "service": {"extensions": ["health_check"],
                    "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp"]}}},
    })
    answers = []

    def send():
        try:
            answers.append(post(first, make_request(1)).status_code)
        except requests.ConnectionError:
            answers.append(None)

    sender = threading.Thread(target=send)
    sender.start()
    wait_for(lambda: "Will retry the request" in first.log(), "the call waits")

    assert first.stop(40) == 0
    sender.join(60)
    assert answers and answers[0] != 200


@pytest.mark.parametrize("exporter", ["otlp", "otlphttp"])
@pytest.mark.parametrize("has_queue", [True, False], ids=["queue", "direct"])
def test_a_stop_keeps_its_time_while_a_back_end_is_silent(start_clew, exporter, has_queue):
    silent = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{silent.getsockname()[1]}"
    settings = {
        "otlp": {"endpoint": address, "tls": {"insecure": True}},
        "otlphttp": {"endpoint": f"http://{address}"},
    }
    queue = {"sending_queue": {"enabled": has_queue}, "timeout": "60s"}
    first = start_clew("first", {
        "exporters": {exporter: settings[exporter] | queue},
        "service": {"extensions": ["health_check"],
                    "pipelines": {"traces": {"receivers": ["otlp"], "exporters": [exporter]}}},
    }, arguments=["--shutdown-timeout", "1s"])

    def send():
        try:
            post(first, make_request(1))
        except requests.ConnectionError:
            pass

    sender = threading.Thread(target=send)
    sender.start()
    wait_for(lambda: first.metrics().get("otelcol_exporter_in_flight_requests"), "it is sent")
    began = time.monotonic()

    assert first.stop(40) == 0

    assert time.monotonic() - began < 5
    sender.join(60)
    if has_queue:
        assert "Exporting failed. Dropping data." in first.log()
    silent.close()
