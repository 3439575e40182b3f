"""MovieLens in its layouts: rows and rejects, titles and links, errors that name the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.movielens import rows as movielens_rows
from pipeline.sources.movielens.source import MovieLens

HEAD = "userId,movieId,rating,timestamp\n"
MOVIES = (
    'movieId,title,genres\n1,"Deep, The (1977)",Adventure|Thriller\n2,Nameless,(no genres listed)\n'
)


def write_folder(place: Path, ratings: str, **files: str) -> Path:
    (place / "ratings.csv").write_text(ratings, encoding="utf-8")
    (place / "movies.csv").write_text(files.pop("movies", MOVIES), encoding="utf-8")
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


def test_bad_rows_are_rejected_with_file_row_and_reason(tmp_path: Path) -> None:
    rows = [
        "1,1,4.0,964982703",
        "1,2,4.0",
        "1,x,4.0,964982703",
        "2,1,9.0,964982703",
        "",
        "2,1,3.5,964982703,7",
        "3,1,3.5,-5",
        "3,2,nan,964982703",
        "4,2,0.5,964982704",
    ]
    (chunk,) = MovieLens(write_folder(tmp_path, HEAD + "\n".join(rows) + "\n")).ratings()
    assert chunk.good.to_pylist() == [
        {"user_id": 1, "film_id": 1, "rating": 4.0, "timestamp": 964982703, "row": 1},
        {"user_id": 4, "film_id": 2, "rating": 0.5, "timestamp": 964982704, "row": 8},
    ]
    reasons = {r["row"]: r["reason"] for r in chunk.rejects.to_pylist()}
    assert reasons == {
        2: "malformed_row",
        3: "wrong_type",
        4: "rating_out_of_range",
        5: "malformed_row",
        6: "impossible_time",
        7: "rating_out_of_range",
    }
    assert set(chunk.rejects.column("file").to_pylist()) == {"ratings.csv"}


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
    assert source.has_genome
    (scores,) = source.genome()
    assert scores.to_pylist() == [{"film_id": 1, "tag_id": 1, "relevance": 0.25}]


def test_the_layout_of_1m_is_read(tmp_path: Path) -> None:
    (tmp_path / "ratings.dat").write_bytes(
        b"1::1193::5::978300760\n1::661::3\n2::914::3::978301968\n"
    )
    (tmp_path / "movies.dat").write_bytes("1193::Café (1975)::Drama|War\n".encode("latin-1"))
    source = MovieLens(tmp_path)
    (chunk,) = source.ratings()
    assert chunk.good.column("film_id").to_pylist() == [1193, 914]
    assert [(r["row"], r["reason"]) for r in chunk.rejects.to_pylist()] == [(2, "malformed_row")]
    films, _ = source.films()
    assert films.to_pylist()[0]["title"] == "Café"
    assert source.tags().num_rows == 0 and not source.has_genome


def test_a_folder_of_other_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has neither"):
        MovieLens(tmp_path)
    place = write_folder(tmp_path, "user,film,stars\n1,2,3\n")
    with pytest.raises(SourceError, match=r"ratings\.csv: its columns are user, film, stars"):
        list(MovieLens(place).ratings())
    (place / "ratings.csv").write_text("")
    with pytest.raises(SourceError, match=r"ratings\.csv"):
        list(MovieLens(place).ratings())


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
