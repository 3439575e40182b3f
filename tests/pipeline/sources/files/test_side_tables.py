"""Side tables of a relational export: persons, one row for each keyword, lookups, other titles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import SourceSettings
from pipeline.sources import open_source

LONG = "A keeper of a lighthouse hides a map from the men who come at night."
TABLES = {
    "movies.csv": f"id,title,overview\n1,Salt Lamp,{LONG}\n2,Waltz,{LONG} Again.\n",
    "cast.csv": "movie_id,name,character\n1,Bo Lint,Keeper\n1,Cy Marr,Man\n2,Bo Lint,Man\n",
    "crew.csv": "movie_id,name,job\n1,Ada Quill,Director\n1,Ed Bray,Editor\n1,Di Nord,Actor\n",
    "keywords.csv": "movie_id,keyword,language\n1,sea,en\n1,map,en\n2,dance,en\n",
    "countries.csv": "movie_id,country\n1,FR\n1,IT\n",
    "genres.csv": "id,name\n28,Action\n18,Drama\n",
    "movie_genres.csv": "movie_id,genre_id\n1,28\n1,18\n",
    "alternative_titles.csv": "movie_id,title,country\n1,Salzlampe,DE\n",
    "subtitles.csv": "movie_id,title,language,runtime\n1,a,de,1\n1,b,fr,2\n",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("tables")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = {}
    for chunk in open_source(f"files:{folder}", SourceSettings()).read():
        for film in chunk.movies.to_pylist():
            known = {name: value for name, value in film.items() if value is not None}
            found.setdefault(known.pop("source"), []).append(known)
    return found


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("cast.csv", "cast", [["Bo Lint"], ["Cy Marr"], ["Bo Lint"]]),
        ("crew.csv", "directors", [["Ada Quill"], None, None]),
        ("crew.csv", "cast", [None, None, ["Di Nord"]]),
        ("keywords.csv", "keywords", [["sea"], ["map"], ["dance"]]),
        ("keywords.csv", "language", [None] * 3),
        ("countries.csv", "countries", [["FR"], ["IT"]]),
    ],
)
def test_what_a_side_table_fills(
    rows: dict[str, list[dict[str, Any]]], table: str, column: str, values: list[Any]
) -> None:
    assert [row.get(column) for row in rows[table]] == values
    assert all("title" not in row for row in rows[table])


@pytest.mark.parametrize(
    "table", ["genres.csv", "movie_genres.csv", "alternative_titles.csv", "subtitles.csv"]
)
def test_tables_that_say_nothing_of_films_are_not_read(
    rows: dict[str, list[dict[str, Any]]], table: str
) -> None:
    assert table not in rows


def test_why_they_are_not_read(tmp_path: Path) -> None:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tables = {t.name: t for t in open_source(f"files:{tmp_path}", SourceSettings()).tables()}
    assert "nothing that fills films" in tables["genres.csv"].notes[-1]
    assert "other titles" in tables["alternative_titles.csv"].notes[-1]
