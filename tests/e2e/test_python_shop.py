"""The example in examples/python, run as its README says: four processes, one trace across them."""

import os
import subprocess
import sys

import pytest
import requests

from harness import asking
from harness.clew import ROOT, free_port_range
from harness.spans import assert_same_trace, by_id
from harness.waiting import wait_for

SERVICES = {"api-gateway", "order-service", "inventory-service", "payment-service"}

# (service, name) of each span of a good order -> (service, name) of its parent.
PARENTS = {
    ("api-gateway", "POST /orders"): None,
    ("api-gateway", "POST"): ("api-gateway", "POST /orders"),
    ("order-service", "POST /orders"): ("api-gateway", "POST"),
    ("order-service", "process_order"): ("order-service", "POST /orders"),
    ("order-service", "validate_order"): ("order-service", "process_order"),
    ("order-service", "check_inventory"): ("order-service", "process_order"),
    ("order-service", "GET"): ("order-service", "check_inventory"),
    ("inventory-service", "GET /items/<item>"): ("order-service", "GET"),
    ("order-service", "process_payment"): ("order-service", "process_order"),
    ("order-service", "POST"): ("order-service", "process_payment"),
    ("payment-service", "POST /payments"): ("order-service", "POST"),
    ("payment-service", "charge_card"): ("payment-service", "POST /payments"),
    ("order-service", "confirm_order"): ("order-service", "process_order"),
}
# Two items are in the cart of a good order, none in that of a bad one.
SPANS_OF_GOOD_ORDER = len(PARENTS) + 2
SPANS_OF_BAD_ORDER = len(PARENTS) - 2


class Shop:
    def __init__(self, clew, log):
        self.port = free_port_range(4)
        environment = os.environ | {
            "SHOP_PORT": str(self.port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": clew.url("grpc"),
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "examples/python/shop.py"],
            env=environment, stdout=log, stderr=log,
        )

    def order(self, **order):
        return requests.post(f"http://127.0.0.1:{self.port}/orders", json=order, timeout=30)

    def is_open(self):
        assert self.process.poll() is None, "the shop closed"
        for offset in range(4):
            try:
                requests.get(f"http://127.0.0.1:{self.port + offset}/", timeout=5)
            except requests.ConnectionError:
                return False
        return True


@pytest.fixture
def shop(clew, tmp_path):
    with (tmp_path / "shop.log").open("wb") as log:
        shop = Shop(clew, log)
        try:
            wait_for(shop.is_open, "the shop is open", 60)
            yield shop
        finally:
            shop.process.terminate()
            shop.process.wait(30)


def whole_trace(clew, trace_id, span_count):
    """The trace once all its processes have sent their part."""

    def complete():
        spans = asking.tempo_trace(clew, trace_id) or []
        return spans if len(spans) >= span_count else None

    return wait_for(complete, f"{span_count} spans of trace {trace_id}")


def test_one_trace_spans_all_processes_with_the_right_parents(clew, shop):
    answer = shop.order(id="1001")
    assert answer.status_code == 201

    spans = whole_trace(clew, answer.json()["trace"], SPANS_OF_GOOD_ORDER)

    found = by_id(spans)
    assert {span.service for span in spans} == SERVICES
    assert len(spans) == SPANS_OF_GOOD_ORDER
    for span in spans:
        parent = found.get(span.parent_id)
        named = parent and (parent.service, parent.name)
        assert named == PARENTS[span.service, span.name], span


def test_what_was_recorded_by_hand_is_all_there(clew, shop):
    answer = shop.order(id="1002")
    spans = whole_trace(clew, answer.json()["trace"], SPANS_OF_GOOD_ORDER)

    named = {span.name: span for span in spans}
    validate = named["validate_order"]
    assert validate.attributes == {"order.id": "1002", "http.request.method": "POST"}
    (_, event, attributes), = validate.events
    assert (event, attributes) == ("validation.started", {"rules": 3, "strict": True})
    assert named["check_inventory"].attributes == {
        "db.system": "postgresql", "db.operation": "SELECT"}
    assert named["process_payment"].attributes == {
        "order.id": "1002", "payment.method": "card", "customer.tier": "gold",
        "cart.item_count": 2}
    assert named["charge_card"].kind == "CLIENT"
    assert named["confirm_order"].status == "OK"
    assert named["confirm_order"].scope == ("shop.orders", "1.0.0")
    assert named["confirm_order"].resource["service.version"] == "1.4.2"


def test_the_error_trace_is_found_and_says_why(clew, shop):
    shop.order(id="1003")
    answer = shop.order(id="1004", cart=[])
    assert answer.status_code == 422
    trace_id = answer.json()["trace"]
    whole_trace(clew, trace_id, SPANS_OF_BAD_ORDER)

    found = asking.jaeger_search(clew, service="order-service", tags='{"error":"true"}')

    assert [trace["traceID"] for trace in found] == [trace_id]
    confirm, = [span for span in asking.jaeger_v3_trace(clew, trace_id)
                if span.name == "confirm_order"]
    assert (confirm.status, confirm.status_message) == ("ERROR", "the cart is empty")
    (_, event, attributes), = confirm.events
    assert event == "exception"
    assert attributes["exception.type"].endswith("OrderRejected")
    assert attributes["exception.message"] == "the cart is empty"
    assert "confirm" in attributes["exception.stacktrace"]


def test_every_api_tells_the_same(clew, shop):
    answer = shop.order(id="1005")
    trace_id = answer.json()["trace"]
    spans = whole_trace(clew, trace_id, SPANS_OF_GOOD_ORDER)

    assert_same_trace(spans, asking.tempo_trace_protobuf(clew, trace_id))
    assert_same_trace(spans, asking.tempo_trace_v2(clew, trace_id))
    assert_same_trace(spans, asking.jaeger_v3_trace(clew, trace_id))
    jaeger = asking.jaeger_trace(clew, trace_id)
    assert {span["spanID"]: span["operationName"] for span in jaeger["spans"]} == {
        span.span_id: span.name for span in spans}
    references = {span["spanID"]: span["references"] for span in jaeger["spans"]}
    for span in spans:
        parents = [{"refType": "CHILD_OF", "traceID": trace_id, "spanID": span.parent_id}]
        assert references[span.span_id] == (parents if span.parent_id else [])
    assert set(asking.services(clew)) >= SERVICES
