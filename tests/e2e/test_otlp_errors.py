"""What the OTLP ports answer to requests that are wrong, and that they go on afterwards."""

import gzip
import json
import random
import re
import resource
import socket

import grpc
import hpack
import pytest
import requests
import zstandard

from harness import asking
from harness.sending import (JSON, PROTOBUF, as_protobuf, make_request, post, span_id_of,
                             trace_id_of)
from harness.waiting import wait_for

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
MIB = 1 << 20


def still_works(clew, number=999):
    """Whatever was done to it, the next sender is served and the trace is there."""
    assert clew.is_alive(), clew.log()[-3000:]
    assert post(clew, make_request(number)).status_code == 200
    assert len(asking.tempo_trace(clew, trace_id_of(number))) == 1


def export(clew, body, method=EXPORT, **options):
    """One gRPC call with raw bytes: (status code, details, answer bytes)."""
    with grpc.insecure_channel(clew.address("grpc")) as channel:
        call = channel.unary_unary(method, lambda raw: raw, lambda raw: raw)
        try:
            return grpc.StatusCode.OK, "", call(body, timeout=30, **options)
        except grpc.RpcError as error:
            return error.code(), error.details(), b""


@pytest.mark.parametrize("encode, content_type", [(json.dumps, JSON), (as_protobuf, PROTOBUF)])
def test_http_takes_both_encodings(clew, encode, content_type):
    body = encode(make_request(1, 3))

    answer = post(clew, body, content_type)

    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == content_type
    assert answer.content in (b"{}", b"")
    assert len(asking.tempo_trace(clew, trace_id_of(1))) == 3


