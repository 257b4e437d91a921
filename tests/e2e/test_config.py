"""The configuration language, from the command line and while the server runs."""

import http.client
import http.server
import json
import signal
import threading

import pytest
import requests

from harness import asking
from harness.clew import free_ports, run_clew
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for

GOOD = """
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "localhost:4317"}
exporters:
  otlp_http:
    endpoint: http://localhost:9
    headers: {authorization: "Bearer very-secret"}
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_http]}
"""

BAD = """\
receivers:
  otlp:
    protocols:
      grpc:
        endpont: localhost:4317
processors:
  batch:
    timeout: soon
exporters:
  otlp_grpc:
    endpoint: localhost:9
    tls: {insecure: true}
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp_grpc, nowhere]
"""


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


def test_validate_says_nothing_of_a_good_file(write):
    done = run_clew("config", "validate", write("good.yaml", GOOD))

    assert (done.returncode, done.stderr) == (0, "")


def test_validate_shows_all_errors_with_their_lines(write):
    path = write("bad.yaml", BAD)

    done = run_clew("config", "validate", path)

    assert done.returncode == 1
    errors = done.stderr
    for line in (5, 8):
        assert f"{path}:{line}" in errors
    assert "receivers::otlp::protocols::grpc" in errors
    assert "endpont" in errors and '"endpoint"' in errors
    assert "soon" in errors


def test_validate_names_a_dangling_reference(write):
    path = write("bad.yaml", GOOD.replace("[otlp_http]", "[otlp_http, nowhere]"))

    done = run_clew("config", "validate", path)

    assert done.returncode == 1
    assert ('service::pipelines::traces: references exporter "nowhere" which is not configured'
            in done.stderr)


def test_validate_reads_certificates(write):
    path = write("bad.yaml", GOOD.replace("endpoint: http://localhost:9",
                                          "endpoint: https://localhost:9\n"
                                          "    tls: {ca_file: /no/such/ca.pem}"))

    done = run_clew("config", "validate", path)

    assert done.returncode == 1
    assert f"{path}:9" in done.stderr
    assert "/no/such/ca.pem" in done.stderr


def test_validate_shows_every_type_it_does_not_know(write):
    text = GOOD.replace("exporters:", "processors: {bach: {}}\nexporters:", 1)

    done = run_clew("config", "validate", write("bad.yaml", text))

    assert done.returncode == 1
    assert 'unknown type: "bach" for id: "bach"' in done.stderr


@pytest.mark.parametrize("text", ["", "receivers: [", "a\tb:\n\t- c", "\x00\x01", "- 1\n- 2\n"])
def test_validate_refuses_what_is_no_configuration(write, text):
    done = run_clew("config", "validate", write("bad.yaml", text))

    assert done.returncode == 1
    assert done.stderr.strip()


def test_print_hides_secrets_and_shows_defaults(write):
    done = run_clew("config", "print", "--config", write("good.yaml", GOOD))

    assert done.returncode == 0
    assert "very-secret" not in done.stdout
    assert "[REDACTED]" in done.stdout
    assert "max_recv_msg_size_mib" in done.stdout


def test_print_without_a_file_shows_the_built_in_configuration():
    done = run_clew("config", "print")

    assert done.returncode == 0
    for port in ("4317", "4318", "16686", "3200"):
        assert port in done.stdout


def test_files_and_settings_are_merged_in_their_order(write, monkeypatch):
    monkeypatch.setenv("SHOP_CONFIG", "exporters: {otlp_http: {timeout: 7s}}")
    monkeypatch.setenv("ENDPOINT", "http://localhost:99")
    second = write("second.yaml", "exporters: {otlp_http: {endpoint: '${env:ENDPOINT}', "
                                  "encoding: '${env:NOT_SET:-json}'}}")

    done = run_clew("config", "print", "--config", write("good.yaml", GOOD), "--config", second,
                    "--config", "env:SHOP_CONFIG",
                    "--config", "yaml:exporters::otlp_http::compression: zstd",
                    "--set", "receivers.otlp.protocols.grpc.endpoint=localhost:5317")

    assert done.returncode == 0, done.stderr
    for expected in ("http://localhost:99", "encoding: json", "timeout: 7s", "zstd",
                     "localhost:5317"):
        assert expected in done.stdout


def test_a_printed_configuration_is_a_valid_one(write):
    printed = run_clew("config", "print").stdout

    done = run_clew("config", "validate", write("printed.yaml", printed))

    assert (done.returncode, done.stderr) == (0, "")


def test_a_bad_file_does_not_start(write):
    done = run_clew("serve", "--config", write("bad.yaml", BAD), timeout=30)

    assert done.returncode == 1
    assert "endpont" in done.stderr


def second_port(clew):
    """A change that opens one more OTLP/HTTP port: (the file's new tree, the port)."""
    port, = free_ports(1)
    tree = clew.config()
    tree["receivers"]["otlp/second"] = {
        "protocols": {"http": {"endpoint": f"127.0.0.1:{port}"}}}
    tree["service"]["pipelines"]["traces"]["receivers"].append("otlp/second")
    return tree, port


