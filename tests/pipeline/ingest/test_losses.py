from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.ingest.losses import check_rejected_share, describe_reasons, summarise
from pipeline.schemas.mining import REJECTS
from pipeline.schemas.reading import UNKNOWN, LossTally
from pipeline.schemas.reading_summary import ReadingSummary


@dataclass
class Catalogue:
    rows_in: int
    sources: list[dict[str, Any]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def rejects(**counts: int) -> pa.Table:
    rows = [
        {"source": source, "row": n, "movie_id": None, "reason": reason, "detail": f"why {n}"}
        for reason, count in counts.items()
        for n in range(count, 0, -1)
        for source in (["b.csv"] if n > 1 else ["a.csv"])
    ]
    return pa.Table.from_pylist(rows, REJECTS)


def summary(rows_in: int, **counts: int) -> ReadingSummary:
    kept = rows_in - sum(counts.values())
    return summarise(Catalogue(rows_in), kept, [rejects(**counts)], [])


def test_reasons_are_counted_with_an_example() -> None:
    found = summary(10, missing_overview=3, missing_title=1, duplicate_id=4)
    assert [(e.reason, e.rows, e.lost) for e in found.rejected] == [
        ("duplicate_id", 4, False),
        ("missing_overview", 3, True),
        ("missing_title", 1, True),
    ]
    assert found.rejected[1].example == "a.csv row 1: why 1"
    assert found.rejected_share == 4 / 6
    assert [entry.reason for entry in found.top_reasons(1)] == ["missing_overview"]


def test_cells_are_summed_over_files() -> None:
    tallies = LossTally(), LossTally()
    tallies[0].add("b.csv", "year", "Year", UNKNOWN, 3, "PG", "is not a year", cells=2)
    tallies[1].add("a.csv", "year", "released", UNKNOWN, 9, "soon", "is not a year")
    found = summarise(Catalogue(5), 5, [REJECTS.empty_table()], [t.table() for t in tallies])
    assert [(e.column, e.loss, e.cells, e.example) for e in found.cells] == [
        ("year", "unknown", 3, "a.csv row 9: released 'soon' is not a year")
    ]


def test_too_many_rejected_rows_stop_the_run() -> None:
    bad = summary(10, missing_overview=5, missing_title=2, impossible_year=1, malformed_row=1)
    with pytest.raises(SourceError) as caught:
        check_rejected_share(bad, 0.5)
    message = str(caught.value)
    assert "9 of 10 rows are rejected (90%; at most 50% may be)" in message
    assert "missing_overview 5 rows (a.csv row 1: why 1)" in message
    assert "missing_title 2 rows" in message
    assert "--allow-rejects goes on" in message
    assert "\n" not in message
    check_rejected_share(bad, 0.9)


def test_duplicates_and_other_types_stop_nothing() -> None:
    check_rejected_share(summary(10, duplicate_id=5, other_type=4), 0.0)
    with pytest.raises(SourceError):  # of the 2 films that are wanted, 1 is lost
        check_rejected_share(summary(10, other_type=8, missing_title=1), 0.4)


def test_nothing_read_is_nothing_lost() -> None:
    empty = summary(0)
    assert (empty.rejected_share, describe_reasons(empty)) == (0.0, "")


def test_tables_of_the_sources_are_part_of_the_summary() -> None:
    table = {"name": "a.csv", "form": "CSV", "role": "films", "columns": {"title": ["Titel"]}}
    found = summarise(
        Catalogue(0, [{"name": "a.csv", "tables": [table]}], ("a note",)),
        0,
        [REJECTS.empty_table()],
        [],
    )
    assert [(t.source, t.name, t.columns) for t in found.tables] == [
        ("a.csv", "a.csv", {"title": ["Titel"]})
    ]
    assert found.notes == ["a note"]
    assert ReadingSummary.model_validate_json(found.to_json()) == found
