"""order-service: the steps of an order, each a span made by hand."""

import requests
from flask import request
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode

import telemetry

app = telemetry.make_service("order-service")
tracer = trace.get_tracer("shop.orders", "1.0.0")


class OrderRejected(Exception):
    """The order cannot be confirmed."""


@app.post("/orders")
def place_order():
    order = {"cart": ["mug", "plate"], "tier": "gold"} | request.get_json()
    with tracer.start_as_current_span("process_order", attributes={"order.id": order["id"]}):
        validate(order)
        check_inventory(order)
        process_payment(order)
        try:
            confirm(order)
        except OrderRejected as error:
            return {"order": order["id"], "error": str(error)}, 422
    return {"order": order["id"], "confirmed": True}, 201


def validate(order):
    with tracer.start_as_current_span("validate_order") as span:
        span.set_attribute("order.id", order["id"])
        span.set_attribute("http.request.method", "POST")
        span.add_event("validation.started", {"rules": 3, "strict": True})


def check_inventory(order):
    attributes = {"db.system": "postgresql", "db.operation": "SELECT"}
    with tracer.start_as_current_span("check_inventory", attributes=attributes):
        for item in order["cart"]:
            requests.get(telemetry.url("inventory-service", f"/items/{item}"), timeout=10)


def process_payment(order):
    with tracer.start_as_current_span("process_payment") as span:
        span.set_attribute("order.id", order["id"])
        span.set_attribute("payment.method", "card")
        span.set_attribute("customer.tier", order["tier"])
        span.set_attribute("cart.item_count", len(order["cart"]))
        requests.post(
            telemetry.url("payment-service", "/payments"), json={"order": order["id"]}, timeout=10
        )


def confirm(order):
    with tracer.start_as_current_span(
        "confirm_order", record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            if not order["cart"]:
                raise OrderRejected("the cart is empty")
        except OrderRejected as error:
            span.record_exception(error)
            span.set_status(Status(StatusCode.ERROR, str(error)))
            raise
        span.set_status(Status(StatusCode.OK))


if __name__ == "__main__":
    telemetry.run(app)
