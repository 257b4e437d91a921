"""inventory-service: what is in stock."""

import telemetry

app = telemetry.make_service("inventory-service")


@app.get("/items/<item>")
def stock(item):
    return {"item": item, "stock": len(item)}


if __name__ == "__main__":
    telemetry.run(app)
