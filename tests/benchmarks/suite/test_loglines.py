from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.lib.films import FILMS
from benchmarks.lib.harness import BenchOptions
from benchmarks.suite import loglines
from benchmarks.suite.loglines import Loglines, split_sentences
from tests.support.prefect_process import PrefectProcess

REAL = Loglines(
    sentences=[
        ["a thief leaves the old town by night in a stolen boat"],
        ["two sisters open a bakery beside the harbour of a small island"],
        ["the last whale of the north follows one lonely ship for years"],
    ],
    genres=[["Crime"], ["Comedy"], []],
    near=np.array([[1], [2], [0]]),
    seed=7,
)


def test_a_film_depends_on_the_seed_and_its_number_only() -> None:
    films = [row for chunk in REAL.chunks(50) for row in chunk.to_pylist()]
    assert [REAL.film(number)["overview"] for number in (0, 49)] == [
        films[0]["overview"],
        films[49]["overview"],
    ]
    again = Loglines(REAL.sentences, REAL.genres, REAL.near, seed=8)
    assert again.film(3) != REAL.film(3)
    assert len({film["movie_id"] for film in films}) == 50


def test_a_logline_joins_sentences_of_two_similar_films() -> None:
    ends = {0: "harbour of a small island", 1: "lonely ship for years", 2: "in a stolen boat"}
    begins = {0: "a thief leaves", 1: "two sisters open", 2: "the last whale"}
    named = 0
    for number in range(60):
        film = REAL.film(number)
        text = film["overview"]
        logline = text.split(": ", 1)[-1]
        (one,) = [row for row, words in begins.items() if logline.startswith(words)]
        assert logline.split()[-1] == ends[one].split()[-1]
        assert film["genres"] == REAL.genres[one]
        named += logline != text
    assert 15 < named < 45


def test_the_number_of_names_grows_more_slowly_than_the_films() -> None:
    names = [REAL.film(number)["title"].split(":")[0] for number in range(20_000)]
    few, many = len(set(names[:2_000])), len(set(names))
    assert 1.5 * few < many < 8 * few


def test_names_differ_by_rank() -> None:
    assert len({loglines._name(rank) for rank in range(1, 9_000)}) == 8_999


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Too short. He leaves the town by night, alone. ",
            ["He leaves the town by night, alone."],
        ),
        ("word " * 25, []),
        ("", []),
    ],
)
def test_sentences_are_neither_short_nor_long(text: str, found: list[str]) -> None:
    assert split_sentences(text) == found


@pytest.mark.slow
def test_loglines_are_mined_at_a_fixed_k(tmp_path: Path, prefect: PrefectProcess) -> None:
    with prefect.used():
        found = loglines.measure(BenchOptions(sizes=(120,), repeats=1, quick=True, work=tmp_path))
    (run,) = found.figures["runs"]
    assert run["released"] == 120 and run["words"] > 300
    films = pq.read_table(tmp_path / "loglines-120-seed-2026" / "films.parquet")
    assert films.schema.equals(FILMS) and len(set(films["overview"].to_pylist())) == 120
    rows = {row["contender"]: row for row in found.rows}
    assert rows["total"]["seconds"] > 0
    assert found.notes[0].startswith("120 films: ") and "AMI" not in found.notes[0]
    assert "different words" in found.notes[1]
    # the measured size is reused
    assert loglines.measure(BenchOptions(sizes=(120,), work=tmp_path)).figures == found.figures
