"""Tempo's API over gRPC and as protobuf, asked by gRPC's own client, as Grafana asks it."""

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from harness import asking, tempo_grpc
from harness.clew import free_ports
from harness.sending import FIRST_START, make_request, post, trace_id_of

BILLION = 1_000_000_000
SECOND = FIRST_START // BILLION


@pytest.fixture
def filled(clew):
    """Ten traces of `maker` with one to ten spans, and one of `other` that failed."""
    for number in range(10):
        assert post(clew, make_request(number, number + 1)).status_code == 200
    failed = make_request(10, 2, service="other", status={"code": 2, "message": "no stock"})
    assert post(clew, failed).status_code == 200
    return clew


def over_http(clew, path, **parameters):
    answer = asking.get(clew.url("tempo", path), params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def without_metrics(answer):
    """As JSON without what differs from one run to the next, and without empty members."""
    tree = answer if isinstance(answer, dict) else MessageToDict(answer)
    return {key: value for key, value in tree.items() if key != "metrics" and value}


def numbers_of(traces):
    return [int(trace.traceID, 16) - 1 for trace in traces]


def as_protobuf(clew, path, message, **parameters):
    answer = asking.get(clew.url("tempo", path), params=parameters,
                        headers={"Accept": "application/protobuf"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/protobuf")
    return tempo_grpc.CLASSES[message].FromString(answer.content)


def test_grafana_is_told_that_there_is_streaming(clew):
    version = over_http(clew, "/api/status/buildinfo")["version"]
    assert tuple(map(int, version.split("."))) >= (2, 7, 0), "it asks older ones over HTTP only"


def test_a_search_is_streamed_on_the_port_of_http(filled):
    messages = tempo_grpc.stream(filled.address("tempo"), "Search", Query="{}", Limit=8,
                                 SpansPerSpanSet=2, start=SECOND, end=SECOND + 1)

    found = [numbers_of(message.traces) for message in messages]
    assert sum(found, []) == list(range(10, 2, -1))
    assert found[0] == [10], "the first trace does not wait for the others"
    last = messages[-1].metrics
    assert (last.completedJobs, last.totalJobs, last.inspectedTraces) == (1, 1, 8)
    assert all(message.metrics.totalJobs == 1 for message in messages)


@pytest.mark.parametrize("query", [
    '{ status = error } | count() > 1', '{ name = "work 3" } | select(.request.number)',
    '{ .absent = 1 }', '{} | by(resource.service.name)'])
def test_grpc_and_both_forms_of_http_say_the_same(filled, query):
    json = over_http(filled, "/api/search", q=query, limit=5)
    assert without_metrics(
        tempo_grpc.ask(filled.address("tempo"), "Search", Query=query, Limit=5)
    ) == without_metrics(json)
    assert without_metrics(
        as_protobuf(filled, "/api/search", "SearchResponse", q=query, limit=5)
    ) == without_metrics(json)


def test_tags_and_durations_find_as_over_http(filled):
    address = filled.address("tempo")
    assert numbers_of(tempo_grpc.ask(
        address, "Search", Tags={"service.name": "oth"}).traces) == [10]
    assert numbers_of(tempo_grpc.ask(
        address, "Search", Tags={"service.name": "maker", "name": "work 9"}).traces) == [9]
    assert not tempo_grpc.ask(address, "Search", Tags={"name": "work"}, MinDurationMs=60_000).traces


def test_lists_of_tags_and_values(filled):
    address = filled.address("tempo")
    scopes = {scope.name: list(scope.tags)
              for scope in tempo_grpc.ask(address, "SearchTagsV2").scopes}
    assert scopes["resource"] == ["service.name"]
    assert scopes["span"] == ["request.number"]
    assert "rootServiceName" in scopes["intrinsic"]
    assert [scope.name for scope in
            tempo_grpc.ask(address, "SearchTagsV2", scope="span").scopes] == ["span"]
    assert list(tempo_grpc.ask(address, "SearchTags").tagNames) == [
        "request.number", "service.name"]
    assert list(tempo_grpc.ask(address, "SearchTagValues", tagName="service.name").tagValues) == [
        "maker", "other"]
    values = tempo_grpc.ask(address, "SearchTagValuesV2", tagName="span.request.number",
                            query='{ resource.service.name = "other" }').tagValues
    assert [(value.type, value.value) for value in values] == [("int", "10")]
    for path, message in [("/api/v2/search/tags", "SearchTagsV2Response"),
                          ("/api/search/tags", "SearchTagsResponse"),
                          ("/api/search/tag/service.name/values", "SearchTagValuesResponse"),
                          ("/api/v2/search/tag/status/values", "SearchTagValuesV2Response")]:
        assert without_metrics(as_protobuf(filled, path, message)) == without_metrics(
            over_http(filled, path))


def test_metrics(filled):
    address = filled.address("tempo")
    query = "{} | count_over_time() by(resource.service.name)"
    times = {"start": FIRST_START - BILLION, "end": FIRST_START + 60 * BILLION}
    series = tempo_grpc.ask(address, "MetricsQueryRange", query=query, step=30 * BILLION,
                            **times).series
    counts = {one.labels[0].value.string_value: sum(sample.value for sample in one.samples)
              for one in series}
    assert counts == {"maker": 55, "other": 2}
    assert any(label.key == "trace:id" for one in series for exemplar in one.exemplars
               for label in exemplar.labels)
    instant = tempo_grpc.ask(address, "MetricsQueryInstant", query=query, **times).series
    assert {one.labels[0].value.string_value: one.value for one in instant} == counts
    for path, message in [("/api/metrics/query_range", "QueryRangeResponse"),
                          ("/api/metrics/query", "QueryInstantResponse")]:
        parameters = {"q": query, "start": SECOND - 1, "end": SECOND + 60, "step": "30s"}
        written = over_http(filled, path, **parameters)["series"]
        read = as_protobuf(filled, path, message, **parameters).series
        assert [MessageToDict(one)["labels"] for one in read] == [one["labels"] for one in written]


@pytest.mark.parametrize("method, fields, code, text", [
    ("Search", {"Query": "{"}, grpc.StatusCode.INVALID_ARGUMENT, "parse error at line 1, col 2"),
    ("Search", {"Query": "{}", "Limit": 20_000}, grpc.StatusCode.INVALID_ARGUMENT,
     "limit 20000 exceeds max limit 10000"),
    ("Search", {"Query": "{}", "start": 5}, grpc.StatusCode.INVALID_ARGUMENT,
     "only one of start and end provided"),
    ("SearchTagsV2", {"scope": "x"}, grpc.StatusCode.INVALID_ARGUMENT, "invalid scope: x"),
    ("SearchTagValuesV2", {"tagName": "x"}, grpc.StatusCode.INVALID_ARGUMENT,
     "please provide a valid tagName"),
    ("MetricsQueryRange", {"query": "{}"}, grpc.StatusCode.INVALID_ARGUMENT, "not a metrics query"),
])
def test_errors_have_the_code_and_the_text(filled, method, fields, code, text):
    with pytest.raises(grpc.RpcError) as raised:
        tempo_grpc.stream(filled.address("tempo"), method, **fields)
    assert raised.value.code() == code
    assert text in raised.value.details()


def test_it_is_answered_on_a_port_of_its_own_when_asked_for(start_clew):
    port, = free_ports(1)
    clew = start_clew(changes={"extensions": {"clew_query": {"tempo": {
        "grpc": {"endpoint": f"127.0.0.1:{port}"}}}}})
    assert post(clew, make_request(3)).status_code == 200
    assert numbers_of(tempo_grpc.ask(f"127.0.0.1:{port}", "Search", Query="{}").traces) == [3]
    assert clew.metrics()["clew_query_requests_total"] >= 1


def test_a_read_is_of_all_tenants_that_it_names(start_clew):
    on = {"tenancy": {"enabled": True}}
    clew = start_clew(changes={"receivers": {"otlp": on}, "extensions": {"clew_query": on}})
    for number, tenant in [(1, "a"), (2, "b"), (3, "c")]:
        sent = post(clew, make_request(number), headers={"X-Scope-OrgID": tenant})
        assert sent.status_code == 200, sent.text
    address = clew.address("tempo")

    def search(tenants):
        return numbers_of(tempo_grpc.ask(address, "Search", Query="{}", tenants=tenants).traces)

    assert search("a") == [1]
    assert search("a|c") == [3, 1]
    answer = asking.get(clew.url("tempo", "/api/search"), params={"q": "{}"},
                        headers={"X-Scope-OrgID": "b|a"})
    assert [int(trace["traceID"], 16) - 1 for trace in answer.json()["traces"]] == [2, 1]
    for number, status in [(1, 200), (3, 404)]:
        trace = asking.get(clew.url("tempo", f"/api/traces/{trace_id_of(number)}"),
                           headers={"X-Scope-OrgID": "b|a"})
        assert trace.status_code == status
    with pytest.raises(grpc.RpcError) as raised:
        search(None)
    assert raised.value.code() == grpc.StatusCode.UNAUTHENTICATED
    assert "no org id" in raised.value.details()
