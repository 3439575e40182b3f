"""Rows of a table: a film or a reject each, whatever their cells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.columns import choose_columns
from pipeline.sources.files.rows import RowReader, derive_id
from pipeline.sources.forms import RawChunk
from tests.support.cases import case

FILMS = "01-optional-cell-costs-the-film/films.csv"


def build(
    cells: dict[str, list[Any]], malformed: dict[int, str] | None = None, **options: Any
) -> SourceChunk:
    chunk = RawChunk(1, len(next(iter(cells.values()))), cells, malformed or {})
    fills = options.pop("fills", False)
    reader = RowReader(
        choose_columns(list(cells), cells),
        label="a.csv",
        settings=SourceSettings(**options),
        fills=fills,
    )
    return reader.read(chunk)


def test_an_unreadable_cell_costs_only_itself() -> None:
    (chunk,) = open_source(f"files:{case(FILMS)}", SourceSettings()).read()
    assert chunk.rejects.num_rows == 0
    movies = chunk.movies.to_pylist()
    assert [m["movie_id"] for m in movies] == [str(n) for n in range(1, 13)]
    # Row 11 is left to cleaning, whose settings have the bounds of a year.
    assert [m["year"] for m in movies] == [1994] + [1999] * 9 + [2099, 1999]
    dates = [m["release_date"] for m in movies]
    assert dates == ["1999-05-06"] * 3 + [None] * 2 + ["1999-05-06"] * 5 + [None, "1999-05-06"]
    unknown = {loss["column"]: loss["cells"] for loss in chunk.losses.to_pylist()}
    assert unknown["year"] >= 2  # "PG" and "c. 1920"
    assert unknown["runtime_minutes"] >= 1 and unknown["vote_average"] >= 1
    assert all(loss["source"] == "films.csv" for loss in chunk.losses.to_pylist())


def test_the_year_is_that_of_the_column_then_the_date_then_the_title() -> None:
    chunk = build(
        {
            "title": ["A (1990)", "B (1990)", "C (1990)", "D (1990)", "E", "F (99)"],
            "overview": ["x"] * 6,
            "year": ["1994", "abc", "", "2099", "1700", ""],
            "release_date": ["1999-05-06", "1999-05-06", "", "1999-05-06", "1999-05-06", ""],
        }
    )
    assert chunk.movies["year"].to_pylist() == [1994, 1999, 1990, 1999, 1999, None]
    titles = ["A (1990)", "B (1990)", "C", "D (1990)", "E", "F (99)"]
    assert chunk.movies["title"].to_pylist() == titles
    losses = {(loss["column"], loss["example"]) for loss in chunk.losses.to_pylist()}
    assert losses == {("year", "abc")}
    assert sum(loss["cells"] for loss in chunk.losses.to_pylist()) == 3


def test_the_year_of_a_row_decides_the_century_of_its_date() -> None:
    chunk = build({"title": ["A", "B"], "year": [1915, 2015], "release_date": ["6/9/15"] * 2})
    assert chunk.movies["release_date"].to_pylist() == ["1915-06-09", "2015-06-09"]


def test_the_first_cell_that_is_not_missing_is_used() -> None:
    chunk = build({"title": ["", "B"], "original_title": ["Le Mur", "Le B"], "overview": ["x"] * 2})
    assert chunk.movies["title"].to_pylist() == ["Le Mur", "B"]


def test_keys_are_the_ids_of_authorities() -> None:
    chunk = build({"id": ["7", ""], "imdb_id": ["tt0114709", "x"], "tmdbId": ["862", "863"],
                   "title": ["A", "B"], "overview": ["x", "y"]})  # fmt: skip
    assert chunk.keys.to_pylist() == [
        {"imdb_id": "tt0114709", "tmdb_id": "862", "has_id": True},
        {"imdb_id": None, "tmdb_id": "863", "has_id": False},
    ]
    assert chunk.movies["movie_id"].to_pylist() == ["7", derive_id("B", None)]
    plain = build({"id": ["7"], "title": ["A"], "overview": ["x"]})
    assert plain.keys.num_rows == 0


def test_malformed_rows_and_rows_without_title_and_id_are_rejected() -> None:
    cells = {"id": ["1", None, ""], "title": ["A", None, ""], "overview": ["x", None, "y"]}
    chunk = build(cells, {1: "2 cells where the header has 3"})
    assert chunk.movies["movie_id"].to_pylist() == ["1"]
    assert [(r["row"], r["reason"]) for r in chunk.rejects.to_pylist()] == [
        (2, "malformed_row"),
        (3, "missing_id"),
    ]
    assert chunk.rows_in == 3


def test_a_side_table_may_have_ids_of_authorities_only() -> None:
    chunk = build({"imdb_id": ["tt0114709"], "votes": ["12"]}, fills=True)
    assert chunk.fills
    assert chunk.movies["movie_id"].to_pylist() == ["tt0114709"]


def test_a_derived_id_is_stable() -> None:
    assert derive_id("The Wall", 1963) == "t-9092959bab7c25c8"
    assert derive_id("The Wall", 1963) == derive_id(" the  WALL ", 1963)
    assert len({derive_id("The Wall", year) for year in (1963, 1964, None)}) == 3


CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from(["1999", "7,5", "[1", "{'a': 1}", "A|B", "tt0133093", "1/2/99", "(1999)"]),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.text(max_size=5), st.integers()), max_size=3),
    st.datetimes(),
    st.binary(max_size=5),
)
NAMES = (
    *("id", "title", "overview", "plot", "year", "release_date", "genres", "cast", "crew"),
    *("credits", "keywords", "language", "country", "runtime", "rating", "votes", "budget"),
    *("gross_millions", "star1", "star2", "imdb_id", "tmdb_id", "type", "imdb", "date", "text"),
)
COLUMNS = st.one_of(st.text(max_size=12), st.sampled_from(NAMES))


def test_a_row_with_a_quote_out_of_place_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_text('title,overview\nSalt,"said "no", twice"\nWaltz,"A robot, learns"\n')
    (chunk,) = open_source(f"files:{path}", SourceSettings()).read()
    assert chunk.movies["overview"].to_pylist() == ['said "no", twice', "A robot, learns"]
    (loss,) = chunk.losses.to_pylist()
    assert (loss["column"], loss["loss"], loss["cells"]) == ("row", "repaired", 1)
    assert (loss["example_row"], loss["example"]) == (1, "Salt")
    assert loss["detail"] == "line 2: a quote or line end is out of place"


@settings(deadline=None, max_examples=300)
@given(
    st.dictionaries(COLUMNS, st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=8),
    st.booleans(),
)
def test_any_row_is_a_film_or_a_reject(cells: dict[str, list[Any]], fills: bool) -> None:
    chunk = build(cells, fills=fills, types=("movie",))
    assert chunk.movies.num_rows + chunk.rejects.num_rows == 4
    assert all(chunk.movies["movie_id"].to_pylist())
    assert all(loss["cells"] >= 1 for loss in combine_losses([chunk.losses]).to_pylist())
