"""Kills under load and damaged files. The long form is script/soak, which sets CLEW_SOAK=1;
CLEW_SOAK_SEED repeats a run."""

import os
import random
import shutil

import pytest
import requests

from harness import asking
from harness.clew import Clew, merged
from harness.load import Load, check_shown
from harness.sending import make_request, post, trace_id_of

IS_LONG = os.environ.get("CLEW_SOAK") == "1"
SEED = int(os.environ.get("CLEW_SOAK_SEED", random.randrange(1 << 32)))
KILLS = 80 if IS_LONG else 6

# Small, so that a short run seals, merges and rotates, too.
SMALL = {"extensions": {"clew_storage": {
    "row_group_spans": 500, "block_spans": 2000, "block_age_max": "2s",
    "log": {"segment_mib": 1, "limit_mib": 64},
}}}


def test_kills_under_load_lose_change_and_invent_nothing(start_clew):
    print(f"CLEW_SOAK_SEED={SEED}")
    chance = random.Random(SEED)
    clew = start_clew(changes=SMALL)
    sent, acknowledged = set(), set()
    for _ in range(KILLS):
        count = 200 + chance.randrange(600)
        with Load(clew, max(sent, default=-1) + 1) as load:
            load.wait_for_acknowledged(count)
            clew.kill()
        clew.start()
        assert asking.warning(clew) == ""
        check_shown(clew, load.sent, set(load.acknowledged))
        sent.update(load.sent)
        acknowledged.update(load.acknowledged)

    check_shown(clew, sent, acknowledged)
    assert clew.stop() == 0
    clew.start()
    check_shown(clew, sent, acknowledged)


def set_bytes(file, offset, content):
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(content)


def flip(file, offset):
    content = file.read_bytes()
    if content:
        offset = min(offset, len(content) - 1)
        set_bytes(file, offset, bytes([content[offset] ^ 0x10]))


def truncate(file, size):
    os.truncate(file, max(0, min(size, file.stat().st_size)))


DAMAGES = {
    "empty": lambda file, size: truncate(file, 0),
    "half": lambda file, size: truncate(file, size // 2),
    "flip-middle": lambda file, size: flip(file, size // 2),
    "remove": lambda file, size: file.unlink(),
    "head-only": lambda file, size: truncate(file, 64),
    "few-bytes": lambda file, size: truncate(file, 5),
    "last-byte": lambda file, size: truncate(file, size - 1),
    "flip-first": lambda file, size: flip(file, 0),
    "flip-last": lambda file, size: flip(file, size - 1),
    "zeros": lambda file, size: set_bytes(file, size // 3, bytes(min(4096, size - size // 3))),
    "longer": lambda file, size: set_bytes(file, size, b"clew" * 100),
    "other": lambda file, size: file.write_bytes(random.Random(SEED).randbytes(size)),
}
SHORT = ("empty", "half", "flip-middle", "remove")

BLOCKS = 3
TRACES = 40  # a block, and in the log
FILLER = "f" * 8000


class WornStore:
    """A data folder with blocks and a log that holds more, as kill -9 leaves it."""

    def __init__(self, folder):
        self.folder = folder / "worn"
        self.numbers_by_block = {}
        clew = Clew(folder / "maker", merged(SMALL, {"extensions": {"clew_storage": {
            "block_age_max": "1h"}}})).start()
        try:
            for block in range(BLOCKS + 1):
                numbers = range(block * TRACES, (block + 1) * TRACES)
                for number in numbers:
                    request = make_request(number, 5, status={"message": FILLER})
                    assert post(clew, request).status_code == 200
                if block == BLOCKS:
                    break
                assert requests.post(clew.url("metrics", "/-/flush"), timeout=60).status_code == 200
                made, = set(self.blocks(clew.directory / "data")) - set(self.numbers_by_block)
                self.numbers_by_block[made] = list(numbers)
        finally:
            clew.kill()
        self.numbers_in_log = list(range(BLOCKS * TRACES, (BLOCKS + 1) * TRACES))
        shutil.copytree(clew.directory / "data", self.folder)
        segments = list(self.folder.rglob("*.seg"))
        assert len(segments) >= 3, segments

    @staticmethod
    def blocks(data):
        return sorted(path.relative_to(data) for path in data.rglob("*.block"))

    def files(self):
        """One file of each kind, but the first and the last segment of the log."""
        found = {}
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            kind = path.suffix or path.name
            found.setdefault(f"first{kind}" if kind == ".seg" else kind, path)
            if kind == ".seg":
                found["last.seg"] = path
        return {kind: path.relative_to(self.folder) for kind, path in found.items()}

    def numbers_of(self, file):
        """What may be missing when `file` is damaged."""
        if file in self.numbers_by_block:
            return self.numbers_by_block[file]
        return self.numbers_in_log if file.suffix == ".seg" else []


@pytest.fixture(scope="module")
def worn_store(tmp_path_factory):
    return WornStore(tmp_path_factory.mktemp("worn"))


@pytest.mark.parametrize("damage", DAMAGES if IS_LONG else SHORT)
def test_with_a_damaged_file_the_rest_answers(start_clew, worn_store, damage):
    print(f"CLEW_SOAK_SEED={SEED}")
    for kind, file in worn_store.files().items():
        clew = start_clew(f"{damage}{kind}", wait=False)
        clew.kill()
        data = clew.directory / "data"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(worn_store.folder, data)
        DAMAGES[damage](data / file, (data / file).stat().st_size)

        clew.start()

        numbers = range((BLOCKS + 1) * TRACES)
        missing = check_shown(clew, numbers, numbers, may_be_partial=worn_store.numbers_of(file))
        assert not missing or file.stem in clew.log(), f"{file}: {missing} and not a word of it"
        # Of a damaged block it depends on what is asked for.
        if file.suffix != ".block":
            warning = asking.warning(clew)
            assert (file.stem in warning) if missing else warning == "", f"{file}: {missing}"
        assert post(clew, make_request(1000, 5)).status_code == 200
        assert len(asking.tempo_trace(clew, trace_id_of(1000))) == 5
        assert clew.stop() == 0, file
