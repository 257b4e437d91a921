"""Metrics and logs of the OpenTelemetry SDK, and profiles, go through two clews into a file, and are
all there."""

import json

import grpc
import pytest
import requests
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from harness.clew import run_clew
from harness.waiting import wait_for

SIGNALS = ("traces", "metrics", "logs")
RECORDS = 20
RESOURCE = Resource.create({"service.name": "shop"})


def pipelines(exporter, **more):
    return {signal: {"receivers": ["otlp"], "exporters": [exporter]} | more for signal in SIGNALS}


@pytest.fixture
def start_two(start_clew):
    """start_two(exporter) -> (first, second, lines): the second writes into a file what the first
    sends with `exporter`; lines() are its requests by now."""

    def start(exporter):
        second = start_clew("second", {
            "exporters": {"file": {"path": "items.jsonl", "flush_interval": "50ms"}},
            "service": {"extensions": ["health_check"],
                        "pipelines": pipelines("file")},
        })
        settings = {
            "otlp": {"endpoint": second.address("grpc"), "tls": {"insecure": True}},
            "otlphttp": {"endpoint": second.url("http"), "encoding": "json"},
        }
        first = start_clew("first", {
            "processors": {"batch": {"timeout": "50ms", "send_batch_max_size": 8, "send_batch_size":
                                     8}},
            "exporters": {exporter: settings[exporter]},
            "service": {"extensions": ["health_check"],
                        "pipelines": pipelines(exporter, processors=["batch"])},
        })
        path = second.directory / "items.jsonl"
        return first, second, lambda: [
            json.loads(line) for line in path.read_text("utf-8").splitlines()]

    return start


def send_logs(exporter):
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("e2e")
    for number in range(RECORDS):
        logger.emit(LogRecord(timestamp=number + 1, severity_number=SeverityNumber.WARN,
                              body=f"line {number}", attributes={"number": number}))
    provider.shutdown()


def send_metrics(exporter):
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], resource=RESOURCE)
    meter = provider.get_meter("e2e")
    counter = meter.create_counter("orders")
    histogram = meter.create_histogram("latency", unit="ms")
    for number in range(RECORDS):
        counter.add(number, {"number": number})
        histogram.record(number)
    provider.shutdown()


def log_records(lines):
    return [record for line in lines for resource in line.get("resourceLogs", ())
            for scope in resource["scopeLogs"] for record in scope["logRecords"]]


def metrics_by_name(lines):
    found = {}
    for line in lines:
        for resource in line.get("resourceMetrics", ()):
            for scope in resource["scopeMetrics"]:
                for metric in scope["metrics"]:
                    found.setdefault(metric["name"], []).append(metric)
    return found


@pytest.mark.parametrize("protocol, exporter", [("grpc", "otlp"), ("http", "otlphttp")])
def test_sdk_metrics_and_logs_arrive(start_two, protocol, exporter):
    first, second, lines = start_two(exporter)
    if protocol == "grpc":
        send_logs(GrpcLogs(endpoint=first.url("grpc"), insecure=True))
        send_metrics(GrpcMetrics(endpoint=first.url("grpc"), insecure=True))
    else:
        send_logs(HttpLogs(endpoint=first.url("http", "/v1/logs")))
        send_metrics(HttpMetrics(endpoint=first.url("http", "/v1/metrics")))

    records = wait_for(lambda: len(log_records(lines())) == RECORDS and log_records(lines()),
                       "all log records are written")
    assert sorted(int(record["timeUnixNano"]) for record in records) == list(range(1, RECORDS + 1))
    assert {record["body"]["stringValue"] for record in records} == {
        f"line {number}" for number in range(RECORDS)}
    points = RECORDS + 1
    wait_for(lambda: second.metrics().get("otelcol_exporter_sent_metric_points", 0) >= points,
             "all data points are written")
    metrics = metrics_by_name(lines())
    orders = [point for metric in metrics["orders"] for point in metric["sum"]["dataPoints"]]
    assert sorted(int(point["asInt"]) for point in orders) == list(range(RECORDS))
    assert all(metric["sum"]["isMonotonic"] for metric in metrics["orders"])
    latency, = [point for metric in metrics["latency"]
                for point in metric["histogram"]["dataPoints"]]
    assert (latency["count"], latency["max"]) == (str(RECORDS), RECORDS - 1)
    # No batch is larger than it may be.
    for line in lines():
        assert len(log_records([line])) <= 8

    counters = first.metrics()
    assert counters["otelcol_receiver_accepted_log_records"] == RECORDS
    assert counters["otelcol_exporter_sent_log_records"] == RECORDS
    assert counters["otelcol_exporter_sent_metric_points"] == counters[
        "otelcol_receiver_accepted_metric_points"]


