"""Pipelines joined by connectors: what is acknowledged is stored, and what cannot work is refused."""

import json

from harness import asking
from harness.clew import run_clew
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for

REQUESTS = 20
SPANS = 10


def joined(**pipelines):
    return {"connectors": {"forward": {}}, "exporters": {"file": {"path": "sent.jsonl"}},
            "service": {"pipelines": pipelines}}


def test_spans_are_stored_and_sent_behind_a_connector(start_clew):
    clew = start_clew(changes=joined(**{
        "traces": {"exporters": ["forward"]},
        "traces/kept": {"receivers": ["forward"], "exporters": ["clew_storage"]},
        "traces/sent": {"receivers": ["forward"], "exporters": ["file"]},
    }))
    for number in range(REQUESTS):
        assert post(clew, make_request(number, SPANS)).status_code == 200
    # Acknowledged is durable: also when nobody has time to stop.
    clew.kill()
    clew.start()

    for number in range(REQUESTS):
        assert len(asking.tempo_trace(clew, trace_id_of(number))) == SPANS
    assert post(clew, make_request(REQUESTS, SPANS)).status_code == 200
    wait_for(lambda: clew.metrics().get("otelcol_exporter_sent_spans", 0) >= SPANS, "it is sent")


def test_a_connector_behind_a_store_follows_its_log(start_clew):
    clew = start_clew(changes=joined(**{
        "traces": {"exporters": ["clew_storage", "forward"]},
        "traces/sent": {"receivers": ["forward"], "exporters": ["file"]},
    }))
    for number in range(REQUESTS):
        assert post(clew, make_request(number, SPANS)).status_code == 200
    path = clew.directory / "sent.jsonl"
    wait_for(lambda: path.read_text("utf-8").count('"traceId"') == REQUESTS * SPANS,
             "all spans are written")


def test_a_cycle_is_refused_with_its_path(clew, tmp_path):
    path = tmp_path / "cycle.yaml"
    config = clew.config() | {"connectors": {"forward": {}, "forward/back": {}}}
    config["service"] = {"pipelines": {
        "traces/a": {"receivers": ["otlp", "forward/back"], "exporters": ["forward"]},
        "traces/b": {"receivers": ["forward"], "exporters": ["forward/back", "clew_storage"]},
    }}
    path.write_text(json.dumps(config), "utf-8")
    done = run_clew("config", "validate", path)
    assert done.returncode != 0
    assert ("cycle detected: traces/a -> forward -> traces/b -> forward/back -> traces/a"
            in done.stderr)
