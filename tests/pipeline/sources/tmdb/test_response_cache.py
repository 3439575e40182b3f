"""The file of answers, whatever ends its writer."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import CorruptFileError, StoreError
from pipeline.sources.tmdb.client import Answer
from pipeline.sources.tmdb.response_cache import Answers

WRITER = """
import sys
from pathlib import Path
from pipeline.sources.tmdb.response_cache import Answers
from pipeline.sources.tmdb.client import Answer
with Answers(Path(sys.argv[1])) as answers:
    for number in range(1_000_000):
        answers.put(f"film/{number}", Answer(200, b"{}" * (number % 500)))
        print(number, flush=True)
"""


def body(number: int) -> bytes:
    return f'{{"id": {number}, "overview": "{"word " * number}"}}'.encode()


def fill(path: Path, count: int) -> None:
    with Answers(path, now=lambda: 1_000.0) as answers:
        for number in range(count):
            answers.put(f"film/{number}", Answer(404 if number % 7 == 3 else 200, body(number)))


def test_answers_come_back_as_they_were_put(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answers.log"
    fill(path, 50)
    with Answers(path) as answers:
        assert list(answers.keys()) == [f"film/{number}" for number in range(50)]
        for number in range(50):
            found = answers.get(f"film/{number}")
            assert (found.status, found.body) == (404 if number % 7 == 3 else 200, body(number))
        assert not answers.has("film/50")
        with pytest.raises(KeyError):
            answers.get("film/50")


def test_an_older_answer_counts_as_none_and_the_last_one_counts(tmp_path: Path) -> None:
    path = tmp_path / "answers.log"
    fill(path, 3)
    with Answers(path, now=lambda: 2_000.0) as answers:
        assert answers.has("film/1", not_before=1_000.0)
        assert not answers.has("film/1", not_before=1_000.5)
        answers.put("film/1", Answer(404, b"{}"))
        assert answers.has("film/1", not_before=2_000.0)
    with Answers(path) as answers:
        assert answers.get("film/1") == Answer(404, b"{}")
        assert answers.asked_at("film/1") == 2_000.0


@pytest.mark.parametrize("lost", [1, 5, 27, 28, 60])
def test_a_torn_end_is_left_out(
    tmp_path: Path, lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "answers.log"
    fill(path, 20)
    whole = path.stat().st_size
    os.truncate(path, whole - lost)
    with caplog.at_level(logging.WARNING), Answers(path) as answers:
        known = len(list(answers.keys()))
        assert known == 19
        answers.put("film/19", Answer(200, body(19)))
    assert "asked for again" in caplog.text
    assert path.stat().st_size == whole
    with Answers(path) as answers:
        assert answers.get("film/19").body == body(19)


def test_damage_in_the_middle_costs_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "answers.log"
    fill(path, 20)
    data = bytearray(path.read_bytes())
    places = [at for at in range(len(data)) if data[at : at + 4] == b"mgA1"]
    data[places[9] + 40] ^= 0xFF  # a bit of a body
    data[places[12] + 8 : places[12] + 10] = b"\xff\xff"  # a length
    path.write_bytes(data)
    with Answers(path) as answers:
        lost = {f"film/{number}" for number in range(20)} - set(answers.keys())
        assert lost == {"film/9", "film/12"}
        assert answers.get("film/19").body == body(19)


def test_damage_while_it_is_open_is_told(tmp_path: Path) -> None:
    path = tmp_path / "answers.log"
    fill(path, 3)
    with Answers(path) as answers:
        with path.open("r+b") as handle:
            handle.write(b"\0" * path.stat().st_size)
        with pytest.raises(CorruptFileError, match=r"film/1.*damaged"):
            answers.get("film/1")


def test_a_killed_writer_loses_nothing_that_it_had_put(tmp_path: Path) -> None:
    path = tmp_path / "answers.log"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [int(next(writer.stdout)) for _ in range(300)]
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
    with Answers(path) as answers:
        assert len(list(answers.keys())) >= len(told) >= 300
        for number in told:
            assert answers.get(f"film/{number}").body == b"{}" * (number % 500)


def test_what_is_superseded_goes_when_it_is_half_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.log"
    fill(path, 40)
    with Answers(path, now=lambda: 3_000.0) as answers:
        assert not answers.compact(lambda key: True)
        for number in range(40):
            answers.put(f"film/{number}", Answer(200, body(number + 1)))
        answers.put("list/1", Answer(200, b"[]"))
        before = path.stat().st_size
        assert answers.compact(lambda key: key.startswith("film/"))
        assert path.stat().st_size < 0.6 * before
        answers.put("film/new", Answer(200, b"{}"))
    with Answers(path) as answers:
        assert sorted(answers.keys()) == sorted(
            ["film/new", *(f"film/{number}" for number in range(40))]
        )
        assert answers.get("film/39").body == body(40)
        assert answers.asked_at("film/39") == 3_000.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers.log"]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with Answers(tmp_path / "answers.log") as answers:
        ours, answers._file = answers._file, os.open(full, os.O_WRONLY)
        try:
            with pytest.raises(StoreError, match="make space"):
                answers.put("film/1", Answer(200, b"{}"))
        finally:
            os.close(answers._file)
            answers._file = ours
        answers.put("film/2", Answer(200, b"{}"))
        assert list(answers.keys()) == ["film/2"]