def test_a_signal_without_a_pipeline_is_unknown(clew):
    answer = requests.post(clew.url("http", "/v1/logs"), json={"resourceLogs": []}, timeout=10)
    assert answer.status_code == 404
    assert "spans are taken at /v1/traces" in answer.json()["message"]


@pytest.mark.parametrize("signal", ["metrics", "logs", "profiles"])
def test_storing_it_is_refused_by_name(clew, tmp_path, signal):
    path = tmp_path / "stores.yaml"
    path.write_text(json.dumps(clew.config() | {"service": {"pipelines": {
        signal: {"receivers": ["otlp"], "exporters": ["clew_storage"]}}}}), "utf-8")
    done = run_clew("config", "validate", path)
    assert done.returncode != 0
    assert (f'service::pipelines::{signal}: {signal} cannot be stored yet: take exporter '
            '"clew_storage" out of this pipeline') in done.stderr


def encode(*fields):
    """A protobuf message of (number, content): bytes or text with their length, numbers as varints."""
    message = bytearray()

    def varint(number):
        while number >= 0x80:
            message.append(number & 0x7F | 0x80)
            number >>= 7
        message.append(number)

    for number, content in fields:
        varint(number << 3 | (0 if isinstance(content, int) else 2))
        if isinstance(content, int):
            varint(content)
        else:
            data = content.encode() if isinstance(content, str) else content
            varint(len(data))
            message.extend(data)
    return bytes(message)


def profiles_request(samples, text):
    """ExportProfilesServiceRequest: one profile, the dictionary behind it, and a field that nobody
    knows yet."""
    profile = encode((1, encode((1, 1), (2, 2))), *[(2, encode((1, 1), (4, bytes([n + 1]))))
                                                    for n in range(samples)], (7, bytes(range(16))))
    scope = encode((1, encode((1, "lib"))), (2, profile))
    dictionary = encode((5, ""), (5, text), (5, "ns"), (7, b""), (7, encode((1, b"\x01"))))
    return encode((1, encode((2, scope))), (2, dictionary), (999, "later"))


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_profiles_arrive_as_they_were_sent(start_clew, protocol):
    """By both protocols, through two clews into a file: byte for byte."""
    def service(exporter):
        return {"extensions": ["health_check"],
                "pipelines": {signal: {"receivers": ["otlp"], "exporters": [exporter]}
                              for signal in ("traces", "profiles")}}

    second = start_clew("second", {
        "exporters": {"file": {"path": "profiles.bin", "format": "proto", "flush_interval": "50ms"}},
        "service": service("file")})
    exporter, settings = {
        "grpc": ("otlp", {"endpoint": second.address("grpc"), "tls": {"insecure": True}}),
        "http": ("otlphttp", {"endpoint": second.url("http")}),
    }[protocol]
    first = start_clew("first", {"exporters": {exporter: settings}, "service": service(exporter)})
    sent = [profiles_request(number + 1, "cpu" * number) for number in range(5)]
    for request in sent:
        if protocol == "grpc":
            with grpc.insecure_channel(first.address("grpc")) as channel:
                channel.unary_unary(
                    "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export")(
                        request, timeout=10)
        else:
            answer = requests.post(first.url("http", "/v1development/profiles"), data=request,
                                   headers={"Content-Type": "application/x-protobuf"}, timeout=10)
            assert answer.status_code == 200, answer.text

    expected = sorted(len(request).to_bytes(4, "big") + request for request in sent)
    path = second.directory / "profiles.bin"
    wait_for(lambda: path.stat().st_size >= sum(map(len, expected)), "all profiles are written")
    data, found = path.read_bytes(), []
    while data:
        size = 4 + int.from_bytes(data[:4], "big")
        found.append(data[:size])
        data = data[size:]
    assert sorted(found) == expected
    assert first.metrics()["otelcol_receiver_accepted_profile_samples"] == 15
    assert second.metrics()["otelcol_exporter_sent_profile_samples"] == 15
