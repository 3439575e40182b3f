from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.films import FILMS, NOISE, TRUTH, Catalogue, write_catalogue
from benchmarks.lib.themes import MOTIFS, SETTINGS, SUBJECTS
from pipeline.cleaning.clean import clean
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import open_source

GENERATED = [Catalogue(1_200).film(number) for number in range(1_200)]


def test_the_bytes_depend_on_the_seed_only(tmp_path: Path) -> None:
    written = {}
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        films, truth = tmp_path / f"{name}.parquet", tmp_path / f"{name}-truth.parquet"
        write_catalogue(Catalogue(200, seed), films, truth)
        written[name] = films.read_bytes(), truth.read_bytes()
    assert written["first"] == written["again"]
    assert written["first"][0] != written["other"][0]


def test_a_film_does_not_depend_on_earlier_films() -> None:
    catalogue = Catalogue(1_200)
    assert [catalogue.film(n) for n in (700, 3, 1_199)] == [GENERATED[n] for n in (700, 3, 1_199)]


def test_micro_genres_differ_in_their_parts() -> None:
    every = len(SUBJECTS) * len(SETTINGS) * len(MOTIFS)
    catalogue = Catalogue(60 * every)
    assert catalogue.genres == every
    names = {tuple(part.name for part in catalogue.parts(genre)) for genre in range(every)}
    assert len(names) == every


def test_overviews_have_the_length_of_real_ones() -> None:
    words = [len(row["overview"].split()) for row, _ in GENERATED]
    assert sum(30 <= count <= 60 for count in words) >= 0.95 * len(words)
    assert min(words) >= 20 and max(words) <= 80


def test_sizes_follow_zipf_and_some_films_are_noise() -> None:
    genres = [truth["micro_genre"] for _, truth in GENERATED]
    sizes = [genres.count(genre) for genre in range(Catalogue(1_200).genres)]
    assert min(sizes) >= 10
    # rank r has a share of (sqrt(r + 1) - sqrt(r)) / sqrt(number of micro-genres)
    assert sizes[0] > 2 * sizes[-1]
    assert 0.02 <= genres.count(NOISE) / len(genres) <= 0.06


def test_a_sequel_has_the_micro_genre_of_its_original() -> None:
    originals = {row["title"]: truth for row, truth in GENERATED if not truth["sequel"]}
    sequels = [(row, truth) for row, truth in GENERATED if truth["sequel"]]
    assert 40 <= len(sequels) <= 110
    same_genre = [
        originals[name]["micro_genre"] == truth["micro_genre"]
        for row, truth in sequels
        if (name := row["title"].rsplit(" ", 1)[0]) in originals
    ]
    assert len(same_genre) >= 20
    assert sum(same_genre) >= 0.9 * len(same_genre)


def test_no_film_is_rejected_by_reading_and_cleaning(tmp_path: Path) -> None:
    films, truth = tmp_path / "films.parquet", tmp_path / "truth.parquet"
    write_catalogue(Catalogue(300), films, truth)
    assert pq.read_schema(films).equals(FILMS) and pq.read_schema(truth).equals(TRUTH)
    source = open_source(f"files:{films}", SourceSettings())
    source.check()
    (chunk,) = source.read()
    cleaned = clean(chunk.movies, CleanSettings())
    assert len(cleaned["movies"]) == 300
    assert set(cleaned["movies"]["movie_id"].to_pylist()) == set(
        pq.read_table(truth)["movie_id"].to_pylist()
    )


@pytest.mark.parametrize("films", [0, 1, 61])
def test_a_small_or_empty_catalogue_is_written(films: int, tmp_path: Path) -> None:
    write_catalogue(Catalogue(films), tmp_path / "films.parquet", tmp_path / "truth.parquet")
    assert pq.read_table(tmp_path / "films.parquet").num_rows == films