@pytest.mark.parametrize("coding, compress", [
    ("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)])
def test_http_takes_compressed_bodies(clew, coding, compress):
    answer = post(clew, compress(as_protobuf(make_request(1))), PROTOBUF,
                  headers={"content-encoding": coding})

    assert answer.status_code == 200
    assert len(asking.tempo_trace(clew, trace_id_of(1))) == 1


def test_spans_with_bad_ids_are_counted_and_the_rest_is_kept(clew):
    request = make_request(1, 3)
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[1]["spanId"] = "0000000000000000"
    spans[2]["traceId"] = "00000000000000000000000000000000"

    answer = post(clew, request)

    assert answer.status_code == 200
    partial = answer.json()["partialSuccess"]
    assert int(partial["rejectedSpans"]) == 2
    assert partial["errorMessage"]
    kept, = asking.tempo_trace(clew, trace_id_of(1))
    assert kept.span_id == span_id_of(1, 0)


def test_malformed_protobuf_names_the_byte(clew):
    body = as_protobuf(make_request(1))[:-3]

    answer = post(clew, body, PROTOBUF)
    code, details, _ = export(clew, body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == PROTOBUF
    assert b"offset" in answer.content
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "offset" in details
    still_works(clew)


def test_malformed_json_names_the_path(clew):
    request = make_request(1)
    request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["startTimeUnixNano"] = "noon"

    answer = post(clew, request)

    assert answer.status_code == 400
    assert answer.headers["content-type"].split(";")[0] == JSON
    assert "resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano" in answer.json()["message"]
    still_works(clew)


@pytest.mark.parametrize("method, path, content_type, status", [
    ("GET", "/v1/traces", JSON, 405),
    ("DELETE", "/v1/traces", PROTOBUF, 405),
    ("POST", "/v1/traces", "text/html", 415),
    ("POST", "/v1/traces", "", 415),
    ("POST", "/v1/nothing", JSON, 404),
    ("POST", "/", PROTOBUF, 404),
])
def test_http_refuses_what_is_not_meant_for_it(clew, method, path, content_type, status):
    answer = requests.request(method, clew.url("http", path), data=b"{}",
                              headers={"content-type": content_type}, timeout=30)

    assert answer.status_code == status
    assert answer.content
    still_works(clew)


def test_unknown_content_encoding_is_refused(clew):
    answer = post(clew, b"{}", headers={"content-encoding": "br"})

    assert answer.status_code == 400
    assert "br" in answer.json()["message"]


def test_grpc_refuses_an_unknown_method(clew):
    code, _, _ = export(clew, b"", method="/nothing.Here/Export")

    assert code == grpc.StatusCode.UNIMPLEMENTED
    still_works(clew)


@pytest.fixture
def small_clew(start_clew):
    """Takes bodies of one MiB."""
    protocols = {"http": {"max_request_body_size": MIB}, "grpc": {"max_recv_msg_size_mib": 1}}
    return start_clew(changes={"receivers": {"otlp": {"protocols": protocols}}})


def test_oversized_bodies_are_refused_and_the_limit_is_named(small_clew):
    body = as_protobuf(make_request(1, name="x" * (2 * MIB)))

    answer = post(small_clew, body, PROTOBUF)
    code, details, _ = export(small_clew, body)

    assert answer.status_code == 413
    assert str(MIB).encode() in answer.content
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details
    assert asking.tempo_trace(small_clew, trace_id_of(1)) is None
    still_works(small_clew)


@pytest.mark.parametrize("coding, compress", [
    ("gzip", lambda raw: gzip.compress(raw, 9)),
    ("zstd", zstandard.ZstdCompressor(level=3).compress),
])
def test_a_decompression_bomb_costs_no_more_than_the_limit(small_clew, coding, compress):
    bomb = compress(bytes(700 * MIB))
    assert len(bomb) < MIB
    before = small_clew.memory_bytes()

    answers = [post(small_clew, bomb, PROTOBUF, headers={"content-encoding": coding})
               for _ in range(4)]

    assert [answer.status_code for answer in answers] == [413] * 4
    assert small_clew.memory_bytes() - before < 64 * MIB
    still_works(small_clew)


def test_a_slow_sender_is_cut_off_and_others_are_served(start_clew):
    http = {"read_timeout": "1s", "read_header_timeout": "1s"}
    clew = start_clew(changes={"receivers": {"otlp": {"protocols": {"http": http}}}})
    beginnings = [
        b"POST /v1/traces HT",
        b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        b"content-length: 100\r\n\r\n{",
    ]
    slow = []
    for beginning in beginnings:
        connection = socket.create_connection(("127.0.0.1", clew.ports["http"]), timeout=30)
        connection.sendall(beginning)
        slow.append(connection)

    still_works(clew)

    for connection in slow:
        received = b"".join(iter(lambda: connection.recv(4096), b""))
        assert received == b"" or received.startswith(b"HTTP/1.1 408")
        connection.close()
    still_works(clew, 1000)


def test_many_idle_connections_do_not_keep_others_out(clew):
    idle = [socket.create_connection(("127.0.0.1", clew.ports[name]), timeout=30)
            for name in ("grpc", "http", "jaeger", "tempo") for _ in range(200)]
    try:
        still_works(clew)
    finally:
        for connection in idle:
            connection.close()


def noise(seed):
    """Bytes that look like nothing, or like a protocol that then goes wrong."""
    source = random.Random(seed)
    raw = source.randbytes(source.choice((1, 7, 64, 4096, 70_000)))
    beginnings = (b"", b"POST /v1/traces HTTP/1.1\r\n", b"GET /api/traces?limit=", b"\x16\x03\x01",
                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4",
                  b"POST /v1/traces HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffff\r\n")
    return source.choice(beginnings) + raw


@pytest.mark.parametrize("port", ["grpc", "http", "jaeger", "tempo", "health", "metrics"])
def test_noise_on_a_port_stops_nothing(clew, port):
    for seed in range(150):
        with socket.create_connection(("127.0.0.1", clew.ports[port]), timeout=10) as connection:
            try:
                connection.sendall(noise(seed))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except OSError:
                pass  # it hung up first

    still_works(clew)
    assert clew.is_ready()


def test_damaged_requests_are_answered_with_errors(clew):
    source = random.Random(1)
    body = as_protobuf(make_request(1, 20))
    text = json.dumps(make_request(1, 20)).encode()
    taken = {200, 400}
    for _ in range(150):
        length = source.randrange(len(body))
        assert post(clew, body[:length], PROTOBUF).status_code in taken
        damaged = bytearray(body)
        damaged[source.randrange(len(body))] = source.randrange(256)
        assert post(clew, bytes(damaged), PROTOBUF).status_code in taken
        assert post(clew, text[:source.randrange(1, len(text))]).status_code == 400
        assert post(clew, source.randbytes(500), PROTOBUF).status_code in taken
        assert post(clew, body, JSON).status_code == 400
    code, _, _ = export(clew, source.randbytes(500))
    assert code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.OK)
    still_works(clew)


def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing_behind(clew):
    for _ in range(100):
        with socket.create_connection(("127.0.0.1", clew.ports["http"]), timeout=10) as connection:
            connection.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: a\r\n"
                               b"content-type: application/json\r\ncontent-length: 9999\r\n\r\n{")

    still_works(clew)
    assert clew.metrics()["otelcol_receiver_accepted_spans"] == 1


@pytest.mark.parametrize("port, path", [
    ("http", "/v1/traces"), ("jaeger", "/api/traces"), ("jaeger", "/api/v3/traces"),
    ("tempo", "/api/traces/1"), ("health", "/"), ("metrics", "/metrics"),
])
def test_wrong_content_types_are_errors_on_every_port(clew, port, path):
    for content_type in ("text/html", "application/grpc", "nonsense", ";;=", "a" * 5000):
        answer = requests.post(clew.url(port, path), data=noise(1), timeout=30,
                               headers={"content-type": content_type})

        assert 400 <= answer.status_code < 500, content_type
        assert answer.content
    still_works(clew)


@pytest.mark.parametrize("port", ["http", "jaeger", "tempo", "health", "metrics"])
def test_requests_cut_short_are_errors_on_every_port(clew, port):
    for request in (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{\"resour",
                    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n40\r\nabc",
                    b"GET /api/trac"):
        with socket.create_connection(("127.0.0.1", clew.ports[port]), timeout=30) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(4096), b""))

        assert answer.startswith(b"HTTP/1.1 400"), request
    still_works(clew)


def raw_export(clew, message, content_type="application/grpc", encoding=None):
    """What no gRPC library sends: the frames of one Export call. Gives the value of grpc-status."""
    def frame(kind, flags, payload, stream=1):
        return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") \
            + payload

    headers = {":method": "POST", ":scheme": "http", ":path": EXPORT, ":authority": "clew",
               "te": "trailers", "content-type": content_type}
    if encoding:
        headers["grpc-encoding"] = encoding
    fields = b"".join(b"\0" + bytes((len(name),)) + name.encode() + bytes((len(value),))
                      + value.encode() for name, value in headers.items())
    with socket.create_connection(("127.0.0.1", clew.ports["grpc"]), timeout=30) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, b"", 0)
                           + frame(1, 4, fields) + frame(0, 1, message))
        received = connection.makefile("rb")
        decoder = hpack.Decoder()
        while True:
            head = received.read(9)
            payload = received.read(int.from_bytes(head[:3], "big"))
            answer = dict(decoder.decode(payload)) if head[3] == 1 else {}
            if "grpc-status" in answer:
                return int(answer["grpc-status"])


