"""Origins of films, and their effect on text vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.features.fit_space import fit_space
from pipeline.features.origins import frequent, genres_of, indicators, origins_of, subtract_origins
from pipeline.features.space import place, table_to_arrays
from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.mining import CLEAN_MOVIES, EMBEDDINGS, VOCABULARY
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows
from pipeline.settings import FeatureSettings
from tests.support.films import features_of, table_of

DIM = 24
SETTINGS = FeatureSettings(keyword_weight=0)


def languages_of(codes: list[str | None]) -> pa.Table:
    rows = [{"movie_id": f"m{n:04d}", "text_language": code} for n, code in enumerate(codes)]
    return pa.Table.from_pylist(rows, LANGUAGES)


class Catalogue:
    """Films of three themes; an origin adds the same vector to films of all themes.

    The films of a share of the catalogue are Japanese, and most of these are animated.
    """

    def __init__(self, films: int = 600, japanese: float = 0.2, strength: float = 1.5) -> None:
        random = np.random.default_rng(7)
        self.theme = random.integers(0, 3, films)
        self.japanese = random.random(films) < japanese
        self.animated = animated = random.random(films) < np.where(self.japanese, 0.7, 0.1)
        themes, self.shift, animation = random.normal(size=(3, DIM)), *random.normal(size=(2, DIM))
        self.animation = animation
        raw = themes[self.theme] + strength * self.japanese[:, None] * self.shift
        raw += animated[:, None] * animation + 0.7 * random.normal(size=(films, DIM))
        self.vectors = unit_rows(raw)
        rows: list[dict[str, Any]] = [
            {
                "overview": "x",
                "keywords": [],
                "language": "ja" if own else "en",
                "countries": ["Japan"] if own else ["US"],
                "genres": ["Animation"] if drawn else ["Drama"],
            }
            for own, drawn in zip(self.japanese.tolist(), animated.tolist(), strict=True)
        ]
        self.movies = table_of(rows)
        self.features = features_of([{"desc_length": 100}] * films)
        ids = self.movies["movie_id"]
        columns = [ids, ids, pa.array(["r"] * films), column_of_vectors(self.vectors, "float16")]
        self.embeddings = pa.table(columns, schema=EMBEDDINGS(DIM))
        self.languages = languages_of(["en"] * films)
        self.vocabulary = VOCABULARY(DIM).empty_table()

    def space(self, movies: pa.Table | None = None) -> pa.Table:
        own = self.movies if movies is None else movies
        tables = (own, self.features, self.embeddings, self.vocabulary)
        return fit_space(*tables, SETTINGS, self.languages)["space"]

    def points(self, movies: pa.Table, space: pa.Table) -> np.ndarray:
        tables = (movies, self.features, self.embeddings, self.vocabulary, space)
        return matrix_of(place(*tables, SETTINGS, languages=self.languages)["points"])


def without(movies: pa.Table, *names: str) -> pa.Table:
    for name in names:
        field = CLEAN_MOVIES.field(name)
        nothing = pa.nulls(len(movies), field.type)
        movies = movies.set_column(CLEAN_MOVIES.get_field_index(name), field, nothing)
    return movies


def gap(points: np.ndarray, films: Catalogue) -> float:
    """Mean cosine of films of one theme and origin, less that of pairs of different origins.

    Animated films are left out: more of the Japanese films are animated.
    """
    found = []
    for theme in range(3):
        own, other = (
            points[(films.theme == theme) & (films.japanese == side) & ~films.animated]
            for side in (True, False)
        )
        across = 2 * (own @ other.T).mean()
        found.append(pairwise(own) + pairwise(other) - across)
    return float(np.mean(found)) / 2


def pairwise(points: np.ndarray) -> float:
    """Mean cosine of different films."""
    count = len(points)
    return float((points @ points.T).sum() - count) / (count * (count - 1))


def test_origins_are_codes_and_what_is_unknown_is_left_out() -> None:
    movies = table_of(
        [
            {"language": "Japanese", "countries": ["Japan", "United States of America"]},
            {"language": None, "countries": ["Atlantis"]},
        ]
    )
    assert origins_of(movies, languages_of(["en", None])) == [
        ["origin:country:JP", "origin:country:US", "origin:language:ja", "origin:text:en"],
        [],
    ]
    assert origins_of(movies.select(["movie_id"]), None) == [[], []]


def test_genres_are_folded() -> None:
    assert genres_of(table_of([{"genres": ["Krimi"]}, {"genres": None}])) == [["genre:Crime"], []]


def test_an_origin_of_few_films_is_left_alone() -> None:
    assert frequent([[["a"]] * 19 + [["b"]] * 20, [["c"]]]) == ["b"]


def test_indicators_ignore_other_labels() -> None:
    assert indicators([[], ["x", "a"]], ["a", "b"]).tolist() == [[0, 0], [1, 0]]


def test_films_without_a_fitted_origin_keep_their_vectors() -> None:
    vectors = np.eye(2, dtype=np.float32)
    fitted = {"origin:country:FR": np.array([1.0, 0.0]), "amount": np.ones((5, 2))}
    found = subtract_origins(vectors, [["origin:country:FR"], ["origin:country:IT"]], fitted)
    assert found.tolist() == [[0, 0], [0, 1]]
    assert subtract_origins(vectors, [[], []], {}).tolist() == vectors.tolist()


def test_what_an_origin_adds_is_removed_and_themes_stay() -> None:
    films = Catalogue()
    points = films.points(films.movies, films.space())
    assert gap(films.vectors, films) > 0.15
    assert gap(points, films) < 0.02
    own = films.theme[:, None] == films.theme
    assert (points @ points.T)[own].mean() > 0.3 + (points @ points.T)[~own].mean()


def test_a_genre_that_an_origin_favours_is_not_taken_for_the_origin() -> None:
    films = Catalogue()
    arrays = table_to_arrays(films.space())
    effect = arrays["origin:country:JP"] + arrays["origin:language:ja"]
    effect -= arrays["origin:country:US"] + arrays["origin:language:en"]
    plain = table_to_arrays(films.space(without(films.movies, "genres")))
    blind = plain["origin:country:JP"] + plain["origin:language:ja"]
    blind -= plain["origin:country:US"] + plain["origin:language:en"]
    clear = films.animation - films.shift * (films.animation @ films.shift) / (films.shift**2).sum()
    clear /= np.linalg.norm(clear)
    assert abs(effect @ clear) < 0.4 * abs(blind @ clear)


def test_without_origins_the_space_has_none() -> None:
    films = Catalogue(60)
    bare = without(films.movies, "language", "countries")
    tables = (bare, films.features, films.embeddings, films.vocabulary)
    space = fit_space(*tables, SETTINGS)["space"]
    assert not [name for name in space["name"].to_pylist() if name.startswith("origin:")]


def test_a_film_of_unknown_origin_is_placed_by_its_vector_alone() -> None:
    films = Catalogue()
    space = films.space()
    bare = without(films.movies, "language", "countries")
    rare = films.movies.set_column(
        CLEAN_MOVIES.get_field_index("language"),
        CLEAN_MOVIES.field("language"),
        pa.array(["fi"] * len(bare)),
    )
    unknown = films.points(bare, space)
    np.testing.assert_array_equal(films.points(without(rare, "countries"), space), unknown)
    assert not np.allclose(films.points(films.movies, space), unknown)


@pytest.mark.parametrize("share", [0.02, 0.1])
def test_a_rare_language_is_shrunk(share: float) -> None:
    films = Catalogue(1_500, share)
    arrays = table_to_arrays(films.space())
    names = [name for name in arrays if name.endswith((":ja", ":JP"))]
    total = np.linalg.norm(sum(arrays[name] for name in names))
    # two indicators of the same films share the shrinkage
    expected = 2 * films.japanese.sum() / (2 * films.japanese.sum() + 20)
    raw = films.vectors[films.japanese].mean(0) - films.vectors[~films.japanese].mean(0)
    assert total < np.linalg.norm(raw) * (expected + 0.1)
