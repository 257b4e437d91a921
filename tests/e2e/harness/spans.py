"""An independent reader of OTLP: brings the JSON of files and answers into one plain form."""

import base64
import dataclasses
import gzip
import json

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")


@dataclasses.dataclass(frozen=True)
class Span:
    """One span; times in nanoseconds, ids in hex ("" for none), attributes as plain values."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    start: int
    end: int
    status: str
    status_message: str
    trace_state: str
    attributes: dict
    events: list
    links: list
    resource: dict
    scope: tuple

    @property
    def service(self):
        return self.resource.get("service.name")


def hex_id(text, bytes_count):
    """An id as hex, whether it came as hex (OTLP/JSON) or base64 (protobuf's JSON)."""
    if not text:
        return ""
    if len(text) == 2 * bytes_count:
        return text.lower()
    return base64.b64decode(text).hex()


def enum_name(value, names, prefix):
    """OTLP/JSON has numbers, protobuf's JSON has names; absent means the first."""
    if value is None:
        return names[0]
    if isinstance(value, int):
        return names[value]
    return value.removeprefix(prefix)


def plain_value(value):
    """An AnyValue as Python's own kind of value; bytes and big integers told apart by type."""
    if not value:
        return None
    (kind, content), = value.items()
    if kind == "intValue":
        return int(content)
    if kind == "doubleValue":
        return float(content)
    if kind == "bytesValue":
        return base64.b64decode(content)
    if kind == "arrayValue":
        return [plain_value(item) for item in content.get("values", [])]
    if kind == "kvlistValue":
        return plain_attributes(content.get("values", []))
    return content


def plain_attributes(pairs):
    return {pair["key"]: plain_value(pair.get("value")) for pair in pairs or []}


def read_events(span):
    return [
        (int(event.get("timeUnixNano", 0)), event.get("name", ""),
         plain_attributes(event.get("attributes")))
        for event in span.get("events", [])
    ]


def read_links(span):
    return [
        (hex_id(link.get("traceId"), 16), hex_id(link.get("spanId"), 8),
         plain_attributes(link.get("attributes")))
        for link in span.get("links", [])
    ]


def read_span(span, resource, scope):
    status = span.get("status") or {}
    return Span(
        trace_id=hex_id(span["traceId"], 16),
        span_id=hex_id(span["spanId"], 8),
        parent_id=hex_id(span.get("parentSpanId"), 8),
        name=span.get("name", ""),
        kind=enum_name(span.get("kind"), KINDS, "SPAN_KIND_"),
        start=int(span.get("startTimeUnixNano", 0)),
        end=int(span.get("endTimeUnixNano", 0)),
        status=enum_name(status.get("code"), STATUSES, "STATUS_CODE_"),
        status_message=status.get("message", ""),
        trace_state=span.get("traceState", ""),
        attributes=plain_attributes(span.get("attributes")),
        events=read_events(span),
        links=read_links(span),
        resource=resource,
        scope=scope,
    )


def read_resource_spans(resource_spans):
    """All spans of a list of ResourceSpans, in order."""
    spans = []
    for resource_span in resource_spans:
        resource = plain_attributes((resource_span.get("resource") or {}).get("attributes"))
        for scope_span in resource_span.get("scopeSpans", []):
            scope = scope_span.get("scope") or {}
            named = (scope.get("name", ""), scope.get("version", ""))
            spans += [read_span(span, resource, named) for span in scope_span.get("spans", [])]
    return spans


def read_lines(path):
    """Yields the resourceSpans of each line of an OTLP JSON lines file, gzipped or not, as is."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line).get("resourceSpans", [])


def by_id(spans):
    """The spans by id; two of one id are a mistake of the one who answered."""
    found = {}
    for span in spans:
        assert span.span_id not in found, f"span {span.span_id} is there twice"
        found[span.span_id] = span
    return found


def assert_same_trace(expected, actual):
    """Compares two lists of spans field by field, in any order."""
    expected, actual = by_id(expected), by_id(actual)
    assert set(actual) == set(expected)
    for span_id, span in expected.items():
        assert dataclasses.asdict(actual[span_id]) == dataclasses.asdict(span)
