"""Real SDKs of other languages send one trace each; it is found whole.

Each client makes the same: a span `order` that fails, around an HTTP request to itself, whose
handler makes a span `look_up`.
"""

import os
import subprocess

import pytest

from harness import asking
from harness.spans import by_id

SDK_ENVIRONMENT = {"OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}


def run_client(command, **environment):
    """Runs a client to its end and returns the id of its trace."""
    done = subprocess.run(command, env=os.environ | SDK_ENVIRONMENT | environment,
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip().splitlines()[-1]


def check_trace(clew, trace_id, service):
    """The program has ended, so that all it sent is acknowledged and must be found at once."""
    spans = asking.tempo_trace(clew, trace_id)
    assert spans, f"trace {trace_id} is not there"
    found = by_id(spans)
    assert {span.service for span in spans} == {service}
    assert {span.trace_id for span in spans} == {trace_id}
    root, = [span for span in spans if not span.parent_id]
    look_up, = [span for span in spans if span.name == "look_up"]
    assert root.name == "order"
    assert all(span.parent_id in found for span in spans if span is not root)
    assert all(span.start <= span.end for span in spans)

    assert (root.status, root.status_message) == ("ERROR", "no receipt")
    (_, event, attributes), = root.events
    assert (event, attributes["exception.message"]) == ("exception", "out of paper")
    assert look_up.attributes["item.id"] == 7
    assert look_up.attributes["item.price"] == 12.5
    assert look_up.attributes["item.tags"] == ["a", "ü", "东"]
    assert [(name, attributes) for _, name, attributes in look_up.events] == [
        ("cache.miss", {"cache.size": 0})]
    assert look_up.scope[0] == "clew.e2e"

    server = found[look_up.parent_id]
    client = found[server.parent_id]
    assert (server.kind, client.kind) == ("SERVER", "CLIENT")
    assert client.parent_id == root.span_id
    assert asking.jaeger_trace(clew, trace_id)["traceID"] == trace_id


# Either port takes either protocol.
@pytest.mark.parametrize("encoding, port",
                         [("protobuf", "http"), ("json", "http"), ("protobuf", "grpc")])
def test_node(clew, node_client, encoding, port):
    trace_id = run_client(node_client, CLEW_ENCODING=encoding,
                          OTEL_EXPORTER_OTLP_ENDPOINT=clew.url(port))

    check_trace(clew, trace_id, "node-client")


@pytest.mark.parametrize("protocol, port", [("grpc", "grpc"), ("http/protobuf", "http"),
                                            ("grpc", "http"), ("http/protobuf", "grpc")])
def test_java(clew, java_client, protocol, port):
    trace_id = run_client(java_client, OTEL_SERVICE_NAME="java-client",
                          OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
                          OTEL_EXPORTER_OTLP_ENDPOINT=clew.url(port))

    check_trace(clew, trace_id, "java-client")


@pytest.mark.parametrize("port", ["grpc", "http"])
def test_go(clew, go_client, port):
    trace_id = run_client(go_client, OTEL_EXPORTER_OTLP_ENDPOINT=clew.url(port))

    check_trace(clew, trace_id, "go-client")
