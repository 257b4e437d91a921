"""Jaeger's and Tempo's APIs, asked as scripts, Grafana and the Jaeger UI ask them."""

import json
import subprocess

import pytest

from harness import asking
from harness.clew import run_clew
from harness.sending import FIRST_START, make_request, post, trace_id_of

MILLION = 1_000_000


@pytest.fixture
def filled(clew):
    """Ten traces of `maker` with one to ten spans, and one of `other` that failed."""
    for number in range(10):
        assert post(clew, make_request(number, number + 1)).status_code == 200
    failed = make_request(10, 2, service="other", status={"code": 2, "message": "no stock"})
    assert post(clew, failed).status_code == 200
    return clew


def window():
    """Jaeger's start and end, in microseconds, around everything that was sent."""
    return {"start": FIRST_START // 1000 - MILLION, "end": FIRST_START // 1000 + 100 * MILLION}


def jaeger(clew, path, **parameters):
    return asking.get(clew.url("jaeger", path), params=parameters)


def found_ids(clew, **parameters):
    traces = asking.jaeger_search(clew, **(window() | parameters))
    return [int(trace["traceID"], 16) - 1 for trace in traces]


def test_services_and_operations(filled):
    services = jaeger(filled, "/api/services").json()
    operations = jaeger(filled, "/api/services/other/operations").json()
    with_kinds = jaeger(filled, "/api/operations", service="other").json()

    assert services == {"data": ["maker", "other"], "total": 2, "limit": 0, "offset": 0,
                        "errors": None}
    assert (sorted(operations["data"]), operations["total"]) == (["work 0", "work 1"], 2)
    assert sorted(with_kinds["data"], key=lambda each: each["name"]) == [
        {"name": "work 0", "spanKind": "server"}, {"name": "work 1", "spanKind": "internal"}]


def test_search_is_newest_first_and_limited(filled):
    assert found_ids(filled, service="maker") == list(range(9, -1, -1))
    assert found_ids(filled, service="maker", limit=3) == [9, 8, 7]
    assert found_ids(filled, service="nobody") == []


@pytest.mark.parametrize("parameters, expected", [
    ({"operation": "work 8"}, [9, 8]),
    ({"tags": json.dumps({"request.number": "4"})}, [4]),
    ({"tag": "request.number:5"}, [5]),
    ({"minDuration": "400us", "maxDuration": "600us", "limit": 2}, [9, 8]),
    ({"minDuration": "1s"}, []),
    ({"start": FIRST_START // 1000 + 7500}, [9, 8]),
    ({"end": FIRST_START // 1000 + 1500}, [1, 0]),
    ({"service": "other", "tags": '{"error":"true"}'}, [10]),
    ({"tags": '{"error":"true"}'}, []),
])
def test_search_by_each_parameter(filled, parameters, expected):
    assert found_ids(filled, **({"service": "maker"} | parameters)) == expected


@pytest.mark.parametrize("path, parameters, status, message", [
    ("/api/traces", {}, 400, "parameter 'service' is required"),
    ("/api/traces", {"service": "maker", "tag": "x"}, 400,
     "malformed 'tag' parameter, expecting key:value, received: x"),
    ("/api/traces", {"service": "maker", "tags": "{"}, 400, "malformed 'tags' parameter"),
    ("/api/traces", {"service": "maker", "minDuration": "2s", "maxDuration": "1s"}, 400,
     "'maxDuration' should be greater than 'minDuration'"),
    ("/api/traces", {"service": "maker", "limit": "many"}, 400, "unable to parse param 'limit'"),
    ("/api/traces/" + "f" * 32, {}, 404, "trace not found"),
    ("/api/traces/xyz", {}, 400, ""),
])
def test_jaeger_errors(filled, path, parameters, status, message):
    answer = jaeger(filled, path, **parameters)

    assert answer.status_code == status
    error, = answer.json()["errors"]
    assert answer.json()["data"] is None
    assert message in error["msg"]


def test_a_jaeger_trace_has_references_processes_and_tags(filled):
    trace = asking.jaeger_trace(filled, trace_id_of(10))

    root, child = sorted(trace["spans"], key=lambda span: span["startTime"])
    assert (root["references"], child["references"]) == ([], [
        {"refType": "CHILD_OF", "traceID": trace["traceID"], "spanID": root["spanID"]}])
    assert trace["processes"][root["processID"]]["serviceName"] == "other"
    tags = {tag["key"]: (tag["type"], tag["value"]) for tag in root["tags"]}
    assert tags["error"] == ("bool", True)
    assert tags["otel.status_description"] == ("string", "no stock")
    assert tags["span.kind"] == ("string", "server")
    assert tags["request.number"] == ("int64", 10)
    assert root["duration"] == 500


def test_dependencies(filled):
    assert post(filled, two_services()).status_code == 200

    answer = jaeger(filled, "/api/dependencies", endTs=FIRST_START // MILLION + 10_000,
                    lookback=100_000).json()

    assert {"parent": "maker", "child": "store", "callCount": 1} in answer["data"]


def two_services():
    """Trace 20: maker calls store."""
    request = make_request(20)
    called = make_request(21, service="store", traceId=trace_id_of(20),
                          parentSpanId=make_request(20)["resourceSpans"][0]["scopeSpans"][0]
                          ["spans"][0]["spanId"])
    request["resourceSpans"] += called["resourceSpans"]
    return request


def test_jaeger_v3(filled):
    times = {"query.startTimeMin": "2023-11-14T00:00:00Z",
             "query.startTimeMax": "2023-11-15T00:00:00.5Z"}
    url = filled.url("jaeger", "/api/v3")

    services = asking.get_json(url + "/services")
    operations = asking.get_json(url + "/operations", params={"service": "other"})
    found = asking.get_json(url + "/traces", params={"query.serviceName": "other"} | times)
    summaries = asking.get_json(url + "/trace-summaries",
                                params={"query.serviceName": "other"} | times)
    absent = asking.get(url + "/traces/" + "f" * 32)
    no_times = asking.get(url + "/traces", params={"query.serviceName": "other"})

    assert services == {"services": ["maker", "other"]}
    assert {each["spanKind"] for each in operations["operations"]} == {"server", "internal"}
    span_count = sum(len(scope["spans"]) for resource in found["result"]["resourceSpans"]
                     for scope in resource["scopeSpans"])
    assert span_count == 2
    summary, = summaries["summaries"]
    assert summary["traceId"] == trace_id_of(10)
    assert (summary["rootServiceName"], summary["rootOperationName"]) == ("other", "work 0")
    assert (summary["spanCount"], summary["errorSpanCount"]) == (2, 2)
    assert summary["services"] == [{"name": "other", "spanCount": 2, "errorSpanCount": 2}]
    assert (absent.status_code, absent.json()["error"]["httpCode"]) == (404, 404)
    assert (no_times.status_code, no_times.json()["error"]["httpCode"]) == (400, 400)


def call(op, *arguments):
    return {"op": op, "args": arguments}


DURATION = {"field": {"name": "duration", "level": "span"}}
NUMBER = {"attr": {"key": "request.number"}}
STATUS = {"field": {"name": "status", "level": "span"}}


def test_explain_says_what_is_done_and_what_it_took(filled):
    assert run_clew("storage", "flush", "--telemetry", filled.url("metrics")).returncode == 0
    server = ("--server", filled.url("jaeger"))
    search = ("search", "--service", "other", "--from", "2023-11-14T00:00:00Z", *server)

    plan = run_clew(*search, "--explain", "plan")
    run = run_clew(*search, "--explain", "run")
    trace = run_clew("trace", trace_id_of(3), "--explain", "run", *server)

    lines = plan.stdout.splitlines()
    assert lines[0].startswith("join fragments to whole traces")
    assert lines[1] == "  newest 20"
    assert lines[2].startswith('    scan spans: resource:service = "other", start >= ')
    assert "= 1 rows in " in run.stdout
    assert "rows" not in plan.stdout
    assert "row groups: 1 read, 0 skipped, pages: " in run.stdout
    assert "pages: " in trace.stdout


@pytest.mark.parametrize("predicate, expected", [
    (call("eq", NUMBER, {"scalar": {"value": "4"}}), [4]),
    (call("in", NUMBER, {"list": {"values": ["2", "7"], "type": "int"}}), [7, 2]),
    (call("eq", STATUS, {"scalar": {"value": "error"}}), [10]),
    (call("gt", DURATION, {"scalar": {"value": "1s"}}), []),
    (call("and", {"call": call("gte", NUMBER, {"scalar": {"value": "8"}})},
          {"call": call("not", {"call": call("eq", STATUS, {"scalar": {"value": "error"}})})}),
     [9, 8]),
    (call("regex", {"field": {"name": "name", "level": "span"}},
          {"scalar": {"value": "work [9]"}}), [9]),
])
def test_jaeger_v3_filters(filled, predicate, expected):
    answer = asking.get_json(
        filled.url("jaeger", "/api/v3/trace-summaries"),
        params={"query.startTimeMin": "2023-11-14T00:00:00Z",
                "query.startTimeMax": "2023-11-15T00:00:00Z",
                "query.filter": json.dumps(predicate)})

    assert [int(each["traceId"], 16) - 1 for each in answer["summaries"]] == expected


def test_tempo_finds_a_trace_in_each_form(filled):
    trace_id = trace_id_of(4)

    spans = asking.tempo_trace(filled, trace_id)

    assert len(spans) == 5
    assert asking.tempo_trace_v2(filled, trace_id) == spans
    assert asking.tempo_trace_protobuf(filled, trace_id) == spans
    assert asking.tempo_trace(filled, "5") == spans
    assert asking.tempo_trace(filled, "0000000000000005") == spans


def test_tempo_says_what_is_not_there(filled):
    absent = asking.get(filled.url("tempo", "/api/traces/" + "f" * 32))
    absent_v2 = asking.get(filled.url("tempo", "/api/v2/traces/" + "f" * 32))
    bad = asking.get(filled.url("tempo", "/api/traces/xyz"))

    assert (absent.status_code, absent.content) == (404, b"")
    assert absent_v2.status_code == 200
    assert not absent_v2.json()["trace"].get("resourceSpans")
    assert bad.status_code == 400


def test_tempo_lists_tags_and_values(filled):
    def values(tag):
        path = f"/api/v2/search/tag/{tag}/values"
        found = asking.get(filled.url("tempo", path)).json()["tagValues"]
        return {(value["type"], value["value"]) for value in found}

    tags = asking.get(filled.url("tempo", "/api/v2/search/tags?limit=5000")).json()
    names = {scope["name"]: scope["tags"] for scope in tags["scopes"]}
    v1 = asking.get(filled.url("tempo", "/api/search/tag/service.name/values")).json()

    assert "request.number" in names["span"]
    assert "service.name" in names["resource"]
    assert "traceDuration" in names["intrinsic"]
    assert {("string", "maker"), ("string", "other")} <= values("resource.service.name")
    assert {("int", str(number)) for number in range(11)} <= values("span.request.number")
    assert ("string", "work 0") in values("name")
    assert ("keyword", "error") in values("status")
    assert {"maker", "other"} <= set(v1["tagValues"])
    of_none = asking.get(filled.url("tempo", "/api/v2/search/tags?q={.absent=1}")).json()
    assert "span" not in {scope["name"] for scope in of_none["scopes"] if scope["tags"]}


def test_tempo_status_pages(clew):
    assert asking.get(clew.url("tempo", "/api/echo")).text == "echo"
    ready = asking.get(clew.url("tempo", "/ready"))
    assert (ready.status_code, ready.text.strip()) == (200, "ready")
    assert asking.get(clew.url("tempo", "/status/version")).status_code == 200


@pytest.mark.parametrize("port", ["jaeger", "tempo"])
def test_unknown_paths_are_404(clew, port):
    assert asking.get(clew.url(port, "/api/nothing")).status_code == 404


def curl(*arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", "--include", *arguments],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.replace("\r\n", "\n").partition("\n\n")
    status = int(head.split()[1])
    headers = dict(line.lower().split(": ", 1) for line in head.split("\n")[1:] if ": " in line)
    return status, headers, body


def test_curl_sends_and_reads(clew, tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(make_request(1, 2)), encoding="utf-8")

    sent = curl("-X", "POST", "-H", "content-type: application/json",
                "--data-binary", f"@{path}", clew.url("http", "/v1/traces"))
    read = curl(clew.url("jaeger", f"/api/traces/{trace_id_of(1)}?prettyPrint=true"))
    head = curl("--head", clew.url("jaeger", "/api/services"))

    assert (sent[0], sent[2]) == (200, "{}")
    assert len(json.loads(read[2])["data"][0]["spans"]) == 2
    assert '\n    "' in read[2]
    assert (head[0], head[2]) == (200, "")


@pytest.fixture
def browser_clew(start_clew):
    cors = {"allowed_origins": ["https://*.example.com"], "allowed_headers": ["content-type", "x-team"],
            "max_age": 600}
    return start_clew(changes={"receivers": {"otlp": {"protocols": {"http": {"cors": cors}}}}})


def preflight(clew, origin):
    return curl("-X", "OPTIONS", "-H", f"Origin: {origin}",
                "-H", "Access-Control-Request-Method: POST",
                "-H", "Access-Control-Request-Headers: content-type,x-team",
                clew.url("http", "/v1/traces"))


def test_a_browser_may_send_from_an_allowed_origin_only(browser_clew):
    status, allowed, _ = preflight(browser_clew, "https://shop.example.com")
    _, denied, _ = preflight(browser_clew, "https://example.org")

    assert status in (200, 204)
    assert allowed["access-control-allow-origin"] == "https://shop.example.com"
    assert "post" in allowed["access-control-allow-methods"]
    assert "x-team" in allowed["access-control-allow-headers"]
    assert allowed["access-control-max-age"] == "600"
    assert "access-control-allow-origin" not in denied
    sent = post(browser_clew, make_request(1), headers={"origin": "https://shop.example.com"})
    assert sent.status_code == 200
    assert sent.headers["access-control-allow-origin"] == "https://shop.example.com"


def test_tenants_do_not_see_each_other(start_clew, tmp_path):
    tenancy = {"tenancy": {"enabled": True}}
    clew = start_clew(changes={"extensions": {"clew_query": tenancy},
                               "receivers": {"otlp": tenancy}})
    for tenant in ("red", "blue"):
        sent = post(clew, make_request(1, service=tenant), headers={"X-Scope-OrgID": tenant})
        assert sent.status_code == 200

    for tenant in ("red", "blue"):
        headers = {"X-Scope-OrgID": tenant}
        assert asking.get_json(clew.url("jaeger", "/api/services"), headers=headers)["data"] == [
            tenant]
        answer = asking.get_json(clew.url("tempo", f"/api/traces/{trace_id_of(1)}"),
                                 headers=headers)
        assert len(answer["batches"]) == 1
    assert post(clew, make_request(2)).status_code == 401
    assert asking.get(clew.url("jaeger", "/api/services")).status_code == 401
    server = ("--server", clew.url("jaeger"))
    assert run_clew("services", *server, "--tenant", "red").stdout == "red\n"
    without = run_clew("search", *server)
    assert without.returncode == 1
    assert "name one with --tenant" in without.stderr
    path = tmp_path / "trace.json"
    path.write_text('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb'
                    '211c80319c","spanId":"b7ad6b7169203331","name":"n"}]}]}]}')
    for destination in (("-p", "grpc", "-e", clew.address("grpc")), ("-e", clew.url("http", ""))):
        refused = run_clew("send", *destination, str(path))
        assert refused.returncode == 1
        assert "name a tenant with --tenant" in refused.stderr
