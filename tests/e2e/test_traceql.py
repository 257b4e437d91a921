"""TraceQL over Tempo's search, asked as Grafana and scripts ask it."""

import json
import re

import pytest
import requests

from harness import asking
from harness.clew import run_clew
from harness.sending import FIRST_START, make_request, post, trace_id_of

BILLION = 1_000_000_000


@pytest.fixture
def filled(clew):
    """Ten traces of `maker` with one to ten spans, and one of `other` that failed."""
    for number in range(10):
        assert post(clew, make_request(number, number + 1)).status_code == 200
    failed = make_request(10, 2, service="other", status={"code": 2, "message": "no stock"})
    assert post(clew, failed).status_code == 200
    return clew


def search(clew, **parameters):
    return asking.get(clew.url("tempo", "/api/search"), params=parameters)


def found(clew, query, **parameters):
    answer = search(clew, q=query, **parameters)
    assert answer.status_code == 200, answer.text
    return [int(trace["traceID"], 16) - 1 for trace in answer.json()["traces"]]


@pytest.mark.parametrize("query, expected", [
    ("{}", list(range(10, -1, -1))),
    ('{ resource.service.name = "other" && status = error }', [10]),
    ('{ .request.number = 4 }', [4]),
    ('{ span.request.number >= 8 && .service.name = "maker" }', [9, 8]),
    ('{ name =~ "work [78]" }', [9, 8, 7]),
    ('{ name = "work 0" } > { name = "work 9" }', [9]),
    ('{ kind = server } && { name = "work 8" }', [9, 8]),
    ('{ } | count() >= 9', [9, 8]),
    ('{ } | by(resource.service.name) | count() = 2', [10, 1]),
    ('{ rootServiceName = "other" } | select(statusMessage)', [10]),
    ('{ statusMessage = "no stock" }', [10]),
    ('{ .absent != nil }', []),
    ('{ http.user_agent = `x` }', None),
])
def test_queries_find_whole_traces_newest_first(filled, query, expected):
    if expected is None:
        answer = search(filled, q=query)
        assert answer.status_code == 400
        assert ".http.user_agent" in answer.text
        return
    assert found(filled, query) == expected


def test_the_queries_of_guides_work(filled):
    for query in ['{ resource.service.name = "payment-service" && duration > 2s }',
                  '{ resource.service.name = "order-service" && status = error }',
                  '{ .http.user_agent = "MobileApp/2.0" }']:
        assert found(filled, query) == []


def test_an_answer_has_tempos_form(filled):
    answer = search(filled, q='{ status = error } | count() > 1', limit=5, spss=1).json()

    trace, = answer["traces"]
    assert trace["traceID"] == f"{int(trace_id_of(10), 16):x}"
    assert trace["rootServiceName"] == "other"
    assert trace["rootTraceName"] == "work 0"
    assert int(trace["startTimeUnixNano"]) == FIRST_START + 10_000_000
    assert trace["serviceStats"] == {"other": {"spanCount": 2, "errorCount": 2}}
    assert trace["spanSet"] == trace["spanSets"][0]
    spans = trace["spanSet"]
    assert spans["matched"] == 2
    assert spans["attributes"] == [{"key": "count()", "value": {"intValue": "2"}}]
    span, = spans["spans"]
    assert span["attributes"] == [{"key": "status", "value": {"stringValue": "error"}}]
    assert len(span["spanID"]) == 16
    assert "inspectedSpans" in answer["metrics"]


def test_limits_and_times(filled):
    second = FIRST_START // BILLION
    assert found(filled, "{}", limit=3) == [10, 9, 8]
    assert found(filled, "{}", start=second, end=second + 1) == list(range(10, -1, -1))
    assert found(filled, "{}", start=second + 1, end=second + 2) == []
    assert search(filled, q="{}", limit=0).status_code == 400
    assert search(filled, q="{}", start=second).status_code == 400


