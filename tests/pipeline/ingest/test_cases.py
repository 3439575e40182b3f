"""The whole way from files to clean films, on the files of real people in small: `data/cases`.

These tests belong to no single module: each reads the files of a case and checks every value that
the `README.md` of the case calls right.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.cleaning.clean import clean
from pipeline.ingest.losses import summarise
from pipeline.ingest.partition import read_catalogue
from pipeline.schemas.reading_summary import ReadingSummary
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.storage.work_store import WorkStore
from tests.support.cases import CASES, case

Row = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """Films by id, rejects, and the summary of a reading."""

    films: Mapping[str, Row]
    rejects: Sequence[Row]
    summary: ReadingSummary

    def column(self, name: str) -> list[Any]:
        """Return a column of the films, by number of their row."""
        films = sorted(self.films.values(), key=lambda film: (film["source"], film["row"]))
        return [film[name] for film in films]

    @property
    def reasons(self) -> Counter[str]:
        return Counter(row["reason"] for row in self.rejects)


class Reader:
    """Reads and cleans catalogues in a folder, as a mining does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def __call__(self, *paths: str | Path, **settings: Any) -> Result:
        self.runs += 1
        store = WorkStore(self.folder / f"out{self.runs}")
        specs = [f"files:{path if isinstance(path, Path) else CASES / path}" for path in paths]
        catalogue = read_catalogue(store, specs, SourceSettings(**settings))
        parts = [clean(store.read(ref), CleanSettings()) for ref in catalogue.partitions]
        movies = pa.concat_tables([part["movies"] for part in parts])
        rejects = [store.read(catalogue.rejects), *(part["rejects"] for part in parts)]
        losses = [store.read(catalogue.losses), *(p["losses"] for p in parts if "losses" in p)]
        summary = summarise(catalogue, len(movies), rejects, losses)
        films = {row["movie_id"]: row for row in movies.to_pylist()}
        assert len(films) == len(movies)
        return Result(films, pa.concat_tables(rejects).to_pylist(), summary)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_01_an_unreadable_cell_of_another_column_does_not_cost_the_film(read: Reader) -> None:
    got = read("01-optional-cell-costs-the-film/films.csv")
    assert list(got.column("movie_id")) == [str(n) for n in range(1, 13)]
    assert got.column("year") == [1994] + [1999] * 9 + [None, 1999]
    dates = ["1999-05-06"] * 3 + [None] * 2 + ["1999-05-06"] * 5 + [None, "1999-05-06"]
    assert got.column("release_date") == dates
    minutes = [96.0] * 5 + [None] + [96.0] * 5 + [None]
    assert got.column("runtime_minutes") == minutes
    assert got.column("vote_average") == [7.1] * 6 + [None] * 2 + [7.1] * 4
    assert got.column("vote_count") == [1204] * 8 + [None] + [1204] * 3
    unknown = {e.column: e.cells for e in got.summary.cells if e.loss == "unknown"}
    assert unknown.keys() >= {"year", "release_date", "runtime_minutes", "vote_average"}
    assert unknown["vote_average"] >= 1
    assert all("films.csv row" in entry.example for entry in got.summary.cells)


def test_02_dates_in_words_cost_no_film(read: Reader) -> None:
    got = read("02-mass-rejection-is-success/films.csv")
    assert (len(got.films), got.summary.rejected_share) == (40, 0.0)
    assert set(got.column("year")) == {2019}


def test_02_a_list_in_braces_costs_no_film(read: Reader) -> None:
    got = read("02-mass-rejection-is-success/none.csv")
    assert got.column("genres") == [["Drama", "Comedy"]] * 5


@pytest.mark.parametrize(
    "name", sorted(p.name for p in (CASES / "03-json-documents").iterdir() if p.suffix != ".md")
)
def test_03_every_json_document_gives_its_films(read: Reader, name: str) -> None:
    got = read(f"03-json-documents/{name}")
    assert got.column("title") == ["Salt Lamp", "Waltz Nine", "The Coffin Road", "Ward of Songs"]
    assert got.column("year") == [1990, 1991, 1992, 1993]
    ids = [f"{n:024x}" for n in range(4)] if "mongo" in name else ["1", "2", "3", "4"]
    assert got.column("movie_id") == ids
    assert not got.rejects
    if name == "genre_ids.jsonl":
        assert got.column("genres") == [["Action", "Drama"]] * 4


def test_04_files_that_number_their_films_independently(read: Reader) -> None:
    got = read("04-ids-of-different-services/one.csv", "04-ids-of-different-services/two.csv")
    assert (len(got.films), got.rejects) == (12, [])
    assert {got.films[f"s{n}"]["source"] for n in range(1, 7)} == {"one.csv"}
    assert got.films["two:s1"]["title"] == "The Quiet Choir"
    note = "one.csv and two.csv number their films independently: 6 ids stand for different films"
    assert any(note in entry for entry in got.summary.notes)


