"""The database of responses, however its writer ends."""

from __future__ import annotations

import logging
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from pipeline.errors import BusyError, CorruptFileError, StoreError
from pipeline.sources.tmdb.client import Response
from pipeline.sources.tmdb.response_cache import CACHE_FILE, ResponseCache

WRITER = """
import sys, time
from pathlib import Path
from pipeline.sources.tmdb.response_cache import ResponseCache
from pipeline.sources.tmdb.client import Response
with ResponseCache(Path(sys.argv[1])) as cache:
    for number in range(int(sys.argv[2])):
        cache.put(f"film/{number}", Response(200, b"{}" * (number % 500)))
        print(number, flush=True)
    time.sleep(600)
"""


def body(number: int) -> bytes:
    return f'{{"id": {number}, "overview": "{"word " * number}"}}'.encode()


def status(number: int) -> int:
    return 404 if number % 7 == 3 else 200


def fill(path: Path, count: int) -> None:
    with ResponseCache(path, now=lambda: 1_000.0) as cache:
        for number in range(count):
            cache.put(f"film/{number}", Response(status(number), body(number)))


def stored(cache: ResponseCache, count: int) -> set[int]:
    """Return the numbers below `count` whose responses are stored; each must be as it was put."""
    numbers = {number for number in range(count) if cache.has(f"film/{number}")}
    for number in numbers:
        assert cache.get(f"film/{number}") == Response(status(number), body(number))
    return numbers


def write_old_log(path: Path, count: int, received_at: float = 1_000.0) -> None:
    """Write responses as earlier versions did, in one file that only grows."""
    with path.open("wb") as log:
        for number in range(count):
            key, packed = f"film/{number}".encode(), zlib.compress(body(number), 3)
            rest = struct.pack("<HHdI", len(key), status(number), received_at, len(packed))
            checked = rest + key + packed
            log.write(b"mgA1" + zlib.crc32(checked).to_bytes(4, "little") + checked)


