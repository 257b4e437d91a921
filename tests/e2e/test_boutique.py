"""852,420 recorded spans of a real shop: sent, counted and compared with the file in three states
of the store: in the head, after kill -9 and a restart, and sealed into blocks.
"""

import collections
import dataclasses
import datetime
import random

import pytest
import requests

from harness import asking
from harness.clew import Clew, run_clew
from harness.spans import (assert_same_trace, plain_attributes, read_lines,
                           read_resource_spans)
from harness.waiting import wait_for

SPANS = 852_420
TRACES_COMPARED = 20
TRACES_A_WINDOW = 1_000  # more than there are in any
SEED = 20220822


@dataclasses.dataclass
class Recording:
    """What the file holds. It repeats some spans as they are; a store shows each once."""

    spans_by_service: dict
    trace_ids: set
    first_start: int
    last_start: int
    sample: dict


@pytest.fixture(scope="module")
def path(boutique):
    return boutique / "traces.otlp.jsonl.gz"


def raw_spans(path):
    """(service, span as it stands in the file) of every span."""
    for line in read_lines(path):
        for resource_spans in line:
            service = plain_attributes(resource_spans["resource"]["attributes"])["service.name"]
            for scope_spans in resource_spans["scopeSpans"]:
                for span in scope_spans["spans"]:
                    yield service, span


def read_sample(path, trace_ids):
    """The whole traces with these ids, each span once."""
    sample = {trace_id: {} for trace_id in trace_ids}
    for line in read_lines(path):
        for resource_spans in line:
            for scope_spans in resource_spans["scopeSpans"]:
                scope_spans["spans"] = [
                    span for span in scope_spans["spans"] if span["traceId"] in sample]
        for span in read_resource_spans(line):
            sample[span.trace_id][span.span_id] = span
    return {trace_id: list(spans.values()) for trace_id, spans in sample.items()}


@pytest.fixture(scope="module")
def recording(path):
    count, seen, services = 0, set(), collections.Counter()
    first_start, last_start = 1 << 63, 0
    for service, span in raw_spans(path):
        count += 1
        start = int(span["startTimeUnixNano"])
        first_start, last_start = min(first_start, start), max(last_start, start)
        identity = span["traceId"] + span["spanId"]
        if identity not in seen:
            seen.add(identity)
            services[service] += 1
    assert count == SPANS
    trace_ids = {identity[:32] for identity in seen}
    chosen = random.Random(SEED).sample(sorted(trace_ids), TRACES_COMPARED)
    return Recording(dict(services), trace_ids, first_start, last_start,
                     read_sample(path, chosen))


@pytest.fixture(scope="module")
def clew(tmp_path_factory, path):
    """A clew that has taken the whole file from `clew send`, and makes no block of it by itself."""
    storage = {"block_spans": 2 * SPANS, "block_age_max": "1h"}
    clew = Clew(tmp_path_factory.mktemp("boutique"), {"extensions": {"clew_storage": storage}}).start()
    sent = run_clew("send", "--endpoint", clew.address("grpc"), path, timeout=300)
    assert sent.returncode == 0, sent.stderr
    yield clew
    clew.kill()


def summaries(clew, recording):
    """{trace id: its summary}, asked in windows of a minute. Every trace has a frontend span."""
    window = 60_000_000_000
    found = {}
    for start in range(recording.first_start, recording.last_start + 1, window):
        answer = asking.get_json(clew.url("jaeger", "/api/v3/trace-summaries"), params={
            "query.serviceName": "frontend",
            "query.startTimeMin": rfc3339(start),
            "query.startTimeMax": rfc3339(start + window),
            "query.searchDepth": TRACES_A_WINDOW,
        })
        found |= {each["traceId"]: each for each in answer["summaries"]}
    return found


def rfc3339(nanos):
    seconds, rest = divmod(nanos, 1_000_000_000)
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def check_everything(clew, recording):
    found = summaries(clew, recording)
    assert set(found) == recording.trace_ids
    services = collections.Counter()
    for summary in found.values():
        for service in summary["services"]:
            services[service["name"]] += service["spanCount"]
    assert dict(services) == recording.spans_by_service
    assert set(asking.services(clew)) == set(recording.spans_by_service)
    for trace_id, spans in recording.sample.items():
        assert_same_trace(spans, asking.tempo_trace(clew, trace_id))


def where_spans_are(clew):
    """How many spans are in memory, and how many in blocks; repeated ones count again."""
    metrics = clew.metrics()
    return (metrics["clew_head_fresh_spans"] + metrics["clew_head_sealed_spans"],
            metrics["clew_block_spans"])


def status_of(url):
    try:
        return asking.get(url).status_code
    except requests.ConnectionError:
        return None


def test_every_span_was_accepted(clew, recording):
    metrics = clew.metrics()

    assert metrics["otelcol_receiver_accepted_spans"] == SPANS
    assert metrics.get("otelcol_receiver_refused_spans", 0) == 0
    assert where_spans_are(clew) == (SPANS, 0)
    check_everything(clew, recording)


def test_all_is_there_after_kill_and_restart(clew, recording):
    clew.kill()
    clew.start(wait=False)

    first_answers = [wait_for(lambda url=url: status_of(url), f"{url} answers", interval=0.001)
                     for url in (clew.url("metrics", "/readyz"), clew.url("health"))]
    assert first_answers == [503, 503], "it is not ready while the log is replayed"
    clew.wait_ready()
    assert where_spans_are(clew) == (SPANS, 0)
    check_everything(clew, recording)


def test_all_is_there_when_sealed_into_blocks(clew, recording):
    flushed = run_clew("storage", "flush", "--telemetry", clew.url("metrics"))
    assert flushed.returncode == 0, flushed.stderr

    assert where_spans_are(clew) == (0, SPANS)
    check_everything(clew, recording)
