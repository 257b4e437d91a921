"""TraceQL metrics over Tempo's API, asked as Grafana and scripts ask them."""

import pytest
import requests

from harness import asking
from harness.sending import FIRST_START, make_request, post, trace_id_of

BILLION = 1_000_000_000
# make_request puts all spans of these tests into the second that begins here.
SECOND = FIRST_START // BILLION


@pytest.fixture
def filled(clew):
    """Ten traces of `maker` with one to ten spans, and one of `other` that failed; some in a block."""
    for number in range(10):
        assert post(clew, make_request(number, number + 1)).status_code == 200
        if number == 5:
            assert requests.post(clew.url("metrics", "/-/flush"), timeout=60).status_code == 200
    failed = make_request(10, 2, service="other", status={"code": 2, "message": "no stock"})
    assert post(clew, failed).status_code == 200
    return clew


def ask(clew, query, path="/api/metrics/query_range", **parameters):
    times = {"start": SECOND - 60, "end": SECOND + 60, "step": "1m"}
    return asking.get(clew.url("tempo", path), params={"q": query, **times, **parameters})


def labels_of(series):
    return {label["key"]: next(iter(label["value"].values())) for label in series["labels"]}


def totals(clew, query, **parameters):
    """Of each series its labels and the sum of its values."""
    answer = ask(clew, query, **parameters)
    assert answer.status_code == 200, answer.text
    return [(labels_of(series), sum(sample["value"] for sample in series["samples"]))
            for series in answer.json()["series"]]


@pytest.mark.parametrize("query, expected", [
    ("{} | count_over_time()", [({"__name__": "count_over_time"}, 57)]),
    ("{} | count_over_time() by (resource.service.name)",
     [({"resource.service.name": "maker"}, 55), ({"resource.service.name": "other"}, 2)]),
    ("{ status = error } | count_over_time() by (status)", [({"status": "error"}, 2)]),
    ('{ name = "work 9" } | count_over_time() by (span.request.number)',
     [({"span.request.number": "9"}, 1)]),
    ('{ name = "work 0" } >> { name = "work 9" } | count_over_time()',
     [({"__name__": "count_over_time"}, 1)]),
    ("{} | count() > 8 | count_over_time()", [({"__name__": "count_over_time"}, 19)]),
    ("{} | count_over_time() by (resource.service.name) | topk(1)",
     [({"resource.service.name": "maker"}, 55)]),
])
def test_spans_are_counted_wherever_they_are(filled, query, expected):
    assert totals(filled, query) == expected


def test_what_is_sent_again_counts_once(filled):
    assert post(filled, make_request(9, 10)).status_code == 200
    assert post(filled, make_request(2, 3)).status_code == 200

    assert totals(filled, "{} | count_over_time()") == [({"__name__": "count_over_time"}, 57)]


def test_a_range_has_tempos_form(filled):
    answer = ask(filled, "{ status = error } | rate()", exemplars=1).json()

    series, = answer["series"]
    assert series["labels"] == [{"key": "__name__", "value": {"stringValue": "rate"}}]
    # A point for each step, called by its right edge, from the one before the start on.
    times = [int(sample["timestampMs"]) // 1000 for sample in series["samples"]]
    assert len(times) in (3, 4)
    assert all(time % 60 == 0 for time in times)
    assert {later - earlier for earlier, later in zip(times, times[1:])} == {60}
    assert sum(sample["value"] for sample in series["samples"]) == pytest.approx(2 / 60)
    exemplar, = series["exemplars"]
    assert labels_of(exemplar)["trace:id"] == trace_id_of(10)
    assert "status" not in answer
    assert "inspectedSpans" in answer["metrics"]


def test_an_instant_has_one_value(filled):
    answer = ask(filled, "{} | count_over_time() by (resource.service.name)",
                 path="/api/metrics/query").json()

    assert [(labels_of(series), series["value"]) for series in answer["series"]] == [
        ({"resource.service.name": "maker"}, 55), ({"resource.service.name": "other"}, 2)]
    assert "samples" not in answer["series"][0]


def test_more_series_than_asked_for_are_partial(filled):
    answer = ask(filled, "{} | rate() by (name)", maxSeries=3).json()

    assert len(answer["series"]) == 3
    assert answer["status"] == "PARTIAL"
    assert answer["message"].startswith("Response exceeds maximum series limit of 3, ")


def test_compare_tells_what_is_different(filled):
    answer = ask(filled, "{} | compare({ status = error })").json()

    found = {(labels_of(series)["__meta_type"], labels_of(series).get("resource.service.name"))
             for series in answer["series"]}
    assert ("selection", "other") in found
    assert ("baseline", "maker") in found
    assert ("selection", "maker") not in found


def test_errors_say_what_to_do(filled):
    for query, parameters, text in [
            ("{}", {}, "invalid TraceQL query: not a metrics query: "),
            ("{} | rate(", {}, "invalid TraceQL query: parse error at line 1, col "),
            ("{} | rate()", {"step": "1us"}, "step of 1µs is too small, "),
            ("{} | rate()", {"end": SECOND - 60}, "end must be greater than start")]:
        answer = ask(filled, query, **parameters)
        assert answer.status_code == 400
        assert answer.text.startswith(text), answer.text
    search = asking.get(filled.url("tempo", "/api/search"), params={"q": "{} | rate()"})
    assert search.status_code == 400
    assert "leave out what stands behind the last |" in search.text