def start_writer(path: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_responses_are_returned_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "deep" / CACHE_FILE
    fill(path, 50)
    with ResponseCache(path) as cache:
        assert stored(cache, 100) == set(range(50))
        with pytest.raises(KeyError):
            cache.get("film/50")
        with pytest.raises(KeyError):
            cache.received_at("film/50")
    assert [entry.name for entry in path.parent.iterdir()] == [CACHE_FILE]


def test_too_old_a_response_counts_as_none_and_the_last_one_is_returned(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    fill(path, 3)
    with ResponseCache(path, now=lambda: 2_000.0) as cache:
        assert cache.has("film/1", not_before=1_000.0)
        assert not cache.has("film/1", not_before=1_000.5)
        cache.put("film/1", Response(404, b"{}"))
        assert cache.has("film/1", not_before=2_000.0)
    with ResponseCache(path) as cache:
        assert cache.get("film/1") == Response(404, b"{}")
        assert cache.received_at("film/1") == 2_000.0
    with ResponseCache(path, now=lambda: 1_500.0) as cache:  # a clock that was set back
        cache.put("film/1", Response(200, b"[]"))
        assert cache.get("film/1") == Response(200, b"[]")
        assert cache.received_at("film/1") == 1_500.0


def test_a_killed_writer_loses_no_stored_response(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    with start_writer(path, 1_000_000) as writer:
        assert writer.stdout is not None
        numbers = [int(next(writer.stdout)) for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        numbers += [int(line) for line in writer.stdout if line.endswith("\n")]
    with ResponseCache(path) as cache:
        assert len(numbers) >= 300
        for number in numbers:
            assert cache.get(f"film/{number}").body == b"{}" * (number % 500)


@pytest.mark.parametrize("moment", range(6))
def test_a_writer_killed_at_any_moment_leaves_a_whole_database(tmp_path: Path, moment: int) -> None:
    path = tmp_path / CACHE_FILE
    write_old_log(tmp_path / "answers.log", 3_000)
    wait = random.Random(moment).uniform(0.0, 0.15)
    with start_writer(path, 1_000_000) as writer:
        while not path.exists() and writer.poll() is None:
            pass
        try:
            writer.wait(wait)
        except subprocess.TimeoutExpired:
            writer.kill()
    with ResponseCache(path) as cache:  # imports what the killed process did not
        assert all(cache.has(f"film/{number}") for number in range(3_000))
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


@pytest.mark.parametrize("lost", [1, 5, 27, 28, 60, 5_000])
def test_a_torn_end_of_the_write_ahead_log_costs_the_last_responses_only(
    tmp_path: Path, lost: int
) -> None:
    path = tmp_path / CACHE_FILE
    with start_writer(path, 20) as writer:
        assert writer.stdout is not None
        assert [int(next(writer.stdout)) for _ in range(20)] == list(range(20))
        writer.kill()
    log = path.with_name(f"{CACHE_FILE}-wal")
    os.truncate(log, log.stat().st_size - lost)
    with ResponseCache(path) as cache:
        numbers = [number for number in range(20) if cache.has(f"film/{number}")]
        assert numbers == list(range(len(numbers)))
        assert 17 <= len(numbers) <= 19
        for number in numbers:
            assert cache.get(f"film/{number}").body == b"{}" * (number % 500)
        cache.put("film/19", Response(200, body(19)))
    with ResponseCache(path) as cache:
        assert cache.get("film/19").body == body(19)


def test_damaged_rows_are_removed_and_the_others_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / CACHE_FILE
    fill(path, 20)
    data = bytearray(path.read_bytes())
    data[data.index(zlib.compress(body(9), 3)) + 12] ^= 0xFF  # a byte of a body
    # A row begins with its key; in the index, the key is without a body.
    row = data.index(zlib.compress(body(12), 3))
    key = data.rindex(b"film/12", 0, row)
    data[key + 5] ^= 0xFF  # the key is then no UTF-8
    path.write_bytes(data)
    with caplog.at_level(logging.WARNING), ResponseCache(path) as cache:
        assert stored(cache, 20) == set(range(20)) - {9, 12}
        cache.put("film/12", Response(status(12), body(12)))
    assert "2 responses are damaged and requested again" in caplog.text
    with ResponseCache(path) as cache:
        assert stored(cache, 20) == set(range(20)) - {9}


def test_damage_to_the_structure_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    fill(path, 200)
    data = path.read_bytes()
    path.write_bytes(data[:4_096] + b"\xff" * 8_192 + data[12_288:])
    with pytest.raises(CorruptFileError, match=rf"{CACHE_FILE}.*remove this file"):
        ResponseCache(path)


def test_damage_while_it_is_open_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    large = [random.Random(number).randbytes(3_000_000) for number in range(3)]  # beyond its memory
    with ResponseCache(path) as cache:
        for number, content in enumerate(large):
            cache.put(f"film/{number}", Response(200, content))
    with ResponseCache(path) as cache:
        with path.open("r+b") as file:
            file.seek(4_200_000)  # in the body of film/1
            file.write(b"\0" * 100)
        assert cache.get("film/0").body == large[0]
        with pytest.raises(CorruptFileError, match=r"film/1.*damaged"):
            cache.get("film/1")
    with ResponseCache(path) as cache:
        assert [cache.has(f"film/{number}") for number in range(3)] == [True, False, True]


@pytest.mark.parametrize("content", ["text", "database"])
def test_a_foreign_file_is_an_error_and_stays_unchanged(tmp_path: Path, content: str) -> None:
    path = tmp_path / CACHE_FILE
    if content == "text":
        path.write_bytes(b"not a database of anything, but rather long " * 50)
    else:
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE response (key TEXT)")
        database.close()
    before = path.read_bytes()
    with pytest.raises(CorruptFileError, match=CACHE_FILE):
        ResponseCache(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [CACHE_FILE]


def test_a_second_process_cannot_open_it(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    with ResponseCache(path) as cache:
        cache.put("film/1", Response(200, b"{}"))
        with pytest.raises(BusyError, match=rf"{CACHE_FILE}: another process"):
            ResponseCache(path)
        assert cache.has("film/1")


def test_removed_responses_make_the_file_smaller(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    fill(path, 40)
    with ResponseCache(path, now=lambda: 3_000.0) as cache:
        for number in range(40):
            cache.put(f"film/{number}", Response(200, body(number + 1)))
        for number in range(40):
            noise = random.Random(number).randbytes(2_000)
            cache.put(f"list/{number}", Response(200, noise))
        cache.put("lists", Response(200, b"[]"))
    before = path.stat().st_size
    with ResponseCache(path, now=lambda: 3_000.0) as cache:
        cache.remove("list/")
        assert path.stat().st_size < 0.6 * before
        assert not any(cache.has(f"list/{number}") for number in range(40))
        cache.put("film/new", Response(200, b"{}"))
    with ResponseCache(path) as cache:
        assert all(cache.has(key) for key in ("lists", "film/new"))
        for number in range(40):
            assert cache.get(f"film/{number}").body == body(number + 1)
            assert cache.received_at(f"film/{number}") == 3_000.0
    assert [entry.name for entry in tmp_path.iterdir()] == [CACHE_FILE]


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with ResponseCache(tmp_path / CACHE_FILE) as cache:
        (pages,) = cache._database.execute("PRAGMA page_count").fetchone()
        cache._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="make space"):
            cache.put("film/1", Response(200, random.Random(1).randbytes(100_000)))
        assert not cache.has("film/1")
        cache.put("film/2", Response(200, b"{}"))
        assert cache.has("film/2")


# --- the file of earlier versions


def test_an_old_file_is_imported_once(tmp_path: Path) -> None:
    old = tmp_path / "answers.log"
    write_old_log(old, 50)
    with ResponseCache(tmp_path / CACHE_FILE) as cache:
        assert stored(cache, 50) == set(range(50))
        assert cache.received_at("film/7") == 1_000.0
    assert [entry.name for entry in tmp_path.iterdir()] == [CACHE_FILE]


def test_an_import_that_was_interrupted_replaces_no_newer_response(tmp_path: Path) -> None:
    path = tmp_path / CACHE_FILE
    with ResponseCache(path, now=lambda: 2_000.0) as cache:
        cache.put("film/3", Response(200, b"[]"))
    write_old_log(tmp_path / "answers.log", 5)
    with ResponseCache(path) as cache:
        assert cache.get("film/3") == Response(200, b"[]")
        assert stored(cache, 3) == {0, 1, 2}


@pytest.mark.parametrize("lost", [1, 5, 27, 28, 60])
def test_a_torn_end_of_an_old_file_is_skipped(
    tmp_path: Path, lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    old = tmp_path / "answers.log"
    write_old_log(old, 20)
    os.truncate(old, old.stat().st_size - lost)
    with caplog.at_level(logging.WARNING), ResponseCache(tmp_path / CACHE_FILE) as cache:
        assert stored(cache, 20) == set(range(19))
    assert "requested again" in caplog.text


def test_damage_in_the_middle_of_an_old_file_costs_one_response(tmp_path: Path) -> None:
    old = tmp_path / "answers.log"
    write_old_log(old, 20)
    data = bytearray(old.read_bytes())
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"mgA1"]
    data[starts[9] + 40] ^= 0xFF  # a bit of a body
    data[starts[12] + 8 : starts[12] + 10] = b"\xff\xff"  # a length
    old.write_bytes(data)
    with ResponseCache(tmp_path / CACHE_FILE) as cache:
        assert stored(cache, 20) == set(range(20)) - {9, 12}


def test_an_empty_old_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "answers.log").touch()
    with ResponseCache(tmp_path / CACHE_FILE):
        assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".log"] == []
