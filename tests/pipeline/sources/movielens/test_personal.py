"""One person's ratings: Letterboxd, IMDb, Trakt, and lists of any other origin."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.movielens.personal import PersonalRating, read_personal_ratings
from tests.support.cases import case

LETTERBOXD = case("24-movielens-layouts/letterboxd")
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),"
    "Year,Genres,Num Votes,Release Date,Directors\n"
    "tt9990001,9,2024-01-15,Salt Lamp,Salt Lamp,https://example.org,Movie,7.1,101,1995,Drama,10,"
    "1995-03-02,Ada Vey\n"
    'tt9990003,4,2024-01-16,"Salt, Part 1",Salt,https://example.org,TV Episode,7.1,50,2001,Drama,1,'
    "2001-03-02,Ada Vey\n"
)
TRAKT = [
    {
        "rated_at": "2024-01-15T20:00:00.000Z",
        "rating": 8,
        "type": "movie",
        "movie": {
            "title": "Salt Lamp",
            "year": 1995,
            "rating": 6.5,
            "ids": {"trakt": 5, "slug": "salt-lamp-1995", "imdb": "tt9990001", "tmdb": 862},
        },
    },
    {"rating": 3, "type": "show", "show": {"title": "Salt Hours", "year": 2001, "ids": {}}},
]


def test_letterboxd_as_file_folder_and_archive(tmp_path: Path) -> None:
    expected = PersonalRating("Salt Lamp", 1995, 4.5)
    assert read_personal_ratings(LETTERBOXD / "ratings.csv").films == (expected,)
    archive = Path(shutil.make_archive(str(tmp_path / "export"), "zip", LETTERBOXD))
    for place in (LETTERBOXD, archive):
        films = read_personal_ratings(place).films
        assert films == (expected, PersonalRating("Salt Lamp", 1995, None))


def test_imdb_rates_up_to_ten_even_if_no_rating_is_high(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(IMDB, encoding="utf-8")
    person = read_personal_ratings(file)
    assert person.films == (PersonalRating("Salt Lamp", 1995, 4.5, "tt9990001"),)
    assert any("1 rows of series and episodes" in note for note in person.notes)
    file.write_text(IMDB.replace(",9,", ",4,"), encoding="utf-8")
    assert read_personal_ratings(file).films[0].stars == 2.0


def test_trakt_in_json(tmp_path: Path) -> None:
    file = tmp_path / "ratings-movies.json"
    file.write_text(json.dumps(TRAKT), encoding="utf-8")
    expected = (PersonalRating("Salt Lamp", 1995, 4.0, "tt9990001", "862"),)
    assert read_personal_ratings(file).films == expected
    assert read_personal_ratings(tmp_path).films == expected


@pytest.mark.parametrize(
    ("text", "films"),
    [
        (
            "title;year;rating\nCafé Salt;1995;4,5\nSalt (1996);;3\n",
            (PersonalRating("Café Salt", 1995, 4.5), PersonalRating("Salt", 1996, 3.0)),
        ),
        (
            "rated_at,type,title,year,trakt_rating,trakt_id,imdb_id,tmdb_id,rating\n"
            "2024,movie,Salt,1995,7.9,5,tt9990001,862,4\n",
            (PersonalRating("Salt", 1995, 2.0, "tt9990001", "862"),),
        ),
        (
            "TMDb ID,IMDb ID,Type,Name,Release Date,Your Rating\n862,tt9990001,movie,Salt,"
            "1995-10-30T00:00:00Z,10\n",
            (PersonalRating("Salt", 1995, 5.0, "tt9990001", "862"),),
        ),
        (
            "movieId,imdb_id,tmdb_id,rating,average_rating,title\n"
            "1,114709,862,4.5,3.9,Salt (1995)\n",
            (PersonalRating("Salt", 1995, 4.5, "tt0114709", "862"),),
        ),
        ("Film,Year,Score\nSalt,1995,80\n", (PersonalRating("Salt", 1995, 4.0),)),
        ("Name,Year,Rating\nSalt,1995,★★★½\n", (PersonalRating("Salt", 1995, 3.5),)),
    ],
)
def test_lists_of_other_services(
    tmp_path: Path, text: str, films: tuple[PersonalRating, ...]
) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "mine.csv").write_text(text, encoding=encoding)
        assert read_personal_ratings(tmp_path / "mine.csv").films == films


def test_unreadable_rows_are_counted(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("title,year,rating\nSalt,1995,4\nLamp,1996,\n,1990,5\nA,B,C\n")
    person = read_personal_ratings(tmp_path / "r.csv")
    assert len(person.films) == 1 and "3 rows without a title or a rating" in person.notes[0]


def test_errors_name_the_file_and_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        read_personal_ratings(tmp_path / "absent.csv")
    with pytest.raises(SourceError, match="has no ratings: give"):
        read_personal_ratings(tmp_path)
    (tmp_path / "r.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match=r"r\.csv: its columns are a, b; .* title, year, rating"):
        read_personal_ratings(tmp_path / "r.csv")
    (tmp_path / "r.json").write_text("[{")
    with pytest.raises(SourceError, match=r"r\.json: is no JSON"):
        read_personal_ratings(tmp_path / "r.json")
    (tmp_path / "r.csv").write_text("title,rating\nSalt,\n")
    with pytest.raises(SourceError, match="none of its rows has a title and a rating"):
        read_personal_ratings(tmp_path / "r.csv")
