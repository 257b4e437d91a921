"""Small requests made by hand, and ways to send them."""

import json

import requests
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FIRST_START = 1_700_000_000_000_000_000
JSON = "application/json"
PROTOBUF = "application/x-protobuf"


def trace_id_of(number):
    return f"{number + 1:032x}"


def span_id_of(number, index):
    return f"{(number + 1) * 100_000 + index + 1:016x}"


def make_request(number, span_count=1, service="maker", **fields):
    """An OTLP/JSON request with one trace: a root and its children. `fields` go into each span."""
    spans = []
    for index in range(span_count):
        span = {
            "traceId": trace_id_of(number),
            "spanId": span_id_of(number, index),
            "name": f"work {index}",
            "kind": 2 if index == 0 else 1,
            "startTimeUnixNano": str(FIRST_START + number * 1_000_000 + index),
            "endTimeUnixNano": str(FIRST_START + number * 1_000_000 + 500_000 + index),
            "attributes": [{"key": "request.number", "value": {"intValue": str(number)}}],
        }
        if index:
            span["parentSpanId"] = span_id_of(number, 0)
        spans.append(span | fields)
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


def as_protobuf(request):
    """The same request as protobuf, by the generated classes (which take ids as base64)."""
    message = ExportTraceServiceRequest()
    for resource_spans in request["resourceSpans"]:
        target = message.resource_spans.add()
        ParseDict(resource_spans["resource"], target.resource)
        for scope_spans in resource_spans["scopeSpans"]:
            spans = target.scope_spans.add().spans
            for span in scope_spans["spans"]:
                ids = {key: span[key] for key in ("traceId", "spanId", "parentSpanId")
                       if key in span}
                made = spans.add()
                ParseDict({key: value for key, value in span.items() if key not in ids}, made)
                made.trace_id = bytes.fromhex(ids["traceId"])
                made.span_id = bytes.fromhex(ids["spanId"])
                made.parent_span_id = bytes.fromhex(ids.get("parentSpanId", ""))
    return message.SerializeToString()


def post(clew, body, content_type=JSON, **options):
    """Sends a body, or a request as JSON, to clew's OTLP/HTTP port."""
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    headers = {"content-type": content_type} | options.pop("headers", {})
    return requests.post(clew.url("http", "/v1/traces"), data=body, headers=headers,
                         timeout=60, **options)
