"""Old and new names of attributes, and queries on Tempo's lists and traces by id."""

import json

import pytest
import requests

from harness import asking
from harness.sending import FIRST_START, make_request, post, trace_id_of

MILLION = 1_000_000


def attribute(key, value):
    return {"key": key, "value": {"stringValue": value}}


@pytest.fixture
def renamed(clew):
    """Trace 0 says its method by the old name, 1 by the new one, of the service `next`; 2 does not."""
    for number, service, attributes in [
            (0, "maker", [attribute("http.method", "GET"), attribute("tier", "old")]),
            (1, "next", [attribute("http.request.method", "GET"), attribute("tier", "new")]),
            (2, "maker", [attribute("tier", "none")])]:
        sent = post(clew, make_request(number, 3, service=service, attributes=attributes))
        assert sent.status_code == 200
    return clew


def tempo(clew, path, **parameters):
    answer = asking.get(clew.url("tempo", path), params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(clew, **parameters):
    return [int(trace["traceID"], 16) - 1
            for trace in tempo(clew, "/api/search", **parameters)["traces"]]


def tags(clew, **parameters):
    scopes = tempo(clew, "/api/v2/search/tags", **parameters)["scopes"]
    return {scope["name"]: scope["tags"] for scope in scopes if scope["name"] != "intrinsic"}


def values(clew, tag, **parameters):
    listed = tempo(clew, f"/api/v2/search/tag/{tag}/values", **parameters)["tagValues"]
    return sorted(value["value"] for value in listed)


@pytest.mark.parametrize("is_flushed", [False, True])
def test_a_search_finds_old_and_new_names(renamed, is_flushed):
    if is_flushed:
        assert requests.post(renamed.url("metrics", "/-/flush"), timeout=60).status_code == 200
    for name in ("http.method", "http.request.method"):
        assert found(renamed, q=f'{{ .{name} = "GET" }}') == [1, 0]
        assert found(renamed, q=f'{{ span.{name} = nil }}') == [2]
        assert found(renamed, q=f'{{ span.{name} != "PUT" }}') == [1, 0]
        assert found(renamed, tags=f"{name}=GET") == [1, 0]
    only_old = '{ .http.method = "GET" }'
    assert found(renamed, q=only_old + " with(semantic_conventions=false)") == [0]
    assert found(renamed, q=only_old, semantic_conventions="false") == [0]


def test_what_is_found_is_shown_as_it_was_sent(renamed):
    traces = tempo(renamed, "/api/search", q='{ .http.method = "GET" }')["traces"]
    shown = [trace["spanSets"][0]["spans"][0]["attributes"] for trace in traces]
    assert shown == [[attribute("http.request.method", "GET")], [attribute("http.method", "GET")]]


def test_jaeger_finds_old_and_new_names(renamed):
    window = {"start": FIRST_START // 1000 - MILLION, "end": FIRST_START // 1000 + 100 * MILLION}

    def search(service, **parameters):
        traces = asking.jaeger_search(renamed, service=service, **(window | parameters))
        return [int(trace["traceID"], 16) - 1 for trace in traces]

    old = {"tags": json.dumps({"http.method": "GET"})}
    assert search("next", **old) == [1]
    assert search("maker", **old) == [0]
    assert search("next", semantic_conventions="false", **old) == []


@pytest.mark.parametrize("is_flushed", [False, True])
def test_lists_are_of_spans_that_a_query_lets_through(renamed, is_flushed):
    if is_flushed:
        assert requests.post(renamed.url("metrics", "/-/flush"), timeout=60).status_code == 200
    assert tags(renamed)["span"] == ["http.method", "http.request.method", "tier"]
    of_next = '{ resource.service.name = "next" }'
    assert tags(renamed, q=of_next) == {"resource": ["service.name"],
                                        "span": ["http.request.method", "tier"]}
    assert values(renamed, "span.tier") == ["new", "none", "old"]
    assert values(renamed, "span.tier", q=of_next) == ["new"]
    # As somebody types it: the attribute that is asked for does not count, nor what is not finished.
    typing = '{ .http.method = "GET" && span.tier = "none" && span.'
    assert values(renamed, "span.tier", q=typing) == ["new", "old"]
    assert values(renamed, "resource.service.name", q='{ span.tier = "none" }') == ["maker"]
    assert values(renamed, "name", q='{ kind = server }') == ["work 0"]
    assert values(renamed, "rootName") == ["work 0"]
    assert values(renamed, "rootServiceName") == ["maker", "next"]
    assert values(renamed, "status", q=of_next) == ["error", "ok", "unset"]
    assert values(renamed, "span.tier", q="{ rubbish") == ["new", "none", "old"]


def test_a_trace_by_id_is_filtered(renamed):
    def names(query, **parameters):
        path = "/api/v2/traces/" + trace_id_of(1)
        answer = tempo(renamed, path, q=query, **parameters)
        spans = [span["name"] for resource in answer["trace"].get("resourceSpans", [])
                 for scope in resource["scopeSpans"] for span in scope["spans"]]
        return sorted(spans), answer.get("status")

    assert names("{}") == (["work 0", "work 1", "work 2"], None)
    assert names('{ name = "work 1" }') == (["work 1"], "PARTIAL")
    assert names('{ name = "work 1" }', keep_hierarchy="true") == (["work 0", "work 1"], "PARTIAL")
    assert names('{ name = "nothing" }') == ([], "PARTIAL")
    bad = asking.get(renamed.url("tempo", "/api/v2/traces/" + trace_id_of(1)), params={"q": "{"})
    assert (bad.status_code, bad.text[:23]) == (400, "invalid TraceQL query: ")
