"""The benches, each with few spans: that they run, and find what they look for. Not how fast."""

import json
import signal
import subprocess

import pytest

from harness.clew import BINARY, run_clew
from harness.waiting import wait_for

# What each prints besides its own figure, which bench/RESULTS.md quotes.
FIGURES = {
    "decode": ("bytes_per_span",),
    "edit": ("resource_attribute", "span_attribute_added", "span_attribute_replaced", "drop_one_in_100"),
    "forward": ("forwarder_cpu_seconds", "forwarder_rss_max_bytes"),
    "ingest": ("server_rss_max_bytes", "stored_bytes_per_span", "ack_ms_p50"),
    "query": (
        *(f"{question}_{how}" for question in ("attribute", "rate_by_service", "tag_names", "services") for how in ("cold_ms", "ms_p50")),
        "compare_cpu_ms",
        "ten_at_once_ms_p95",
        "ten_beside_load_ms_p95",
        "load_spans_per_second",
    ),
    "scan": (
        *(f"{question}_{how}" for question in ("coded", "range", "two", "pattern") for how in ("warm", "warm_all", "cold", "found")),
        "seal_one_thread",
        "seal_all",
    ),
    "search": ("absent_value_ms_p50", "services_ms_p50", "dependencies_ms_p50", "whole_scan_warm_ms_p50", "rss_mib"),
    "searchable-latency": ("server_cpu_seconds",),
    "stored-size": ("ratio",),
    "trace-by-id": ("absent_ms_p50",),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_bench_prints_its_figures(name, tmp_path):
    result = run_clew("bench", name, "--spans", 30_000, "--threads", 2, "--data", tmp_path)

    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["bench"] == name
    for figure in ("value", *FIGURES[name]):
        assert report[figure] > 0, figure


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bench_that_is_broken_off_leaves_no_folder(number, tmp_path):
    bench = subprocess.Popen([BINARY, "bench", "ingest", "--spans", "1000000000"], cwd=tmp_path,
                             stdout=subprocess.DEVNULL)
    wait_for(lambda: list(tmp_path.glob("build/bench-*/data/log/*.seg")), "spans are stored", 60)

    bench.send_signal(number)

    assert bench.wait(60) == 128 + number
    assert not list(tmp_path.glob("build/*"))
