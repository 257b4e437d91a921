"""Metrics and logs of the OpenTelemetry SDK go through two clews into a file, and are all there."""

import json

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
