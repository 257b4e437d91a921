"""payment-service: asks the bank, which is a span of its own."""

from flask import request
from opentelemetry import trace
from opentelemetry.trace import SpanKind

import telemetry

app = telemetry.make_service("payment-service")
tracer = trace.get_tracer("shop.payments", "1.0.0")


@app.post("/payments")
def pay():
    order = request.get_json()["order"]
    with tracer.start_as_current_span("charge_card", kind=SpanKind.CLIENT) as span:
        span.set_attribute("peer.service", "bank-api")
        span.set_attribute("order.id", order)
    return {"order": order, "paid": True}


if __name__ == "__main__":
    telemetry.run(app)
