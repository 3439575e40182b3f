"""Repair of all columns of a partition."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.cleaning.row_repair import repair_rows
from pipeline.cleaning.text_repair import count_words
from pipeline.schemas.mining import MOVIES
from pipeline.settings import CleanSettings


def table(*rows: dict[str, Any]) -> pa.Table:
    base = dict.fromkeys(MOVIES.names)
    return pa.Table.from_pylist([base | row for row in rows], MOVIES)


def test_rows_keep_their_order_and_schema() -> None:
    movies = table({"movie_id": "2", "language": "EN"}, {"movie_id": "1", "language": "Deutsch"})
    repaired = repair_rows(movies, CleanSettings())
    assert repaired.rows.schema == MOVIES
    assert repaired.rows["movie_id"].to_pylist() == ["2", "1"]
    assert repaired.rows["language"].to_pylist() == ["en", "Deutsch"]
    assert repaired.losses.num_rows == 0


def test_words_and_placeholders() -> None:
    texts = ["A thief plans a robbery.", "No overview available.", None, "七人の侍", "  x  "]
    repaired = repair_rows(table(*({"overview": text} for text in texts)), CleanSettings())
    assert repaired.words.tolist() == [5, 3, 0, 2, 1]
    assert repaired.words.tolist() == [count_words(text or "") for text in texts]
    assert repaired.placeholders.tolist() == [1, 4]


def test_losses_have_row_and_example_and_a_row_may_lack_its_number() -> None:
    lost = {"year": 9999, "genres": ["x" * 900, "War"], "source": "a.csv"}
    repaired = repair_rows(table(lost | {"row": 4}, lost, lost | {"row": 3}), CleanSettings())
    rows = repaired.losses.to_pylist()
    assert [(r["column"], r["loss"], r["cells"], r["example_row"]) for r in rows] == [
        ("genres", "cut", 3, 0),
        ("year", "unknown", 3, 0),
    ]
    assert len(rows[0]["example"]) <= 80


def test_no_rows() -> None:
    repaired = repair_rows(MOVIES.empty_table().combine_chunks(), CleanSettings())
    assert (len(repaired.rows), len(repaired.words), repaired.losses.num_rows) == (0, 0, 0)