def test_06_imdb_ids_titles_and_years_join_files(read: Reader) -> None:
    files = [f"06-same-film-two-kinds-of-id/{name}.csv" for name in ("tmdb", "imdb", "no_id")]
    got = read(*files)
    assert sorted(got.films) == ["601", "602", "603", "604"]
    films = [got.films[movie_id] for movie_id in sorted(got.films)]
    assert [film["genres"] for film in films] == [["Drama"]] * 4
    dates = [f"{year}-03-30" for year in range(1990, 1994)]
    assert [film["release_date"] for film in films] == dates
    assert got.reasons == {"duplicate_id": 8}


ONE_FILM = {
    "german.csv": {"title": "Salt Lamp", "year": 1999},
    "synopsis.csv": {"title": "Salt Lamp", "year": 1999},
    "year_in_title.csv": {"title": "Salt Lamp", "year": 1999},
    "tv.jsonl": {"title": "Salt Lamp", "year": 2001, "genres": ["Sci-Fi & Fantasy"]},
    "omdb.jsonl": {
        "title": "Salt Lamp",
        "year": 1994,
        "release_date": "1994-10-14",
        "runtime_minutes": 142.0,
        "genres": ["Crime", "Drama"],
        "directors": ["Ada Quill"],
        "cast": ["Bo Lint", "Cy Marr"],
    },
}


@pytest.mark.parametrize("name", sorted(ONE_FILM))
def test_07_usual_names_of_columns(read: Reader, name: str) -> None:
    got = read(f"07-usual-column-names/{name}")
    assert len(got.films) == 1
    film = next(iter(got.films.values()))
    assert {column: film[column] for column in ONE_FILM[name]} == ONE_FILM[name]


@pytest.mark.parametrize("with_map", [False, True])
def test_07_a_column_map_adds_to_what_is_found(read: Reader, with_map: bool) -> None:
    map_file = case("07-usual-column-names/map.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(map_file)["source"] if with_map else {}
    got = read("07-usual-column-names/streaming.csv", **settings)
    assert got.column("movie_id") == ["s1", "s2", "s3"]
    assert got.column("year") == [1990, 1991, 1992]
    assert got.column("directors") == [["Ada Quill"]] * 3
    assert got.column("cast") == [["Bo Lint", "Cy Marr"]] * 3
    assert got.column("genres") == [["Dramas", "Comedies"]] * 3
    assert got.column("runtime_minutes") == [90.0, 91.0, 92.0]
    assert got.column("vote_average") == [None] * 3


def test_07_plots_of_wikipedia(read: Reader) -> None:
    got = read("07-usual-column-names/wiki.csv")
    assert got.column("title") == ["Salt Lamp", "Waltz Nine", "The Coffin Road"]
    assert got.column("year") == [1990, 1991, 1992]
    assert got.column("directors") == [["Ada Quill"]] * 3
    assert got.column("cast") == [["Bo Lint"]] * 3


def test_08_side_tables_fill_the_films(read: Reader) -> None:
    got = read("08-side-tables/catalogue")
    assert sorted(got.films) == ["11", "12", "13"]
    assert got.column("keywords") == [["lighthouse", "sea"]] * 3
    assert got.column("directors") == [["Ada Quill"]] * 3
    assert got.column("cast") == [["Bo Lint"]] * 3
    assert (got.summary.rows_in, got.rejects) == (3, [])
    tables = {table.name: table for table in got.summary.tables}
    assert tables["ratings.csv"].role == "not read"
    assert (tables["credits.csv"].rows, tables["credits.csv"].films) == (3, 3)


def test_09_sentences_that_say_there_is_no_overview(read: Reader) -> None:
    got = read("09-placeholders/films.csv")
    assert sorted(got.films, key=int) == [str(n) for n in range(1, 13)]
    assert got.reasons == {"missing_overview": 26}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cp1251.csv", "Соляная лампа"),
        ("gb18030.csv", "盐灯"),
        ("latin2.csv", "Święty Łukasz"),
        ("shift_jis.csv", "塩のランプ"),
        ("utf16.csv", "Соляная лампа"),
        ("utf16_no_mark.csv", "Соляная лампа"),
    ],
)
def test_10_encodings(read: Reader, name: str, title: str) -> None:
    got = read(f"10-encodings/{name}")
    assert title in got.column("title")
    assert not got.rejects


def test_11_quotes_in_a_tsv_are_text(read: Reader) -> None:
    got = read("11-quotes-in-tsv/films.tsv")
    titles = got.column("title")
    assert len(titles) == 10
    assert titles[0] == '"Salt Lamp, Part One'
    assert titles[8:] == ['The "Attic" Meteor', '"Fixed" Final']


