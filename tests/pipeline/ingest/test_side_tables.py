from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.ingest.numbering import find_numberings
from pipeline.ingest.side_tables import add_keys, count_matches, fill, match_rows
from pipeline.ingest.spool import RowSpool
from pipeline.schemas.mining import MOVIES
from tests.support.ingest_rows import PLOTS, spool_of, table_of

Row = Mapping[str, Any]
FILMS: list[Row] = [
    {"id": str(n), "title": f"Film {n}", "year": 1990 + n, "overview": PLOTS[n]} for n in range(6)
]


def matched(
    folder: Path, films: RowSpool, sides: RowSpool
) -> tuple[list[int], list[tuple[int, int, int]]]:
    """Return the film row of each side row; rows, films and rows without film of each file."""
    values, side_values = films.values(), sides.values()
    entries = find_numberings(films, values, films.order(), lambda rows: {})
    found = match_rows(sides, side_values, films, values, entries)
    counts = count_matches(sides, side_values, found.row)
    return found.row.tolist(), [(c.rows, c.films, c.rows_without_film) for c in counts]


def spools(
    folder: Path, films: Mapping[str, Sequence[Row]], sides: Mapping[str, Sequence[Row]]
) -> tuple[RowSpool, RowSpool]:
    return spool_of(folder, films), spool_of(folder, sides, "sides")


def test_ids_of_the_same_source_match(tmp_path: Path) -> None:
    side: list[Row] = [{"id": "3", "keywords": ["sea"]}, {"id": "3"}, {"id": "99"}]
    films, sides = spools(tmp_path, {"films.csv": FILMS}, {"keywords.csv": side})
    assert matched(tmp_path, films, sides) == ([3, 3, -1], [(3, 1, 1)])


def test_ids_of_another_source_match_if_most_are_the_same(tmp_path: Path) -> None:
    films = spool_of(tmp_path, {"films.csv": FILMS})
    sides = RowSpool(tmp_path, "sides")
    credits: list[Row] = [{"id": str(n), "cast": ["Bo Lint"]} for n in range(3)]
    chance = [{"id": str(n), "cast": ["Bo Lint"]} for n in range(4, 40)][:12]
    sides.add("credits.csv", 1, *table_of("credits.csv", credits))
    sides.add("chance.csv", 2, *table_of("chance.csv", chance))
    assert matched(tmp_path, films, sides)[1] == [(3, 3, 0), (12, 0, 12)]


def test_titles_that_differ_are_of_another_numbering(tmp_path: Path) -> None:
    wrong = [{"id": str(n), "title": f"Other {n}", "genres": ["Drama"]} for n in range(6)]
    right = [{"id": str(n), "title": f"Film {n}", "genres": ["Drama"]} for n in range(6)]
    films, sides = spools(tmp_path, {"films.csv": FILMS}, {"films.csv": right, "other.csv": wrong})
    assert matched(tmp_path, films, sides)[1] == [(6, 6, 0), (6, 0, 6)]


def test_ids_of_imdb_and_tmdb_match_everywhere(tmp_path: Path) -> None:
    rows = [
        {"id": "tt0000001", "title": "One", "year": 1990, "overview": PLOTS[0]},
        {"id": "m2", "tmdb_id": "77", "title": "Two", "year": 1991, "overview": PLOTS[1]},
    ]
    side = [{"id": "tt0000001"}, {"id": "9", "tmdb_id": "77"}, {"id": "8", "imdb_id": "tt0000001"}]
    films = spool_of(tmp_path, {"films.csv": rows})
    sides = RowSpool(tmp_path, "sides")
    sides.add("basics.tsv", 5, *table_of("basics.tsv", side))
    assert matched(tmp_path, films, sides)[0] == [0, 1, 0]


def test_the_nearest_name_decides_between_independent_files(tmp_path: Path) -> None:
    hulu: list[Row] = [
        dict(row) | {"title": f"Hulu {n}", "year": 2000 + n} for n, row in enumerate(FILMS)
    ]
    films = RowSpool(tmp_path, "films")
    films.add("folder", 0, *table_of("netflix_titles.csv", FILMS))
    films.add("folder", 0, *table_of("hulu_titles.csv", hulu))
    sides = RowSpool(tmp_path, "sides")
    sides.add("folder", 0, *table_of("hulu_credits.csv", [{"id": "2", "cast": ["Bo Lint"]}]))
    assert matched(tmp_path, films, sides)[0] == [8]


def test_links_give_films_their_other_ids(tmp_path: Path) -> None:
    links = [{"id": "2", "imdb_id": "tt0000222", "tmdb_id": "5"}, {"id": "70"}]
    films, sides = spools(tmp_path, {"films.csv": FILMS}, {"links.csv": links})
    values, side_values = films.values(), sides.values()
    entries = find_numberings(films, values, films.order(), lambda rows: {})
    matches = match_rows(sides, side_values, films, values, entries)
    linked = add_keys(values, entries, matches, side_values)
    assert linked.imdb.tolist() == [0, 0, 222, 0, 0, 0]
    assert linked.tmdb.tolist() == [0, 0, 5, 0, 0, 0]


def test_empty_cells_are_filled_and_others_stay() -> None:
    films, _ = table_of(
        "films.csv",
        [
            {"id": "1", "title": "Thaw", "genres": ["Drama"], "year": 1990},
            {"id": "2", "title": "Salt Lamp"},
            {"id": "3", "title": "Waltz Nine"},
        ],
    )
    rows, _ = table_of(
        "side.csv",
        [
            {"id": "1", "genres": ["War"], "year": 1950, "runtime_minutes": 90.0},
            {"id": "2", "genres": ["War", "Drama"], "year": 1991, "overview": "First."},
            {"id": "2", "genres": ["Drama", "Music"], "year": 1992, "overview": "Second."},
        ],
    )
    filled = fill(films, rows)
    assert filled.schema == MOVIES
    assert filled["genres"].to_pylist() == [["Drama"], ["War", "Drama", "Music"], None]
    assert filled["year"].to_pylist() == [1990, 1991, None]
    assert filled["runtime_minutes"].to_pylist() == [90.0, None, None]
    assert filled["overview"].to_pylist() == [None, "First.", None]
    assert filled["source"].to_pylist() == ["films.csv"] * 3


def test_no_side_rows_change_nothing() -> None:
    films, _ = table_of("films.csv", FILMS)
    assert fill(films, MOVIES.empty_table()).equals(films)


@pytest.mark.parametrize("rows", [0, 1])
def test_films_without_ids_match_nothing(tmp_path: Path, rows: int) -> None:
    films = spool_of(tmp_path, {"films.csv": [{"title": "Thaw", "year": 1990}]})
    sides = spool_of(tmp_path, {"side.csv": [{"id": "1"}, {"id": "2"}][: rows + 1]}, "sides")
    assert matched(tmp_path, films, sides)[0] == [-1] * (rows + 1)
    assert np.array_equal(pa.chunked_array(films.ids).null_count, 0)