def test_tags_find_as_tempos_first_search_did(filled):
    def with_tags(tags, **more):
        answer = search(filled, tags=tags, **more)
        assert answer.status_code == 200, answer.text
        return [int(trace["traceID"], 16) - 1 for trace in answer.json()["traces"]]

    assert with_tags("service.name=oth") == [10]
    assert with_tags("request.number=5") == [5]
    assert with_tags('name="work 9" service.name=maker') == [9]
    assert with_tags("service.name=maker", minDuration="1h") == []


def ask(server, query, *arguments):
    return run_clew("query", query, "--tempo", server.url("tempo"),
                    "--from", "2023-11-14T00:00:00Z", *arguments)


def test_the_command_line_lists_traces_with_their_spans(filled):
    listed = ask(filled, '{ status = error }', "--spans", "1")
    assert listed.returncode == 0, listed.stderr
    lines = listed.stdout.splitlines()
    assert lines[0].split() == ["TRACE", "STARTED", "(UTC)", "DURATION", "MATCHED", "ROOT"]
    assert lines[1].startswith(trace_id_of(10))
    assert lines[1].endswith("  2 other work 0")
    assert lines[2].startswith("  · work 0  ") and lines[2].endswith("  status=error")
    assert lines[3:] == ["  · 1 more"]

    grouped = ask(filled, '{ } | by(resource.service.name) | count() = 2', "--limit", "1")
    assert "2 spans  by(resource.service.name)=other  count()=2" in grouped.stdout
    assert "--limit shows more" in grouped.stderr

    answer = json.loads(ask(filled, '{ status = error }', "--output", "json").stdout)
    assert answer["traces"] == search(filled, q="{ status = error }").json()["traces"]

    nothing = ask(filled, '{ .absent = 1 }')
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert nothing.stderr.startswith("No such traces between ")


def test_the_command_line_explains(filled):
    assert run_clew("storage", "flush", "--telemetry", filled.url("metrics")).returncode == 0

    plan = ask(filled, '{ name = "work 8" }', "--explain", "plan")
    run = ask(filled, '{ name = "work 8" }', "--explain", "run")

    assert '{ name = "work 8" }' in plan.stdout
    assert " rows in " not in plan.stdout
    assert "= 2 rows in " in run.stdout
    assert re.search(r"pages: \d+ read \(\d+ B\), \d+ skipped", run.stdout)


def test_the_command_line_shows_where_a_query_is_wrong():
    done = run_clew("query", '{ name = "x" && }', "--tempo", "localhost:9")

    assert done.returncode == 2
    assert done.stderr.endswith('an attribute or (\n  { name = "x" && }\n                  ^\n')


@pytest.mark.parametrize("port", ["jaeger", "metrics", "http", "grpc"])
@pytest.mark.parametrize("query", ["{ }", "{ } | rate()"])
def test_a_query_to_the_wrong_port_is_an_error_that_says_so(clew, query, port):
    done = run_clew("query", query, "--tempo", clew.address(port))

    assert done.returncode == 1
    assert clew.address(port) in done.stderr
    assert "--tempo" in done.stderr


def test_errors_name_the_place(filled):
    answer = search(filled, q='{ name = "x" && }')

    assert answer.status_code == 400
    assert answer.text.startswith(
        "invalid TraceQL query: parse error at line 1, col 17: syntax error: unexpected }")


def test_structure_is_found_across_blocks(clew):
    """A trace whose spans came one after the other, some of them in blocks already."""
    whole = make_request(3, 4)
    scope = whole["resourceSpans"][0]["scopeSpans"][0]
    spans = scope["spans"]
    for span in spans:
        scope["spans"] = [span]
        assert post(clew, whole).status_code == 200
        assert requests.post(clew.url("metrics", "/-/flush"), timeout=60).status_code == 200

    assert found(clew, '{ name = "work 0" } >> { name = "work 3" }') == [3]
    assert found(clew, "{ } | count() = 4") == [3]
