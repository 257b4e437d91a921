"""What each service does to be traced, and to run."""

import os
import signal
import sys

from flask import Flask
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

FIRST_PORT = int(os.environ.get("SHOP_PORT", "8000"))
PORTS = {
    "api-gateway": FIRST_PORT,
    "order-service": FIRST_PORT + 1,
    "inventory-service": FIRST_PORT + 2,
    "payment-service": FIRST_PORT + 3,
}


def url(service, path):
    return f"http://127.0.0.1:{PORTS[service]}{path}"


def make_service(name):
    """A Flask application whose requests, and those it makes, are spans of service `name`."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": name, "service.version": "1.4.2"})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(insecure=True)))
    trace.set_tracer_provider(provider)
    app = Flask(name)
    FlaskInstrumentor().instrument_app(app)
    RequestsInstrumentor().instrument()
    return app


def run(app):
    """Serves until SIGTERM or SIGINT, then sends the spans that wait in the exporter."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        app.run(host="127.0.0.1", port=PORTS[app.name], threaded=True)
    finally:
        trace.get_tracer_provider().shutdown()
