"""Senders that never pause, and a comparison of what they sent with what is shown."""

import threading

import requests

from harness import asking
from harness.sending import FIRST_START, make_request, post, span_id_of, trace_id_of
from harness.waiting import wait_for

SENDERS = 4
SERVICE = "maker"
SLICE = 200


class Load:
    """Threads that send traces without a pause, numbered from `first`, and remember which they
    sent and which were acknowledged."""

    def __init__(self, clew, first=0, spans=5):
        self.clew = clew
        self.spans = spans
        self.sent = []
        self.acknowledged = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._send, args=(first + offset,), daemon=True)
                        for offset in range(SENDERS)]

    def _send(self, number):
        while not self.stopping.is_set():
            self.sent.append(number)
            try:
                if post(self.clew, make_request(number, self.spans)).status_code == 200:
                    self.acknowledged.append(number)
            except requests.RequestException:
                pass  # neither taken nor refused: it may or may not be there
            number += SENDERS

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        try:
            self.wait_for_acknowledged(200)
        except BaseException:
            self._stop()
            raise
        return self

    def wait_for_acknowledged(self, count):
        wait_for(lambda: len(self.acknowledged) >= count, f"{count} traces are acknowledged")

    def __exit__(self, *_):
        self._stop()

    def _stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def span_sent(number, index):
    """What Jaeger's API shows of a span of sending.make_request."""
    return (span_id_of(number, index), f"work {index}", FIRST_START // 1000 + number * 1000, 500,
            str(number))


def span_shown(span):
    request_numbers = [str(tag["value"]) for tag in span["tags"] if tag["key"] == "request.number"]
    return (span["spanID"].zfill(16), span["operationName"], span["startTime"], span["duration"],
            ",".join(request_numbers))


def traces_shown(clew, first, last):
    """{trace id: its spans, sorted} of the numbers from `first` to `last`, by searching."""
    shown = {}
    for begin in range(first, last + 1, SLICE):
        end = min(begin + SLICE, last + 1)
        # Twice the limit that is needed, to see what was never sent.
        found = asking.jaeger_search(clew, service=SERVICE, limit=2 * SLICE,
                                     start=FIRST_START // 1000 + begin * 1000,
                                     end=FIRST_START // 1000 + end * 1000 - 1)
        for trace in found:
            shown[trace["traceID"].zfill(32)] = sorted(map(span_shown, trace["spans"]))
    return shown


# What is shown where a value is lost.
LOST = ("0" * 16, "empty-span-name", 0, "")


def is_what_is_left(found, whole):
    """Each span is one of `whole`, but that values of it may be lost."""
    return len(found) <= len(whole) and all(
        any(all(value == sent or value in LOST for value, sent in zip(span, original))
            for original in whole) for span in found)


def check_shown(clew, sent, acknowledged, spans=5, may_be_partial=()):
    """Every acknowledged trace is there whole, every other one whole or not at all, none that was
    not sent. Of `may_be_partial` (numbers) spans and values may be missing, but none is different.
    Returns the numbers of those that are not whole."""
    if not sent:
        return []
    shown = traces_shown(clew, min(sent), max(sent))
    expected = {trace_id_of(number): number for number in sent}
    assert sorted(set(shown) - set(expected)) == [], "traces that nobody sent"
    missing = []
    for trace_id, number in expected.items():
        whole = sorted(span_sent(number, index) for index in range(spans))
        found = shown.get(trace_id, [])
        if number in may_be_partial:
            assert is_what_is_left(found, whole), f"trace {number} was changed: {found}"
        else:
            assert set(found) <= set(whole) and len(found) == len(set(found)), \
                f"trace {number} was changed: {found}"
        if found != whole and (found or number in acknowledged):
            missing.append(number)
    assert [number for number in missing if number not in may_be_partial] == []
    return missing
