"""The query APIs, asked as their users ask them. Each function returns plain spans or lists."""

import requests
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from harness.spans import read_resource_spans

SECONDS = 60


def get(url, **options):
    return requests.get(url, timeout=SECONDS, **options)


def get_json(url, **options):
    answer = get(url, **options)
    assert answer.status_code == 200, f"{url}: {answer.status_code} {answer.text[:500]}"
    return answer.json()


def tempo_trace(clew, trace_id):
    """The trace by Tempo's first API, as JSON; None when there is none."""
    answer = get(clew.url("tempo", f"/api/traces/{trace_id}"))
    if answer.status_code == 404:
        return None
    assert answer.status_code == 200, answer.text
    return read_resource_spans(answer.json()["batches"])


def tempo_trace_protobuf(clew, trace_id):
    """The same as protobuf, read by the generated classes."""
    answer = get(clew.url("tempo", f"/api/traces/{trace_id}"),
                 headers={"Accept": "application/protobuf"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/protobuf"
    # Tempo's Trace and OTLP's TracesData are the same on the wire.
    return read_resource_spans(MessageToDict(TracesData.FromString(answer.content))["resourceSpans"])


def tempo_trace_v2(clew, trace_id):
    answer = get_json(clew.url("tempo", f"/api/v2/traces/{trace_id}"))
    return read_resource_spans(answer["trace"].get("resourceSpans", []))


def jaeger_v3_trace(clew, trace_id):
    answer = get_json(clew.url("jaeger", f"/api/v3/traces/{trace_id}"))
    return read_resource_spans(answer["result"]["resourceSpans"])


def jaeger_trace(clew, trace_id):
    """Jaeger's own JSON of one trace, as it is."""
    answer = get_json(clew.url("jaeger", f"/api/traces/{trace_id}"))
    trace, = answer["data"]
    return trace


def jaeger_search(clew, **parameters):
    """Jaeger's own JSON of the traces found."""
    return get_json(clew.url("jaeger", "/api/traces"), params=parameters)["data"]


def services(clew):
    return get_json(clew.url("jaeger", "/api/services"))["data"]


def warning(clew):
    """What an answer says that it lacks; empty when it is whole."""
    return get(clew.url("jaeger", "/api/services")).headers.get("warning", "")