def test_11_a_stray_quote_costs_at_most_its_own_row(read: Reader) -> None:
    got = read("11-quotes-in-tsv/films.csv")
    assert set(got.films) >= {str(n) for n in range(2, 8)}
    assert got.films["2"]["title"] == "Waltz Nine"


DATES = [
    ("2019-09-09", 2019),
    ("1994-10-14", 1994),
    ("1994-10-14", 1994),
    ("1989-12-18", 1989),
    ("1980-06-13", 1980),
    ("1994-10-14", 1994),
    ("2001-02-03", 2001),
    ("2001-02-03", 2001),
    (None, 1994),
    (None, 1994),
    ("1994-10-14", 1994),
    ("1994-10-14", 1994),
]


def test_13_dates(read: Reader) -> None:
    got = read("13-dates/films.csv")
    assert list(zip(got.column("release_date"), got.column("year"), strict=True)) == DATES


def test_13_years(read: Reader) -> None:
    years = [1994, 1994, 1994, 1961, 2019, 2016, 1920, 1920, 1994, None]
    assert read("13-dates/years.csv").column("year") == years


def test_14_numbers(read: Reader) -> None:
    got = read("14-numbers/films.csv")
    assert got.column("runtime_minutes") == [96, 142, 142, 142, 142]
    assert got.column("vote_average") == [7.8, 7.8, 8.0, 7.8, 7.8]
    assert got.column("vote_count") == [1_200_000, 12_000, 1_234, 12_345, 1_234_567]
    assert got.column("revenue_usd") == [28_300_000, 28_300_000, None, 60_000, None]


def test_14_decimal_commas(read: Reader) -> None:
    got = read("14-numbers/semicolon.csv")
    assert got.column("vote_average") == [7.8, 6.4]
    assert got.column("popularity") == [12.5, 3.1]
    assert got.column("vote_count") == [1_234, 12_345]


GENRES = [
    ["Action", "Adventure"],
    ["Action", "Adventure"],
    ["Action", "Drama"],
    ["Action", "Drama"],
    ["Action", "Sci-Fi & Fantasy"],
    ["Thriller", "Science Fiction"],
    ["Sci-Fi & Fantasy", "Drama"],
    ["Action", "Drama"],
    ["Romance", "Drama"],
    ["剧情", "爱情"],
    ["剧情", "爱情"],
    ["Action", "Drama"],
]


def test_15_lists(read: Reader) -> None:
    assert read("15-list-cells/films.csv").column("genres") == GENRES


def test_16_unknown_in_lists(read: Reader) -> None:
    got = read("16-unknown-as-a-value/films.csv")
    assert got.column("genres") == [None, None, ["Drama"]]
    assert got.column("directors") == [None, ["Ada Quill"], ["Ada Quill", "Ed Bray"]]
    assert got.column("cast") == [None, None, ["Bo Lint", "Cy Marr"]]
    assert got.column("keywords") == [None, ["robot"], None]


FORMS = sorted(p.name for p in (CASES / "23-file-forms").iterdir() if p.suffix != ".md")


@pytest.mark.parametrize("name", FORMS)
def test_23_forms_of_files(read: Reader, name: str) -> None:
    got = read(f"23-file-forms/{name}")
    assert got.column("title") == ["Salt Lamp", "Waltz Nine", "The Coffin Road"]
    assert got.column("year") == [1990, 1991, 1992]
    assert not got.rejects


def test_23_patterns_and_folders(read: Reader) -> None:
    assert len(read("23-file-forms/*.csv").films) == 3
    assert len(read("23-file-forms").films) == 3


def test_28_texts_are_repaired(read: Reader) -> None:
    got = read("28-text-left-unrepaired/films.jsonl")
    films = {film["title"]: film["overview"] for film in got.films.values()}
    assert films["Footnotes"] == (
        "The keeper hides a map. Smugglers come. Then the light goes out."
    )
    assert films["Escapes"] == "A café owner finds a lamp again \u2014 and again."
    assert films["Link"].rstrip(".") == "A keeper hides a map at sea"
    assert films["Markdown"] == "A keeper hides a map at sea"
    limit = CleanSettings().max_overview_chars
    assert 0.9 * limit < len(films["Long"]) <= limit
    assert "\x1f" not in films["Control"]
    losses = {(entry.column, entry.loss): entry.cells for entry in got.summary.cells}
    assert losses["overview", "cut"] == 1
    assert losses["overview", "dropped"] == 1
    assert not got.rejects


def test_31_years_of_another_notation_keep_their_films(read: Reader) -> None:
    folder = "31-update-withdraws-what-it-cannot-read"
    first, later = read(f"{folder}/first.csv"), read(f"{folder}/next.csv")
    assert len(later.films) == 160
    assert {key: film["year"] for key, film in later.films.items()} == {
        key: film["year"] for key, film in first.films.items()
    }
