"""What was acknowledged is there: after kill -9, after SIGTERM, and when the disk fills up."""

import os
import resource
import shutil
import signal
import subprocess

import pytest
import requests

from harness import asking
from harness.clew import run_clew
from harness.load import Load
from harness.sending import make_request, post, trace_id_of
from harness.waiting import wait_for


def check_acknowledged(clew, load):
    missing = [number for number in load.acknowledged
               if len(asking.tempo_trace(clew, trace_id_of(number)) or []) != 5]
    assert missing == []


def test_what_is_acknowledged_is_found_at_once(clew):
    for number in range(50):
        assert post(clew, make_request(number)).status_code == 200
        assert asking.tempo_trace(clew, trace_id_of(number))


def test_acknowledged_spans_survive_kill(start_clew):
    clew = start_clew()
    for _ in range(3):
        with Load(clew) as load:
            clew.kill()
        clew.start()
        check_acknowledged(clew, load)


def test_sigterm_under_load_ends_well_and_loses_nothing(start_clew):
    clew = start_clew()
    with Load(clew) as load:
        assert clew.stop() == 0
    clew.start()

    check_acknowledged(clew, load)


def test_the_store_is_reloaded_under_load_and_loses_nothing(start_clew):
    clew = start_clew()
    with Load(clew) as load:
        for hours in range(10, 30):
            before = clew.log().count("The new configuration runs.")
            clew.changes = {
                "extensions": {"clew_storage": {"retention": {"age": f"{hours}h"}}}}
            clew.write_config()
            clew.send_signal(signal.SIGHUP)
            wait_for(lambda: not clew.is_alive() or
                     clew.log().count("The new configuration runs.") > before, "it is reloaded")
            assert clew.is_alive(), clew.log()[-3000:]
    clew.wait_ready()

    check_acknowledged(clew, load)


def test_two_processes_do_not_share_a_store(start_clew, clew, tmp_path):
    changes = {"extensions": {"clew_storage": {"directory": str(clew.directory / "data")}}}
    second = start_clew("second", changes, wait=False)

    assert second.process.wait(30) == 1
    assert str(clew.directory / "data") in second.log()
    assert post(clew, make_request(1)).status_code == 200


def test_nothing_is_acknowledged_when_the_data_directory_is_gone(start_clew):
    clew = start_clew()
    assert post(clew, make_request(1)).status_code == 200
    shutil.rmtree(clew.directory / "data")

    for number in range(2, 10):
        answer = post(clew, make_request(number))
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    ready = requests.get(clew.url("metrics", "/readyz"), timeout=10)
    assert ready.status_code == 503
    assert str(clew.directory / "data") in ready.text
    assert asking.tempo_trace(clew, trace_id_of(1))


def test_every_api_says_that_a_piece_of_the_log_is_lost(start_clew):
    clew = start_clew()
    for number in range(3):
        assert post(clew, make_request(number, status={"message": "x" * 1000})).status_code == 200
    assert asking.warning(clew) == ""
    clew.kill()
    segment, = (clew.directory / "data").rglob("*.seg")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1  # in the second record
    segment.write_bytes(content)

    clew.start()

    there, lost = trace_id_of(0), trace_id_of(1)
    for port, path in (("jaeger", "/api/services"), ("jaeger", f"/api/traces/{there}"),
                       ("jaeger", f"/api/v3/traces/{there}"), ("tempo", f"/api/traces/{there}"),
                       ("tempo", f"/api/v2/traces/{there}")):
        answer = asking.get(clew.url(port, path))
        assert answer.status_code == 200, path
        assert segment.name in answer.headers["warning"], path
        if path.startswith("/api/traces") and port == "tempo":
            continue  # this form has no place for it
        assert segment.name in answer.text, path
    for port, path in (("jaeger", f"/api/traces/{lost}"), ("jaeger", f"/api/v3/traces/{lost}"),
                       ("tempo", f"/api/traces/{lost}")):
        answer = asking.get(clew.url(port, path))
        assert answer.status_code == 404, path
        assert "it may lie in what is left out" in answer.text, path
    for command in (("search",), ("services",), ("trace", there)):
        done = run_clew(*command, "--server", clew.url("jaeger"))
        assert done.returncode == 0, done.stderr
        assert segment.name in done.stderr, command
    assert clew.log().count("skipped a damaged piece") == 1


