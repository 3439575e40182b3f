"""A folder of IMDb with one file per genre: every row has the genre of its file."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.genres.data.merge_rows import merge_rows
from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source
from pipeline.sources.imdb import genre_of
from tests.support.contracts.source_contract import SourceContract

HEAD = "movie_id,movie_name,year,genre,description\n"
FILES = {
    "war.csv": 'tt1,Deep,1981,"War, Drama",A crew waits under the sea. See full summary »\n'
    "tt2,Hill,1990,War,Add a Plot\n",
    "thriller.csv": 'tt1,Deep,1981,"Thriller, War",A crew waits under the sea while the air runs'
    " out and the enemy listens.\n",
    "scifi.csv": "tt3,Dome,2001,Sci-Fi,A city under glass loses its sky.\ntt4,Odd,abc,Sci-Fi,X y\n",
}


def write(folder: Path) -> Path:
    place = folder / "imdb"
    place.mkdir(exist_ok=True)
    for name, rows in FILES.items():
        (place / name).write_text(HEAD + rows, encoding="utf-8")
    return place


class TestImdbGenres(SourceContract):
    rows = 5

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        return open_source(f"imdb:{write(folder)}", settings)


def test_a_film_of_several_files_becomes_one(tmp_path: Path) -> None:
    source = open_source(f"imdb:{write(tmp_path)}", SourceSettings())
    chunks = list(source.read())
    movies = pa.concat_tables(chunk.movies for chunk in chunks).combine_chunks()
    deep, hill, dome, odd = merge_rows(movies)["movies"].to_pylist()
    assert deep["genres"] == ["Drama", "Thriller", "War"]
    assert deep["overview"].startswith("A crew waits under the sea while")
    assert (hill["genres"], hill["overview"]) == (["War"], None)
    assert dome["genres"] == ["Sci-Fi"]
    assert (odd["title"], odd["year"]) == ("Odd", None)
    losses = combine_losses(chunk.losses for chunk in chunks).to_pylist()
    assert [(loss["source"], loss["column"], loss["example"]) for loss in losses] == [
        ("scifi.csv", "year", "abc")
    ]


@pytest.mark.parametrize(
    ("file", "genre"),
    [
        ("action.csv", "Action"),
        ("scifi.csv.gz", "Sci-Fi"),
        ("sci-fi.csv", "Sci-Fi"),
        ("Film_Noir.csv", "Film-Noir"),
        ("sports.csv", "Sport"),
        ("reality tv.csv", "Reality Tv"),
    ],
)
def test_the_name_of_a_file_gives_the_genre(file: str, genre: str) -> None:
    assert genre_of(file) == genre


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such folder; name one with a CSV file for each"):
        open_source(f"imdb:{tmp_path / 'none'}", SourceSettings()).check()
