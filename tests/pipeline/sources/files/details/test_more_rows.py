"""What later rows say of the order of dates, and of overviews that start late."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.settings import SourceSettings
from pipeline.sources.files.source import FilesSource

LONG = "A keeper of a lighthouse hides a map from the men who come ashore at night."


def read(path: Path) -> tuple[list[dict[str, object]], str]:
    source = FilesSource(path, SourceSettings())
    rows = pa.concat_tables([chunk.movies for chunk in source.read()]).to_pylist()
    return rows, " ".join(note for table in source.tables() for note in table.notes)


@pytest.mark.parametrize(
    ("last", "iso"), [("14/3/1999", "1994-04-03"), ("3/14/1999", "1994-03-04")]
)
def test_a_late_date_shows_the_order_of_all(tmp_path: Path, last: str, iso: str) -> None:
    path = tmp_path / "films.csv"
    lines = [f"Film {n},3/4/1994,{LONG}" for n in range(900)] + [f"Last,{last},{LONG}"]
    path.write_text("\n".join(["title,release_date,overview", *lines]), "utf-8")
    rows, notes = read(path)
    assert {str(row["release_date"]) for row in rows[:900]} == {iso}
    assert "month first" not in notes


def test_an_order_that_no_date_shows_is_said(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text(f"title,released,overview\nA,3/4/1994,{LONG}\nB,5/5/1994,{LONG}\n", "utf-8")
    rows, notes = read(path)
    assert [str(row["release_date"]) for row in rows] == ["1994-03-04", "1994-05-05"]
    assert "'released' such as '3/4/1994' are read with the month first" in notes


def test_overviews_that_only_later_objects_have(tmp_path: Path) -> None:
    path = tmp_path / "films.jsonl"
    films = [{"title": f"Film {n}"} | ({"overview": LONG} if n > 600 else {}) for n in range(700)]
    path.write_text("\n".join(map(json.dumps, films)), "utf-8")
    rows, _ = read(path)
    assert sum(row["overview"] == LONG for row in rows) == 99


def test_a_csv_column_that_starts_late(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    lines = [f"Film {n},{'' if n < 600 else 81},{LONG}" for n in range(700)]
    path.write_text("\n".join(["title,rating,overview", *lines]), "utf-8")
    rows, _ = read(path)
    assert [row["vote_average"] for row in rows] == [None] * 600 + [8.1] * 100
