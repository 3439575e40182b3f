"""What the report says micro-genres are made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.report.composition import Composition, compose
from pipeline.report.html import render_page
from pipeline.schemas.vectors import column_of_vectors
from tests.support.report_release import release

FILMS = pa.table(
    {
        "cluster": [0, 0, 0, 1, 1, 1],
        "year": [1981, 1983, None, 1990, 1990, 1999],
        "genres": [["War"], ["War", "Drama"], None, ["Comedy"], ["Comedy"], ["Drama"]],
        "keywords": [["submarine", "navy"], ["submarine"], ["rare"], ["navy"], ["cake"], ["cake"]],
    }
)
GENRES = pa.table(
    {
        "cluster": [0, 1],
        "micro_genre_name": ["Submarine Films", "Cake Comedies"],
        "films": [30, 20],
        "family": [0, 0],
    }
)
FAMILIES = pa.table({"family": [0], "family_name": ["All"], "films": [50]})
CENTROIDS = pa.table(
    {"cluster": [0, 1], "vector": column_of_vectors(np.array([[1, 0], [0.6, 0.8]], np.float32))}
)


@pytest.fixture(scope="module")
def found() -> Composition:
    return compose(GENRES, FAMILIES, CENTROIDS, FILMS, [("Seed", "7")])


def test_keywords_are_those_of_the_micro_genre(found: Composition) -> None:
    words = {name: [word for word, _, _ in cells] for name, cells in found.keywords}
    assert words == {"Submarine Films": ["submarine"], "Cake Comedies": ["cake"]}
    (_, weight, length) = found.keywords[0][1][0]
    assert (weight, length) == (f"{2 / 3 * np.log(2):.2f}", "100.0")


def test_shares_are_of_the_films_of_the_micro_genre(found: Composition) -> None:
    heads, rows = found.decades
    assert heads == ["1980s", "1990s"]
    assert [[text for text, _ in cells] for _, cells in rows] == [["100%", ""], ["", "100%"]]
    labels, rows = found.genres
    shares = dict(zip(labels, [text for text, _ in rows[0][1]], strict=True))
    assert shares == {"Drama": "33%", "War": "67%", "Comedy": ""}


def test_similarity_is_the_cosine_of_centroids(found: Composition) -> None:
    heads, rows = found.similarity
    assert heads == ["1", "2"]
    assert [[text for text, _ in cells] for _, cells in rows] == [["", "0.60"], ["0.60", ""]]


def test_the_tree_has_families_with_their_micro_genres(found: Composition) -> None:
    assert found.tree == [("All", "50", [("Submarine Films", "30"), ("Cake Comedies", "20")])]


def test_the_page_shows_all_of_it_and_leaves_it_out_without(found: Composition) -> None:
    page = render_page(*release(), found)
    for text in ("Micro-genres over time", "genre lists", "Tree of families", "Seed"):
        assert text in page
    assert "Micro-genres over time" not in render_page(*release())


def test_films_without_years_genres_and_keywords_leave_empty_tables() -> None:
    bare = FILMS.select(["cluster"])
    for name, kind in (("year", pa.int32()), ("genres", pa.list_(pa.string()))):
        bare = bare.append_column(name, pa.nulls(6, kind))
    bare = bare.append_column("keywords", pa.nulls(6, pa.list_(pa.string())))
    found = compose(GENRES, FAMILIES, CENTROIDS, bare)
    assert found.keywords == [] and found.decades == ([], []) and found.genres == ([], [])
    assert "Tree of families" in render_page(*release(), found)
