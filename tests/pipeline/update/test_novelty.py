"""Novel films, and the names of the micro-genres that they could form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from pipeline.schemas.lineage import BASELINE
from pipeline.schemas.mining import RELEASED_MOVIES
from pipeline.settings import NoveltySettings
from pipeline.update.novelty import find_novel, propose_micro_genres

DIM = 8
GHOSTS, SPIES, OTHERS = 12, 10, 60


def film(number: int, theme: str, genres: list[str], keywords: list[str]) -> dict[str, object]:
    return {
        "movie_id": f"{number:04d}",
        "title": f"Film {number}",
        "year": 1950 + number,
        "cluster": 0,
        "similarity": 0.1,
        "weak": True,
        "overview": f"A story of number {number} about {theme} and what they leave behind.",
        "genres": genres,
        "keywords": keywords,
        "language": "en",
    }


def movies() -> pa.Table:
    rows = [film(n, "a ghost in an old house", ["Horror"], ["ghost"]) for n in range(GHOSTS)]
    rows += [
        film(GHOSTS + n, "a spy in a foreign town", ["Thriller"], ["spy"]) for n in range(SPIES)
    ]
    themes = ["a farmer", "two sisters", "a teacher", "an old sailor", "a baker"]
    rows += [
        film(GHOSTS + SPIES + n, themes[n % 5], [("Drama", "Comedy", "Romance")[n % 3]], [])
        for n in range(OTHERS)
    ]
    return pa.Table.from_pylist(rows, RELEASED_MOVIES)


def vectors_of(count: int, seed: int = 3) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def embed(texts: Sequence[str]) -> np.ndarray:
    return vectors_of(len(texts), seed=5)


GROUPS = [np.arange(GHOSTS), np.arange(GHOSTS, GHOSTS + SPIES)]


def proposals(taken: Sequence[str] = ()) -> list[dict[str, object]]:
    films = movies()
    return propose_micro_genres(
        films,
        lambda: films,
        vectors_of(len(films)).__getitem__,
        GROUPS,
        vectors_of(4, seed=1),
        taken,
        embed,
    )


def test_a_name_is_true_of_the_films_of_its_group() -> None:
    ghosts, spies = proposals()
    assert "Ghost" in str(ghosts["name"])
    assert "Spy" in str(spies["name"])
    for found, films in ((ghosts, GHOSTS), (spies, SPIES)):
        assert found["films"] == films
        assert float(str(found["name_truth"])) >= 0.6
        exemplars = found["exemplars"]
        assert isinstance(exemplars, list)
        assert len(exemplars) == 5
    assert ghosts["keywords"] == ["ghost"]


def test_no_proposal_has_the_name_of_a_micro_genre() -> None:
    first = [str(found["name"]) for found in proposals()]
    again = [str(found["name"]) for found in proposals(taken=first)]
    assert len({*first, *again}) == 4
    assert "Ghost" in again[0]


def test_films_without_keywords_get_names_of_their_texts() -> None:
    films = movies()
    nothing = pa.nulls(len(films), RELEASED_MOVIES.field("keywords").type)
    films = films.set_column(RELEASED_MOVIES.get_field_index("keywords"), "keywords", nothing)
    found = propose_micro_genres(
        films,
        lambda: films,
        vectors_of(len(films)).__getitem__,
        GROUPS,
        vectors_of(4, seed=1),
        [],
        embed,
    )
    assert "Ghost" in found[0]["name"]
    assert "ghost" in found[0]["keywords"]


def test_no_group_no_proposal() -> None:
    films = movies()
    vectors = vectors_of(len(films)).__getitem__
    assert propose_micro_genres(films, lambda: films, vectors, [], vectors_of(4), [], embed) == []


@pytest.mark.parametrize("fewest", [5, 50])
def test_weak_films_far_from_all_centroids_are_novel_and_grouped(fewest: int) -> None:
    films = movies()
    points = np.zeros((len(films), 3), np.float32)
    points[:GHOSTS, 0] = points[GHOSTS : GHOSTS + SPIES, 1] = 1
    points[GHOSTS + SPIES :, 2] = 1
    similarity = np.full(len(films), 0.9, np.float32)
    similarity[: GHOSTS + SPIES] = 0.1
    films = films.set_column(
        RELEASED_MOVIES.get_field_index("similarity"), "similarity", pa.array(similarity)
    )
    mined = {name: None for name in BASELINE.names} | {"similarity": 0.8}
    baseline = pa.Table.from_pylist([mined] * 20, BASELINE)
    novel, groups = find_novel(
        films, points.__getitem__, baseline, NoveltySettings(min_films=fewest)
    )
    assert len(novel) == GHOSTS + SPIES
    assert [len(group) for group in groups] == ([GHOSTS, SPIES] if fewest == 5 else [])
    assert novel.column("proposal").null_count == (0 if fewest == 5 else GHOSTS + SPIES)
