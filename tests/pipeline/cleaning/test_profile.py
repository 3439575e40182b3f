"""Data quality: counts add up over partitions and match the number of rows."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from pipeline.cleaning import profile as quality
from pipeline.cleaning.clean import clean
from pipeline.errors import StageError, TableError
from pipeline.schemas import mining as tables
from pipeline.settings import CleanSettings


def words(count: int) -> str:
    return " ".join(["One", "two", *["words"] * (count - 2)])


def film(number: int, **columns: Any) -> dict[str, Any]:
    base = dict.fromkeys(tables.MOVIES.names)
    return base | {"movie_id": str(number), "title": "T", "overview": words(12)} | columns


FILMS = [
    film(1, year=1999, genres=["War"], tagline="Tag"),
    film(2, year=1999, genres=["War"]),
    film(3, overview=words(500)),
    film(4, overview=None),
]


def cleaned(films: list[dict[str, Any]]) -> dict[str, pa.Table]:
    return clean(pa.Table.from_pylist(films, tables.MOVIES), CleanSettings())


def test_figures_of_one_partition() -> None:
    figures = quality.combine(
        [cleaned(FILMS)["profile"]], {"missing_overview": 1, "malformed_row": 2}, 6
    )
    assert (figures["rows_in"], figures["films"], figures["retention"]) == (6, 3, 0.5)
    assert list(figures["rejects"].items()) == [("malformed_row", 2), ("missing_overview", 1)]
    assert figures["completeness"]["overview"] == {"read": 0.75, "kept": 1.0}
    assert figures["completeness"]["tagline"] == {"read": 0.25, "kept": 1 / 3}
    always = ["keywords", "directors", "cast", "runtime_minutes", "vote_average"]
    assert {"missing": ["tagline", *always], "films": 1, "share": 1 / 3} in figures[
        "missing_patterns"
    ]
    assert sum(pattern["films"] for pattern in figures["missing_patterns"]) == 3
    assert figures["overview_words"] == [
        {"from": 10, "to": 19, "films": 2},
        {"from": 200, "to": None, "films": 1},
    ]
    assert figures["years"] == {"1999": 2, "unknown": 1}
    assert json.loads(json.dumps(figures)) == figures


def test_partitions_add_up_in_any_order() -> None:
    whole = quality.combine([cleaned(FILMS)["profile"]], {"missing_overview": 1}, 4)
    parts = [cleaned(FILMS[:1])["profile"], cleaned([])["profile"], cleaned(FILMS[1:])["profile"]]
    for ordered in (parts, parts[::-1]):
        assert quality.combine(ordered, {"missing_overview": 1}, 4) == whole


def test_rare_patterns_are_summed() -> None:
    names = [name for name in quality.PATTERN_FIELDS if name in ("genres", "keywords", "cast")]
    films = []
    for number in range(64):
        fields: dict[str, Any] = {
            name: ["x"] for bit, name in enumerate(names) if number >> bit & 1
        }
        fields |= {"tagline": "x"} if number & 8 else {}
        fields |= {"year": 1999} if number & 16 else {}
        films.append(film(number, **fields))
    figures = quality.combine([cleaned(films)["profile"]], {}, 64)
    assert len(figures["missing_patterns"]) == 12
    assert sum(p["films"] for p in figures["missing_patterns"]) + figures["other_patterns"] == 64
    assert figures["other_patterns"] == 40


def test_counts_that_do_not_match_are_an_error() -> None:
    profile = cleaned(FILMS)["profile"]
    with pytest.raises(StageError, match="4 rows in, 6 films"):
        quality.combine([profile, profile], {"missing_overview": 1}, 4)
    with pytest.raises(TableError):
        quality.combine([pa.table({"section": ["rows"]})], {}, 0)


def test_no_rows() -> None:
    figures = quality.combine([], {}, 0)
    assert (figures["retention"], figures["years"]) == (0.0, {"unknown": 0})
    assert figures["completeness"]["title"] == {"read": 0.0, "kept": 0.0}
