"""Behind a store each exporter is followed for itself: a back end that is away costs disk, not memory,
and holds up nobody."""

import json

from harness import asking
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for

MIB = 1 << 20
RETRYING = {"retry_on_failure": {"initial_interval": "50ms", "max_interval": "200ms"}}


def storing(second, *more, **exporters):
    """The configuration of a clew that stores, sends to `second`, and to `more` of `exporters`."""
    otlp = {"endpoint": second.address("grpc"), "tls": {"insecure": True}} | RETRYING
    return {"exporters": {"otlp": otlp} | exporters,
            "service": {"pipelines": {"traces": {"exporters": ["clew_storage", "otlp", *more]}}}}


def numbers_in(path):
    """Of the requests whose spans a file exporter wrote, in order."""
    numbers = []
    for line in path.read_text("utf-8").splitlines():
        for resource_spans in json.loads(line)["resourceSpans"]:
            for scope_spans in resource_spans["scopeSpans"]:
                for span in scope_spans["spans"]:
                    numbers.append(int(span["traceId"], 16) - 1)
    return numbers


def test_a_back_end_that_is_away_holds_up_no_other(start_clew):
    requests = 1200  # more than the 1,000 that wait in the exporter's queue
    second = start_clew("second")
    second.stop()
    first = start_clew("first", storing(second, "file", file={"path": "sent.jsonl"}))
    for number in range(requests):
        assert post(first, make_request(number)).status_code == 200
    path = first.directory / "sent.jsonl"
    wait_for(lambda: path.read_text("utf-8").count('"traceId"') >= requests, "all are in the file")
    assert sorted(numbers_in(path)) == list(range(requests))

    assert first.stop() == 0
    second.start()
    first.start()  # which empties the file

    wait_for(lambda: second.metrics().get("otelcol_receiver_accepted_spans", 0) >= requests,
             "all have arrived", 60)
    for number in range(requests):
        assert asking.tempo_trace(second, trace_id_of(number)), f"trace {number}"
    assert post(first, make_request(requests)).status_code == 200
    wait_for(lambda: path.read_text("utf-8"), "it is in the file")
    assert numbers_in(path) == [requests], "the file got them before"


def test_a_back_end_that_is_away_costs_disk_and_no_memory(start_clew):
    requests, spans = 320, 50
    padding = [{"key": "padding", "value": {"stringValue": "x" * (MIB // spans)}}]
    second = start_clew("second")
    second.stop()
    # So that the store's own memory is small beside what is sent.
    config = storing(second) | {"extensions": {"clew_storage": {"head_limit_mib": 64}}}
    first = start_clew("first", config)
    memory = []
    for number in range(requests):
        request = make_request(number, spans, attributes=padding)
        wait_for(lambda: post(first, request).status_code == 200, "it is taken")
        assert first.metrics().get("clew_follower_in_flight_bytes", 0) < 66 * MIB
        memory.append(first.memory_bytes())
    wait_for(lambda: first.metrics()["clew_follower_lag_bytes"] > 0.9 * requests * MIB,
             "the log has it")
    assert first.metrics()["clew_follower_in_flight_bytes"] > 60 * MIB, "as much as may be"
    half = requests // 2  # by then all that is bounded is full
    assert max(memory[half:]) - memory[half] < 64 * MIB

    second.start()

    wait_for(lambda: second.metrics().get("otelcol_receiver_accepted_spans", 0) == requests * spans,
             "all have arrived", 120)
    for number in range(requests):
        assert len(asking.tempo_trace(second, trace_id_of(number))) == spans, f"trace {number}"
    wait_for(lambda: first.metrics()["clew_follower_in_flight_bytes"] == 0, "nothing is under way")
