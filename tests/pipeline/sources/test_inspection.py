"""What an inspection says of a source."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.inspection import inspect_source
from tests.support.cases import case

SETTINGS = SourceSettings()
LONG = "A keeper of a lighthouse hides a map from the men who come at night."


def test_columns_losses_and_examples_over_the_whole_file() -> None:
    found = inspect_source(f"files:{case('01-optional-cell-costs-the-film/films.csv')}", SETTINGS)
    (table,) = found.tables
    assert (found.problem, table.role, table.kind, table.encoding) == ("", "films", "CSV", "utf-8")
    assert (table.rows, table.films, len(table.examples)) == (12, 12, 5)
    assert table.examples[0]["title"] == "Salt Lamp" and "tagline" not in table.examples[0]
    chosen = {column.column: column for column in table.columns}
    assert chosen["runtime_minutes"].file_columns == ("runtime",)
    assert "named like overview" in chosen["overview"].reason
    assert "genres" in table.missing and "title" not in table.missing
    unknown = {cells.column: cells for cells in table.unknown}
    assert (unknown["vote_average"].example_row, unknown["vote_average"].example) == (7, "PG-13")
    assert table.column_map["overview"] == "overview"
    assert json.loads(json.dumps(found.to_dict()))["tables"][0]["rows"] == 12


def test_columns_that_are_not_used_and_why() -> None:
    (table,) = inspect_source(
        f"files:{case('07-usual-column-names/streaming.csv')}", SourceSettings(types=("tv",))
    ).tables
    unused = {column.name: column for column in table.not_used}
    assert unused["rating"].example == "PG-13"
    assert "certificates" in unused["rating"].reason
    (rejected,) = table.rejected
    assert (rejected.reason, rejected.rows, rejected.example_row) == ("other_type", 3, 1)
    assert table.examples == ()


def test_a_guess_to_paste_where_columns_are_not_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"{n},Wall {n},{LONG} {n}\n" for n in range(9))
    path.write_text("Nr,Bezeichner,Langfassung\n" + rows, encoding="utf-8")
    found = inspect_source(str(path), SETTINGS, rows=2)
    (table,) = found.tables
    assert "no column for title and overview" in found.problem
    assert table.role == "unclear"
    assert table.column_map == {"title": "Bezeichner", "overview": "Langfassung"}
    assert [film["title"] for film in table.examples] == ["Wall 0", "Wall 1"]
    assert {column.reason for column in table.columns} == {"a guess from its cells"}


def test_side_tables_and_tables_that_are_not_read() -> None:
    found = inspect_source(f"files:{case('08-side-tables/catalogue')}", SETTINGS)
    roles = {table.name: (table.role, table.rows) for table in found.tables}
    assert found.problem == ""
    assert roles["keywords.csv"] == ("fills", 3)
    assert roles["ratings.csv"][0] == "not read"


def test_a_side_table_alone_has_a_problem() -> None:
    found = inspect_source(f"files:{case('08-side-tables/catalogue/keywords.csv')}", SETTINGS)
    assert "no column for title and overview" in found.problem
    assert found.tables[0].role == "fills"


def test_the_sample_and_a_folder_of_imdb(tmp_path: Path) -> None:
    (sample,) = inspect_source("sample", SETTINGS).tables
    assert (sample.films, sample.not_used[0].name) == (531, "micro_genre")
    (tmp_path / "war.csv").write_text(f"movie_id,movie_name,description\ntt1,Deep,{LONG}\n")
    (table,) = inspect_source(f"imdb:{tmp_path}", SETTINGS).tables
    assert table.films == 1


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        inspect_source(f"files:{tmp_path / 'none.csv'}", SETTINGS)


def test_forty_five_thousand_rows_take_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"{n},Wall {n},{LONG} {n},{1900 + n % 120},War|Sea {n}\n" for n in range(45_000))
    path.write_text("id,title,overview,year,genres\n" + rows, encoding="utf-8")
    start = time.perf_counter()
    (table,) = inspect_source(str(path), SETTINGS).tables
    assert table.films == 45_000
    assert time.perf_counter() - start < 10
