"""SQLite databases: tables, views, damage, views without end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.forms import databases, open_tables
from tests.support.raw_tables import SETTINGS, rows_of, titles


def make_database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return path


def test_tables_and_views_with_rows(tmp_path: Path) -> None:
    path = make_database(
        tmp_path / "films",
        "CREATE TABLE movies (id INTEGER, title TEXT, overview BLOB)",
        "INSERT INTO movies VALUES (1, 'Salt Lamp', CAST('A map' AS BLOB)), (2, 'Été', NULL)",
        "CREATE TABLE vacant (id INTEGER)",
        "CREATE VIEW names AS SELECT title FROM movies",
    )
    before = path.read_bytes()
    movies, names = open_tables(path, SETTINGS)
    assert movies.name.endswith("films: movies") and movies.form.kind == "SQLite table"
    assert rows_of(movies) == [
        {"id": 1, "title": "Salt Lamp", "overview": "A map"},
        {"id": 2, "title": "Été", "overview": None},
    ]
    assert titles(names) == ["Salt Lamp", "Été"]
    assert path.read_bytes() == before and not list(tmp_path.glob("films-*"))


def test_a_database_without_rows_and_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no table with rows"):
        open_tables(make_database(tmp_path / "a", "CREATE TABLE t (x)"), SETTINGS)
    path = tmp_path / "b"
    path.write_bytes(b"SQLite format 3\x00" + bytes(200))
    with pytest.raises(SourceError, match="damaged"):
        open_tables(path, SETTINGS)


def test_a_view_that_never_gives_a_row_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_MOST_STEPS", 3)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    path = make_database(tmp_path / "a", f"CREATE VIEW v AS {endless} WHERE x < 0")
    with pytest.raises(SourceError, match="interrupted"):
        open_tables(path, SETTINGS)