def test_grpc_messages_of_every_encoding(clew):
    def message(body, is_compressed):
        return bytes((is_compressed,)) + len(body).to_bytes(4, "big") + body

    body = as_protobuf(make_request(1))
    zstd = zstandard.ZstdCompressor().compress(body)

    assert raw_export(clew, message(zstd, True), encoding="zstd") == 0
    assert len(asking.tempo_trace(clew, trace_id_of(1))) == 1
    assert raw_export(clew, message(zstd[:-1], True), encoding="zstd") == 3
    assert raw_export(clew, message(b"\xff" * 100, True), encoding="br") == 12
    assert raw_export(clew, message(b"\xff" * 100, False), content_type="text/html") == 3
    assert raw_export(clew, message(body, False)[:-1]) == 3
    still_works(clew)


@pytest.mark.parametrize("port", ["grpc", "http"])
def test_idle_connections_leave_the_rest_its_descriptors(start_clew, port):
    seal_soon = {"extensions": {"clew_storage": {"block_age_max": "1s"}}}
    clew = start_clew(changes=seal_soon, prepare=lambda: resource.setrlimit(
        resource.RLIMIT_NOFILE, (512, 512)))
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    idle = []
    try:
        for _ in range(600):
            idle.append(socket.create_connection(("127.0.0.1", clew.ports[port])))
            if port == "grpc":
                idle[-1].sendall(preface)
        wait_for(lambda: clew.metrics()["clew_net_connections_refused_total"] > 0, "some refused")

        if port == "grpc":
            assert post(clew, make_request(1)).status_code == 200
        else:
            status, details, _ = export(clew, as_protobuf(make_request(1)))
            assert status == grpc.StatusCode.OK, details
        wait_for(lambda: clew.metrics()["clew_blocks"] > 0, "the spans are sealed")
        assert len(asking.tempo_trace(clew, trace_id_of(1))) == 1
    finally:
        for connection in idle:
            connection.close()

    wait_for(lambda: export(clew, as_protobuf(make_request(2)))[0] == grpc.StatusCode.OK,
             "gRPC takes connections again")
    still_works(clew)
