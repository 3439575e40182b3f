"""Rated films linked to a release: vectors and micro-genres by id, else by title and year."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.recommend.data.films import link_films
from pipeline.schemas.ratings import FILMS
from tests.support.tiny_release import build_release


def film(film_id: int, title: str, year: int | None, **ids: str) -> dict[str, object]:
    return {"film_id": film_id, "title": title, "year": year, "genres": ["Drama"], **ids}


def test_films_are_linked_by_id_and_by_title(tmp_path: Path) -> None:
    release = build_release(tmp_path)
    rows = [
        film(1, "Boat, The", 1981, tmdb_id="300"),
        film(2, "Hunt for Red October, The", 1990),
        film(3, "Amelie (Fabuleux destin d'Amélie Poulain, Le)", 2001),
        film(4, "Unknown", 1999, tmdb_id="77"),
    ]
    films = link_films(pa.Table.from_pylist(rows, FILMS), release)
    assert films.movie_ids == ["300", "8", "6", None]
    assert films.cluster.tolist() == [0, 0, 2, -1]
    assert films.vectors[:3].any(axis=1).all() and not films.vectors[3].any()
    assert films.linking is not None
    assert (films.linking.by_id, films.linking.by_title) == (1, 2)


def test_without_a_release_nothing_is_linked() -> None:
    films = link_films(pa.Table.from_pylist([film(1, "Salt", 1990)], FILMS), None)
    assert films.linking is None and not films.linked.any()
