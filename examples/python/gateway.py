"""api-gateway: the way in. Hands orders on, and tells the client the id of the trace."""

import requests
from flask import request
from opentelemetry import trace

import telemetry

app = telemetry.make_service("api-gateway")


@app.post("/orders")
def place_order():
    answer = requests.post(
        telemetry.url("order-service", "/orders"), json=request.get_json(), timeout=10
    )
    trace_id = trace.get_current_span().get_span_context().trace_id
    return answer.json() | {"trace": f"{trace_id:032x}"}, answer.status_code


if __name__ == "__main__":
    telemetry.run(app)
