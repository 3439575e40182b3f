"""Data sets of ratings in their layouts: files by name and by content, films, links, errors."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.movielens import rows as movielens_rows
from pipeline.sources.movielens.source import MovieLens
from tests.support.cases import case

HEAD = "userId,movieId,rating,timestamp\n"
MOVIES = (
    'movieId,title,genres\n1,"Deep, The (1977)",Adventure|Thriller\n2,Nameless,(no genres listed)\n'
)
LAYOUTS = case("24-movielens-layouts")
SALT = [("Salt Lamp", 1995, ["Drama", "Comedy"]), ("Waltz Nine, The", 2001, [])]
FOUR = [(1, 1, 4.0), (1, 2, 3.5), (2, 1, 5.0), (2, 2, 2.0)]


def write_folder(place: Path, ratings: str, **files: str) -> Path:
    (place / "ratings.csv").write_text(ratings, encoding="utf-8")
    (place / "movies.csv").write_text(files.pop("movies", MOVIES), encoding="utf-8")
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def rated(place: Path) -> list[tuple[int, int, float]]:
    """Return user, film and stars of all valid ratings of a data set."""
    tables = [chunk.good for chunk in MovieLens(place).ratings()]
    columns = ("user_id", "film_id", "rating")
    return [tuple(row[c] for c in columns) for table in tables for row in table.to_pylist()]


def listed(place: Path) -> list[tuple[str, int | None, list[str]]]:
    """Return title, year and genres of all films of a data set."""
    films, _ = MovieLens(place).films()
    return [(row["title"], row["year"], row["genres"]) for row in films.to_pylist()]


@pytest.mark.parametrize(
    ("name", "ratings", "films"),
    [
        (
            "100k",
            [(1, 1, 4.0), (1, 2, 3.0), (2, 1, 5.0)],
            [("Café Salt", 1995, ["Comedy", "Drama"]), ("Waltz Nine, The", 1996, ["Drama"])],
        ),
        ("kaggle20m", FOUR, SALT),
        ("gz", FOUR[:2], SALT),
        (
            "extra_column",
            FOUR,
            [("Salt Lamp", 1995, ["Drama"]), ("Waltz Nine", 2001, ["Comedy"])],
        ),
        ("column_order", [(1, 1, 4.0), (1, 2, 3.0)], SALT),
        ("index_column", [(1, 1, 4.0), (1, 2, 3.0)], SALT),
        ("milliseconds", FOUR, SALT),
        ("ten_stars", [(1, 1, 4.0), (1, 2, 5.0)], SALT),
        (
            "utf8_dat",
            [(1, 1, 5.0), (1, 2, 3.5)],
            [("Café Salt", 1995, ["Drama", "Comedy"]), ("Waltz: Nine, The", 2001, ["Comedy"])],
        ),
        ("links_tt", FOUR, SALT),
    ],
)
def test_every_layout_of_the_cases_is_read(
    name: str,
    ratings: list[tuple[int, int, float]],
    films: list[tuple[str, int | None, list[str]]],
    tmp_path: Path,
) -> None:
    place = LAYOUTS / name
    found = rated(place)
    assert found[: len(ratings)] == ratings and len(found) >= len(ratings)
    assert not any(chunk.rejects.num_rows for chunk in MovieLens(place).ratings())
    assert listed(place) == films
    archive = Path(shutil.make_archive(str(tmp_path / name), "zip", LAYOUTS, name))
    assert rated(archive) == found and listed(archive) == films, "the folder as one archive"


@pytest.mark.parametrize("name", ["kaggle20m", "milliseconds"])
def test_times_of_the_cases_are_seconds(name: str) -> None:
    (chunk,) = MovieLens(LAYOUTS / name).ratings()
    first = {"kaggle20m": 1_112_486_027, "milliseconds": 964_982_703}[name]
    assert chunk.good.column("timestamp").to_pylist() == [first + 86_400 * day for day in range(4)]


def test_links_may_have_the_letters_of_imdb_and_floats(tmp_path: Path) -> None:
    films, _ = MovieLens(LAYOUTS / "links_tt").films()
    assert films.column("imdb_id").to_pylist() == ["tt9990001", "tt9990002"]
    place = write_folder(
        tmp_path,
        HEAD + "1,1,4.0,964982703\n",
        links="tmdbId,imdbId,movieId\n862.0,114709.0,1\n,https://www.imdb.com/title/tt0000012/,2\n",
    )
    films, _ = MovieLens(place).films()
    assert films.column("imdb_id").to_pylist() == ["tt0114709", "tt0000012"]
    assert films.column("tmdb_id").to_pylist() == ["862", None]


def test_an_export_of_one_person_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"one person from Letterboxd.*ratings recommend --rat"):
        MovieLens(LAYOUTS / "letterboxd")


def test_files_are_found_compressed_nested_and_by_their_columns(tmp_path: Path) -> None:
    ratings, movies = HEAD + "1,1,4.0,964982703\n1,2,3.0,964982704\n", MOVIES
    nested = tmp_path / "a" / "ml-latest" / "inner"
    nested.mkdir(parents=True)
    with zipfile.ZipFile(nested / "ratings.csv.zip", "w") as archive:
        archive.writestr("ratings.csv", ratings)
    (nested / "movies.csv.gz").write_bytes(gzip.compress(movies.encode()))
    expected = [(1, 1, 4.0), (1, 2, 3.0)]
    assert rated(tmp_path / "a") == expected
    other = tmp_path / "b"
    other.mkdir()
    (other / "my_scores.tsv").write_text(
        "item_id\tuid\tscore\n1\t1\t4.0\n2\t1\t3.0\n", encoding="utf-8"
    )
    (other / "catalogue.txt").write_text(
        "id;name;genre\n1;Salt Lamp (1995);Drama\n", encoding="utf-16"
    )
    (other / "readme.txt").write_text("Ratings of films, 2 rows.\n")
    assert rated(other) == expected
    assert listed(other) == [("Salt Lamp", 1995, ["Drama"])]
    assert rated(other / "my_scores.tsv") == expected
    (other / "copy.csv").write_text(ratings)
    with pytest.raises(SourceError, match=r"several files of ratings: .*copy\.csv"):
        MovieLens(other)


def test_several_data_sets_in_a_folder_are_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_folder(tmp_path / name, HEAD + "1,1,4.0,964982703\n")
    with pytest.raises(SourceError, match=r"several data sets, in .*one, .*two"):
        MovieLens(tmp_path)


def test_films_of_one_table_with_the_ratings(tmp_path: Path) -> None:
    file = tmp_path / "merged.csv"
    rows = ["userId,movieId,rating,title,genres", "1,7,4,Salt Lamp (1995),Drama|War"]
    rows += ["2,7,3,Salt Lamp (1995),Drama|War", "2,8,1,Salt Road (1996),Comedy"]
    file.write_text("\n".join(rows))
    assert rated(file) == [(1, 7, 4.0), (2, 7, 3.0), (2, 8, 1.0)]
    assert listed(file) == [("Salt Lamp", 1995, ["Drama", "War"]), ("Salt Road", 1996, ["Comedy"])]


def test_the_movies_dataset_numbers_its_films_by_tmdb(tmp_path: Path) -> None:
    (tmp_path / "ratings_small.csv").write_text(HEAD + "1,31,2.5,1260759144\n")
    (tmp_path / "links_small.csv").write_text("movieId,imdbId,tmdbId\n31,0112792,9909\n5,1,77\n")
    genres = "[{'id': 18, 'name': 'Drama'}, {'id': 80, 'name': 'Crime'}]"
    (tmp_path / "movies_metadata.csv").write_text(
        "adult,genres,id,imdb_id,overview,release_date,title\n"
        f'False,"{genres}",9909,tt0112792,"Two\nlines",1995-08-11,Salt Minds\n'
        'False,"[]",31,tt0000031,Text,1990-01-01,Other\n'
        "x,[],1997-08-20,0,y,1,z\n"
    )
    films, rejects = MovieLens(tmp_path).films()
    assert [(row["film_id"], row["title"], row["year"]) for row in films.to_pylist()] == [
        (31, "Salt Minds", 1995)
    ]
    assert films.column("genres").to_pylist() == [["Drama", "Crime"]]
    assert films.column("tmdb_id").to_pylist() == ["9909"]
    assert rejects.column("reason").to_pylist() == ["wrong_type"]
    assert rated(tmp_path) == [(1, 31, 2.5)]


def test_titles_serve_as_ids_and_users_may_be_names(tmp_path: Path) -> None:
    file = tmp_path / "club.csv"
    file.write_text("user;title;stars\nanna;Salt Lamp (1995);4,5\nben;Salt Lamp (1995);3\n")
    (first, second) = rated(file)
    assert first[1] == second[1] and first[0] != second[0] and first[2] == 4.5
    assert listed(file) == [("Salt Lamp", 1995, [])]


def test_stray_quotes_and_lines_in_titles_lose_no_film(tmp_path: Path) -> None:
    movies = (
        'movieId,title,genres\n1,The "Salt (1995),Drama\n2,"Lamp (1996),War\n'
        '3,"Door\nof (1997)",War\n4,"He said ""no"" (1998)",War\n5,Sea (1999),War\n'
    )
    place = write_folder(tmp_path, HEAD + "1,1,4.0,964982703\n", movies=movies)
    assert [title for title, _, _ in listed(place)] == [
        'The "Salt',
        "Lamp",
        "Door\nof",
        'He said "no"',
        "Sea",
    ]


def test_words_of_recbole_are_genres(tmp_path: Path) -> None:
    (tmp_path / "ml.inter").write_text("user_id:token\titem_id:token\trating:float\n1\t1\t4\n")
    (tmp_path / "ml.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "1\tSalt\t1995\tAnimation Sci-Fi\n"
    )
    assert rated(tmp_path) == [(1, 1, 4.0)]
    assert listed(tmp_path) == [("Salt", 1995, ["Animation", "Sci-Fi"])]


def test_rows_keep_their_numbers_over_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(movielens_rows, "_BLOCK", 512)
    lines = [f"{i},1,3.0,964982703" if i % 7 else f"{i},1" for i in range(1, 400)]
    chunks = list(MovieLens(write_folder(tmp_path, HEAD + "\n".join(lines) + "\n")).ratings())
    assert len(chunks) > 5
    good = [row for chunk in chunks for row in chunk.good.to_pylist()]
    assert [r["row"] for r in good] == [r["user_id"] for r in good]
    bad = [row["row"] for chunk in chunks for row in chunk.rejects.to_pylist()]
    assert bad == list(range(7, 400, 7))


def test_titles_links_tags_and_genome_are_read(tmp_path: Path) -> None:
    place = write_folder(
        tmp_path,
        HEAD + "1,1,4.0,964982703\n",
        links="movieId,imdbId,tmdbId\n1,0076535,862\n2,12,\n",
        tags='userId,movieId,tag,timestamp\n5,1,"sea, deep",964982703\n',
        **{
            "genome-scores": "movieId,tagId,relevance\n1,1,0.25\n1,2,7\n",
        },
    )
    source = MovieLens(place)
    films, rejects = source.films()
    assert rejects.num_rows == 0
    assert films.to_pylist() == [
        {
            "film_id": 1,
            "title": "Deep, The",
            "year": 1977,
            "genres": ["Adventure", "Thriller"],
            "imdb_id": "tt0076535",
            "tmdb_id": "862",
        },
        {
            "film_id": 2,
            "title": "Nameless",
            "year": None,
            "genres": [],
            "imdb_id": "tt0000012",
            "tmdb_id": None,
        },
    ]
    assert source.tags().column("tag").to_pylist() == ["sea, deep"]
    assert source.has_genome and source.has_links
    (scores,) = source.genome()
    assert scores.to_pylist() == [{"film_id": 1, "tag_id": 1, "relevance": 0.25}]


def test_the_layout_of_1m_is_read(tmp_path: Path) -> None:
    (tmp_path / "ratings.dat").write_bytes(
        b"1::1193::5::978300760\n1::661::3\n2::914::3::978301968\n"
    )
    (tmp_path / "movies.dat").write_bytes("1193::Café (1975)::Drama|War\n".encode("latin-1"))
    (tmp_path / "users.dat").write_bytes(b"1::F::1::10::48067\n")
    source = MovieLens(tmp_path)
    (chunk,) = source.ratings()
    assert chunk.good.column("film_id").to_pylist() == [1193, 914]
    assert [(r["row"], r["reason"]) for r in chunk.rejects.to_pylist()] == [(2, "malformed_row")]
    films, _ = source.films()
    assert films.to_pylist()[0]["title"] == "Café"
    assert source.tags().num_rows == 0 and not source.has_genome


def test_a_folder_of_other_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no ratings: give the folder"):
        MovieLens(tmp_path)
    place = write_folder(tmp_path, "colour,weight\n1,2\n")
    with pytest.raises(SourceError, match=r"ratings\.csv: its columns are colour, weight; a file"):
        MovieLens(place)
    (place / "ratings.csv").write_text("")
    with pytest.raises(SourceError, match=r"ratings\.csv: is empty"):
        MovieLens(place)
    (place / "ratings.csv").write_text(HEAD + "1,1,4.0,964982703\n")
    (place / "movies.csv").unlink()
    with pytest.raises(SourceError, match=r"no list of films: add movies\.csv"):
        MovieLens(place).films()
    with pytest.raises(SourceError, match="no such file or folder"):
        MovieLens(place / "absent")


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "1,1,4.0,964982703\n" * 2_000).encode())
    (tmp_path / "ratings.csv.gz").write_bytes(whole[:-30])
    with pytest.raises(SourceError, match=r"ratings\.csv\.gz: cannot be read"):
        list(MovieLens(tmp_path).ratings())
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04" + bytes(50))
    with pytest.raises(SourceError, match=r"broken\.zip: the archive is damaged"):
        MovieLens(broken)


def test_the_real_latest_small_is_complete(test_data: Path) -> None:
    place = test_data / "ml-latest-small"
    if not place.is_dir():
        pytest.skip("ml-latest-small is not available")
    source = MovieLens(place)
    chunks = list(source.ratings())
    assert sum(chunk.good.num_rows for chunk in chunks) == 100_836
    assert sum(chunk.rejects.num_rows for chunk in chunks) == 0
    films, _ = source.films()
    assert films.num_rows == 9_742
    assert sum(y is None for y in films.column("year").to_pylist()) < 30


def test_the_real_100k_is_complete(test_data: Path) -> None:
    place = test_data / "ml-100k"
    if not place.is_dir():
        pytest.skip("ml-100k is not available")
    assert len(rated(place)) == 100_000
    films = listed(place)
    assert len(films) == 1_682
    assert films[0] == ("Toy Story", 1995, ["Animation", "Children's", "Comedy"])
    assert sum(year is None for _, year, _ in films) < 5
