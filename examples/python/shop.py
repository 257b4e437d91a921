"""Runs the four services, each in its own process, until SIGTERM or SIGINT."""

import pathlib
import signal
import subprocess
import sys

import telemetry

SERVICES = ("gateway.py", "orders.py", "inventory.py", "payments.py")


def main():
    here = pathlib.Path(__file__).resolve().parent
    processes = [subprocess.Popen([sys.executable, here / name]) for name in SERVICES]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: [process.terminate() for process in processes])
    print(f"the shop is open: POST {telemetry.url('api-gateway', '/orders')}", flush=True)
    sys.exit(max(process.wait() for process in processes))


if __name__ == "__main__":
    main()