def test_every_api_says_that_a_block_is_gone_until_it_is_back(start_clew):
    clew = start_clew()
    data = clew.directory / "data"
    for number in range(2):
        assert post(clew, make_request(number)).status_code == 200
        assert requests.post(clew.url("metrics", "/-/flush"), timeout=60).status_code == 200
    gone = min(data.rglob("*.block"))
    assert clew.stop() == 0
    kept = gone.rename(clew.directory / "kept")

    there, lost = trace_id_of(1), trace_id_of(0)
    for _ in range(2):
        clew.start()
        assert clew.metrics()["clew_storage_missing_blocks"] == 1
        for port, path in (("jaeger", "/api/services"), ("jaeger", f"/api/traces/{there}"),
                           ("jaeger", "/api/traces?service=shop"),
                           ("jaeger", f"/api/v3/traces/{there}"),
                           ("tempo", f"/api/traces/{there}"), ("tempo", f"/api/v2/traces/{there}")):
            answer = asking.get(clew.url(port, path))
            assert answer.status_code == 200, path
            assert gone.name in answer.headers["warning"], path
        assert clew.metrics()["clew_query_partial_answers_total"] >= 6
        for port, path in (("jaeger", f"/api/traces/{lost}"), ("tempo", f"/api/traces/{lost}")):
            answer = asking.get(clew.url(port, path))
            assert answer.status_code == 404, path
            assert "it may lie in what is left out" in answer.text, path
        assert clew.stop() == 0
        verified = run_clew("storage", "verify", data)
        assert verified.returncode == 1
        assert gone.name in verified.stdout and "it is gone" in verified.stdout

    clew.start()
    kept.rename(gone)

    wait_for(lambda: asking.warning(clew) == "", "answers are whole again")
    assert asking.tempo_trace(clew, lost)
    assert clew.metrics()["clew_storage_missing_blocks"] == 0
    assert run_clew("storage", "verify", data).returncode == 0


def test_a_start_with_something_else_in_the_place_of_all_blocks_ends(start_clew):
    clew = start_clew()
    assert clew.stop() == 0
    blocks = clew.directory / "data" / "objects" / "blocks"
    os.mkfifo(blocks)

    clew.start(wait=False)

    assert clew.process.wait(30) == 1
    assert f"{blocks} is no folder: move away what is in its place" in clew.log()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB, and a function that makes it larger."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "clew-test", folder],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small file system may not be mounted here: {mounted.stderr.strip()}")
    yield folder, lambda: subprocess.run(
        ["mount", "-o", "remount,size=512m", folder], check=True)
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_limit_of_file_sizes_refuses_like_a_full_disk(start_clew):
    limit = 1 << 20
    clew = start_clew(prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))

    for number in range(100):
        answer = post(clew, make_request(number, 2, attributes=[
            {"key": "filler", "value": {"stringValue": os.urandom(20_000).hex()}}]))
        if answer.status_code != 200:
            break

    assert answer.status_code in (429, 503)
    assert int(answer.headers["retry-after"]) >= 1
    assert "ulimit -f" in answer.text and "ulimit -f" in clew.log()
    readiness = requests.get(clew.url("metrics", "/readyz"), timeout=10)
    assert readiness.status_code == 503 and "ulimit -f" in readiness.text
    assert number > 0 and asking.tempo_trace(clew, trace_id_of(number - 1))
    assert clew.stop() == 0


def test_a_full_disk_refuses_with_retry_after_and_recovers_by_itself(start_clew, small_disk):
    folder, enlarge = small_disk
    changes = {"extensions": {"clew_storage": {"directory": str(folder / "data")}}}
    clew = start_clew(changes=changes)
    acknowledged = []
    for number in range(1000):
        answer = post(clew, make_request(number, 2, attributes=[
            {"key": "filler", "value": {"stringValue": os.urandom(100_000).hex()}}]))
        if answer.status_code != 200:
            break
        acknowledged.append(number)
    assert answer.status_code in (429, 503)
    assert int(answer.headers["retry-after"]) >= 1
    assert "free space" in answer.text and str(folder) in answer.text
    assert clew.is_alive()
    assert asking.tempo_trace(clew, trace_id_of(acknowledged[-1]))
    readiness = requests.get(clew.url("metrics", "/readyz"), timeout=10)
    assert readiness.status_code == 503 and "No space left on device" in readiness.text

    enlarge()

    wait_for(lambda: requests.get(clew.url("metrics", "/readyz"), timeout=10).status_code == 200,
             "it is ready again, although nobody sends")
    wait_for(lambda: post(clew, make_request(1000)).status_code == 200, "it takes spans again")
    clew.kill()
    clew.start()
    for number in acknowledged + [1000]:
        assert asking.tempo_trace(clew, trace_id_of(number)), f"trace {number}"
