"""Dialects: detected, overridden, mapped; and the real catalogues if they are available."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.cleaning import clean
from pipeline.errors import SourceError
from pipeline.schemas import mining as tables
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import open_source
from pipeline.sources.files import dialects
from pipeline.sources.files.rows import derive_id

TMDB_FILES = {
    "tmdb-4968.parquet": 4_968,
    "tmdb-kaggle-5000.csv": 4_803,
    "tmdb-udacity-10866.csv": 10_866,
}
KAGGLE = (
    "budget,genres,id,keywords,original_language,original_title,overview,popularity,"
    "production_companies,production_countries,release_date,revenue,runtime,spoken_languages,"
    "tagline,title,vote_average,vote_count\n"
    '1000,"[{""id"": 1, ""name"": ""War""}]",5,"[{""id"": 2, ""name"": ""mine""}]",fr,Le Mur,'
    'A wall falls.,1.5,[],"[{""iso_3166_1"": ""FR"", ""name"": ""France""}]",12-10-2009,0,90.0,[],'
    ",The Wall,7.5,12\n"
)
UDACITY = (
    "id,imdb_id,popularity,budget,original_title,cast,director,keywords,overview,runtime,genres,"
    "release_date,vote_count,vote_average,release_year\n"
    "6,tt6,0.5,0,The Wall,Ann Ash|Bo Birch,Di Dale|Ed Elm,mine,A wall falls.,90,"
    "War|Drama,5/29/63,12,7.5,1963\n"
)
IMDB = (
    "movie_id,movie_name,year,certificate,runtime,genre,rating,description,director,director_id,"
    "star,star_id,votes,gross(in $)\n"
    'tt0000007,The Wall,1963,PG,142 min,"War, Drama",7.5,A wall falls.,Di Dale,/name/nm1,'
    '"Ann Ash, \nBo Birch",x,"1,234","10,000"\n'
    "tt0000008,Next,II,,,War,,Add a Plot,,,,,,\n"
)
IMDB_TOP = (
    "Poster_Link,Series_Title,Released_Year,Runtime,Genre,IMDB_Rating,Overview,Director,Star1,"
    "Star2,No_of_Votes,Gross\n"
    'x,The Wall,1963,142 min,"War, Drama",7.5,A wall falls.,Di Dale,Ann Ash,Bo Birch,1234,'
    '"10,000"\n'
)
IMDB_MILLIONS = (
    "Rank,Title,Genre,Description,Director,Actors,Year,Runtime (Minutes),Rating,Votes,"
    'Revenue (Millions)\n1,The Wall,"War,Drama",A wall falls.,Di Dale,"Ann Ash, Bo Birch",1963,142,'
    "7.5,1234,0.01\n"
)


def read(path: Path, text: str, **settings: Any) -> list[dict[str, Any]]:
    path.write_text(text, encoding="utf-8")
    chunks = open_source(f"files:{path}", SourceSettings(**settings)).read()
    movies: list[dict[str, Any]] = pa.concat_tables(c.movies for c in chunks).to_pylist()
    return movies


def dialect(text: str) -> str:
    detected = dialects.detect(text.split("\n", 1)[0].split(","))
    assert detected is not None
    return detected.name


def test_every_dialect_is_detected_and_has_columns_of_movies_only() -> None:
    assert dialect(KAGGLE) == "kaggle"
    assert dialect(UDACITY) == "udacity"
    assert dialect(IMDB) == dialect(IMDB_TOP) == dialect(IMDB_MILLIONS) == "imdb"
    assert dialect("id,title,overview") == dialect("movie_id,title,overview,runtime") == "tmdb"
    assert dialect("movie_id,title,overview,directors,countries,micro_genre") == "columns"
    assert dialects.detect(["Name", "Plot"]) is None
    for table in dialects.DIALECTS:
        assert set(table.columns) <= set(tables.MOVIES.names) - {"source", "row"}


def test_kaggle(tmp_path: Path) -> None:
    (movie,) = read(tmp_path / "a.csv", KAGGLE)
    assert movie == {
        "movie_id": "5",
        "title": "The Wall",
        "year": 2009,
        "release_date": "2009-10-12",
        "overview": "A wall falls.",
        "tagline": None,
        "genres": ["War"],
        "keywords": ["mine"],
        "directors": None,
        "cast": None,
        "language": "fr",
        "countries": ["FR"],
        "runtime_minutes": 90.0,
        "vote_average": 7.5,
        "vote_count": 12,
        "popularity": 1.5,
        "budget_usd": 1000.0,
        "revenue_usd": None,
        "poster_path": None,
        "source": "a.csv",
        "row": 1,
    }


def test_udacity(tmp_path: Path) -> None:
    (movie,) = read(tmp_path / "a.csv", UDACITY)
    assert (movie["movie_id"], movie["year"], movie["release_date"]) == ("6", 1963, "1963-05-29")
    assert movie["cast"] == ["Ann Ash", "Bo Birch"]
    assert movie["directors"] == ["Di Dale", "Ed Elm"]
    assert movie["genres"] == ["War", "Drama"]
    assert movie["budget_usd"] is None


@pytest.mark.parametrize("text", [IMDB, IMDB_TOP, IMDB_MILLIONS])
def test_imdb(tmp_path: Path, text: str) -> None:
    movie, *rest = read(tmp_path / "a.csv", text)
    assert movie["movie_id"] == ("tt0000007" if text == IMDB else derive_id("The Wall", 1963))
    assert (movie["title"], movie["year"], movie["runtime_minutes"]) == ("The Wall", 1963, 142.0)
    assert (movie["genres"], movie["cast"]) == (["War", "Drama"], ["Ann Ash", "Bo Birch"])
    assert (movie["vote_average"], movie["vote_count"]) == (7.5, 1234)
    assert movie["revenue_usd"] == pytest.approx(10_000)
    assert [film["year"] for film in rest] == ([None] if text == IMDB else [])


def test_tmdb_api_with_credits(tmp_path: Path) -> None:
    line = (
        '{"id": 5, "title": "", "original_title": "Le Mur", "overview": "A wall.", "genres": '
        '[{"id": 1, "name": "War"}], "keywords": {"keywords": [{"name": "mine"}]}, "credits": '
        '{"cast": [{"name": "Ann"}], "crew": [{"name": "Di", "job": "Director"}, {"name": "W", '
        '"job": "Writer"}]}, "origin_country": ["FR"], "release_date": "", "poster_path": "/p.jpg"}'
    )
    (movie,) = read(tmp_path / "a.jsonl", line)
    assert (movie["title"], movie["genres"], movie["keywords"]) == ("Le Mur", ["War"], ["mine"])
    assert (movie["cast"], movie["directors"], movie["countries"]) == (["Ann"], ["Di"], ["FR"])
    assert (movie["year"], movie["poster_path"]) == (None, "/p.jpg")


def test_the_setting_overrides_detection(tmp_path: Path) -> None:
    text = "id,movie_id,title,overview,genres\n1,9,One,A film.,War|Drama\n"
    assert read(tmp_path / "a.csv", text)[0]["movie_id"] == "9"
    assert read(tmp_path / "a.csv", text, dialect="udacity")[0]["movie_id"] == "1"
    with pytest.raises(SourceError, match="lacks"):
        read(tmp_path / "a.csv", text, dialect="columns", column_map={"title": "Name"})


def test_a_column_map_changes_a_dialect_and_not_other_files(tmp_path: Path) -> None:
    columns = {"overview": "extract", "release_date": "out"}
    text = "title,year,cast,extract,out\nOne,,Ann|Bo,A film.,6/9/15\n"
    (movie,) = read(tmp_path / "a.csv", text, column_map=columns)
    assert (movie["overview"], movie["year"], movie["cast"]) == ("A film.", 2015, ["Ann", "Bo"])
    assert read(tmp_path / "b.csv", KAGGLE, column_map=columns)[0]["title"] == "The Wall"


def test_a_wrong_type_is_rejected_with_its_column_and_value(tmp_path: Path) -> None:
    header = "movie_id,title,overview,year,vote_average\n"
    text = header + "1,a,b,abc,5\n2,a,b,1999,x\n3,a,b,1999,5\n,,b,,\n"
    (tmp_path / "a.csv").write_text(text)
    (chunk,) = open_source(f"files:{tmp_path / 'a.csv'}", SourceSettings()).read()
    assert chunk.movies["movie_id"].to_pylist() == ["3"]
    assert [tuple(row.values())[1:] for row in chunk.rejects.to_pylist()] == [
        (1, "1", "wrong_type", "column 'year': 'abc' is not a year"),
        (2, "2", "wrong_type", "column 'vote_average': 'x' is not a number"),
        (4, None, "missing_id", "neither an id nor a title"),
    ]


def test_a_derived_id_is_stable() -> None:
    assert derive_id("The Wall", 1963) == "t-9092959bab7c25c8"
    assert derive_id("The Wall", 1963) == derive_id(" the  WALL ", 1963)
    assert len({derive_id("The Wall", year) for year in (1963, 1964, None)}) == 3


def test_the_real_catalogues_give_15802_films(test_data: Path) -> None:
    parts: list[pa.Table] = []
    for name, rows in TMDB_FILES.items():
        source = open_source(f"files:{test_data / name}", SourceSettings())
        source.check()
        chunks = list(source.read())
        assert sum(chunk.rows_in for chunk in chunks) == rows
        assert sum(chunk.rejects.num_rows for chunk in chunks) == 0
        parts.extend(chunk.movies for chunk in chunks)
    out = clean.clean(pa.concat_tables(parts), CleanSettings())
    films = set(out["movies"]["movie_id"].to_pylist())
    rejects = out["rejects"].to_pylist()
    unfit = {row["movie_id"] for row in rejects if row["reason"] != "duplicate_id"}
    assert len(films) == out["movies"].num_rows
    assert len(films | unfit) == 15_802
    # An id is lost only if none of its rows has an overview.
    assert {r["reason"] for r in rejects} == {"duplicate_id", "missing_overview"}
    assert len(unfit - films) < 40


def test_udacity_dates_are_in_the_year_of_release(test_data: Path) -> None:
    source = open_source(f"files:{test_data / 'tmdb-udacity-10866.csv'}", SourceSettings())
    for chunk in source.read():
        for year, date in zip(
            chunk.movies["year"].to_pylist(), chunk.movies["release_date"].to_pylist(), strict=True
        ):
            assert 1960 <= year <= 2015 and int(date[:4]) == year


def test_nearly_all_films_of_the_first_catalogue_are_clean(test_data: Path) -> None:
    source = open_source(f"files:{test_data / 'tmdb-4968.parquet'}", SourceSettings())
    movies = pa.concat_tables(chunk.movies for chunk in source.read())
    out = clean.clean(movies, CleanSettings())
    assert out["movies"].num_rows / 4_968 >= 0.99
    assert not any(text.startswith("[") for text in movies["keywords"].to_pylist()[0])