def is_open(port):
    try:
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        return True
    except requests.ConnectionError:
        return False


def by_signal(clew):
    clew.send_signal(signal.SIGHUP)


def by_command(clew):
    run_clew("config", "reload", "--telemetry", clew.url("metrics"))


@pytest.mark.parametrize("reload", [by_signal, by_command])
def test_a_changed_file_is_applied_without_dropping_connections(clew, reload):
    tree, port = second_port(clew)
    connection = http.client.HTTPConnection("127.0.0.1", clew.ports["http"], timeout=30)
    send(connection, 1)
    open_socket = connection.sock
    clew.config_path.write_text(json.dumps(tree), encoding="utf-8")

    reload(clew)

    wait_for(lambda: is_open(port), "the second port is open")
    send(connection, 2)
    assert connection.sock is open_socket
    for number in (1, 2):
        assert asking.tempo_trace(clew, trace_id_of(number))


def send(connection, number):
    connection.request("POST", "/v1/traces", json.dumps(make_request(number)),
                       {"content-type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200


def test_a_bad_file_is_refused_and_the_old_one_stays(clew):
    tree, port = second_port(clew)
    tree["receivers"]["otlp/second"]["protocols"]["http"]["endpont"] = "x"
    clew.config_path.write_text(json.dumps(tree), encoding="utf-8")

    done = run_clew("config", "reload", "--telemetry", clew.url("metrics"))

    assert done.returncode == 1
    assert "endpont" in done.stderr
    assert not is_open(port)
    assert post(clew, make_request(1)).status_code == 200
    clew.send_signal(signal.SIGHUP)
    wait_for(lambda: "endpont" in clew.log(), "the log says why")
    assert clew.is_alive()
    assert post(clew, make_request(2)).status_code == 200


class Refusing(http.server.BaseHTTPRequestHandler):
    """A back end that takes nothing and remembers who asked."""

    authorizations = []

    def do_POST(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.authorizations.append(self.headers.get("authorization"))
        self.send_response(400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_the_password_of_a_url_is_sent_and_shown_nowhere(start_clew):
    back_end = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=back_end.serve_forever, daemon=True).start()
    clew = start_clew(changes={
        "exporters": {"otlp_http": {
            "endpoint": f"HTTP://user:pass-word@127.0.0.1:{back_end.server_port}/"}},
        "service": {"telemetry": {"logs": {"level": "DEBUG"}},
                    "pipelines": {"traces": {"exporters": ["otlp_http"]}}},
    })

    assert post(clew, make_request(1)).status_code == 200

    wait_for(lambda: "Exporting failed" in clew.log(), "the exporter says so")
    assert Refusing.authorizations == ["Basic dXNlcjpwYXNzLXdvcmQ="]
    printed = run_clew("config", "print", "--config", clew.config_path)
    assert "[REDACTED]@127.0.0.1" in printed.stdout
    shown = (clew.log(), printed.stdout + printed.stderr,
             requests.get(clew.url("metrics", "/metrics"), timeout=10).text)
    assert not any("pass-word" in text for text in shown)
    back_end.shutdown()


def test_a_store_that_cannot_be_made_leaves_the_old_one_running(clew):
    clew.changes = {"extensions": {"clew_storage": {"directory": "/proc/nope"}}}
    clew.write_config()

    done = run_clew("config", "reload", "--telemetry", clew.url("metrics"))

    assert done.returncode == 1
    assert "The server keeps its old configuration" in done.stderr
    assert "making directory /proc/nope: no directory can be made in /proc" in done.stderr
    assert post(clew, make_request(1)).status_code == 200


def test_a_configuration_of_tempo_becomes_one_of_clew(tmp_path):
    otlp, tempo = free_ports(2)
    written = tmp_path / "tempo.yaml"
    written.write_text(f"""\
server: {{http_listen_address: 127.0.0.1, http_listen_port: {tempo}}}
distributor:
  receivers:
    otlp: {{protocols: {{http: {{endpoint: "127.0.0.1:{otlp}"}}}}}}
storage:
  trace:
    backend: s3
    s3: {{bucket: traces}}
    wal: {{path: {tmp_path}/wal}}
""", encoding="utf-8")

    done = run_clew("config", "translate", written)

    assert done.returncode == 0, done.stderr
    assert f"{written}:7: storage.trace.backend is left out: " in done.stderr
    assert f"{written}:8: storage.trace.s3.bucket is left out: " in done.stderr
    translated = tmp_path / "clew.yaml"
    translated.write_text(done.stdout, encoding="utf-8")
    assert run_clew("config", "validate", translated).returncode == 0
    assert run_clew("config", "translate", tmp_path / "absent.yaml").returncode == 1
    not_of_tempo = run_clew("config", "translate", translated)
    assert not_of_tempo.returncode == 1
    assert f"`clew serve --config {translated}` takes it as it is" in not_of_tempo.stderr
