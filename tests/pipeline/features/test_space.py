"""Points of films: scaled blocks, without the effect of the amount of text, film by film."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.features.fit_space import fit_space
from pipeline.features.space import place, place_films
from pipeline.features.text import fit_tfidf
from pipeline.schemas.lineage import SPACE
from pipeline.schemas.mining import EMBEDDINGS, POINTS, VOCABULARY, validate
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import FeatureSettings
from tests.support.films import Mined, features_of, mined, nearest_of_own_theme, table_of

MODES = ("embedding", "embedding+tfidf", "full")
DIM = 384


def settings_of(mode: str, **more: Any) -> FeatureSettings:
    return FeatureSettings.model_validate({"mode": mode, **more})


def placed(films: Mined, settings: FeatureSettings, rows: list[int] | None = None) -> np.ndarray:
    """Points of all films, or of some rows, in the space fitted on all of them."""
    terms = None
    if settings.mode != "embedding":
        terms = fit_tfidf(films.features, settings, 2026)["tfidf"]
    space = fit_space(films.movies, films.features, films.embeddings, films.vocabulary, settings)[
        "space"
    ]
    validate(space, SPACE, name="space")
    chosen = films.rows(range(len(films.movies)) if rows is None else rows)
    points = place(*chosen, films.vocabulary, space, settings, terms)["points"]
    found = matrix_of(points)
    validate(points, POINTS(found.shape[1]), name="points")
    assert points["movie_id"].equals(chosen[0]["movie_id"])
    return found


def synthetic(films: int = 240) -> Mined:
    """Three clear themes; lengths differ by a factor of 100 and shift vectors, not themes."""
    random = np.random.default_rng(5)
    theme = np.arange(films) % 3
    length = np.exp(random.uniform(np.log(30), np.log(3_000), films)).astype(int)
    centres, shift = random.normal(size=(3, DIM)), random.normal(size=DIM)
    raw = centres[theme] + 0.6 * np.log(length / 300)[:, None] * shift
    raw += 0.8 * random.normal(size=(films, DIM))
    vectors = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    words = ("submarine torpedo", "judge verdict", "vampire coffin")
    rows = [
        {
            "text": f"{words[t]} number{row % 40}",
            "desc_length": int(length[row]),
            "num_keywords": int(random.integers(0, 9)),
            "sentiment_score": float(random.uniform(-1, 1)),
        }
        for row, t in enumerate(theme)
    ]
    table = features_of(rows)
    columns = [table["movie_id"], table["text_hash"], pa.array(["r"] * films)]
    embeddings = pa.table([*columns, column_of_vectors(vectors, "float16")], schema=EMBEDDINGS(DIM))
    return Mined(
        table_of([{"overview": "x", "keywords": []}] * films),
        table,
        embeddings,
        VOCABULARY(DIM).empty_table(),
        theme,
    )


def lengths_of(films: Mined) -> np.ndarray:
    return np.log1p(films.features["desc_length"].to_numpy())


def correlation(columns: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    a, b = columns - columns.mean(0), quantity - quantity.mean()
    # three dimensions of the model are always zero
    a = a[:, np.linalg.norm(a, axis=0) > 1e-4]
    return np.asarray((a * b[:, None]).sum(0) / np.linalg.norm(a, axis=0) / np.linalg.norm(b))


class TestEveryMode:
    @pytest.mark.parametrize("mode", MODES)
    def test_points_have_unit_length(self, mode: str) -> None:
        points = placed(mined(), settings_of(mode))
        assert points.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)

    @pytest.mark.parametrize("mode", MODES)
    def test_the_point_of_a_film_does_not_depend_on_other_films(self, mode: str) -> None:
        together = placed(mined(), settings_of(mode))
        for row in (0, 1, 17, 39):
            alone = placed(mined(), settings_of(mode), [row])
            np.testing.assert_allclose(alone[0], together[row], atol=1e-6)

    @pytest.mark.parametrize("mode", MODES)
    def test_the_same_films_give_the_same_bytes(self, mode: str) -> None:
        first, second = (placed(mined(), settings_of(mode)).tobytes() for _ in range(2))
        assert first == second

    @pytest.mark.parametrize("mode", MODES)
    def test_films_of_a_theme_are_near_each_other(self, mode: str) -> None:
        assert nearest_of_own_theme(placed(mined(), settings_of(mode)), mined().theme) >= 0.85

    def test_each_mode_adds_its_block(self) -> None:
        terms = matrix_of(fit_tfidf(mined().features, settings_of("full"), 2026)["tfidf"])
        width = [placed(mined(), settings_of(mode), [0]).shape[1] for mode in MODES]
        assert width == [DIM, DIM + terms.shape[1], DIM + terms.shape[1] + 3]


class TestAmountOfText:
    def test_the_effect_of_length_is_removed_from_the_vectors(self) -> None:
        films = synthetic()
        before = np.abs(correlation(matrix_of(films.embeddings), lengths_of(films)))
        after = np.abs(correlation(placed(films, settings_of("embedding")), lengths_of(films)))
        assert before.mean() > 0.25
        assert after.mean() < 0.05
        assert after.max() < 0.2

    def test_the_effect_of_length_is_removed_on_real_films(self) -> None:
        films = mined()
        points = placed(films, settings_of("embedding", keyword_weight=0))
        for name in ("desc_length", "num_keywords"):
            quantity = np.log1p(films.features[name].to_numpy())
            before = np.abs(correlation(matrix_of(films.embeddings), quantity)).mean()
            after = np.abs(correlation(points, quantity)).mean()
            assert after < 0.03 < before

    def test_a_short_and_a_long_film_of_one_theme_are_more_similar(self) -> None:
        films = synthetic()
        points = placed(films, settings_of("embedding"))
        order = np.argsort(lengths_of(films))
        short, long = (
            next(row for row in rows if films.theme[row] == 0) for rows in (order, order[::-1])
        )
        same = points[short] @ points[long]
        vectors = matrix_of(films.embeddings)
        assert same > vectors[short] @ vectors[long] + 0.2


class TestNoBlockDominates:
    @pytest.mark.parametrize("mode", MODES)
    def test_the_nearest_film_is_of_the_theme_though_lengths_differ_by_a_factor_of_100(
        self, mode: str
    ) -> None:
        films = synthetic()
        lengths = films.features["desc_length"].to_numpy()
        assert lengths.max() > 80 * lengths.min()
        assert nearest_of_own_theme(placed(films, settings_of(mode)), films.theme) == 1

    def test_numeric_features_have_the_share_of_their_weight(self) -> None:
        films = synthetic()
        for weight in (0.05, 0.3):
            points = placed(films, settings_of("full", numeric_weight=weight, tfidf_weight=0))
            share = (points[:, -3:] ** 2).sum(1)
            assert share.mean() == pytest.approx(weight, rel=0.3)
            assert share.max() < 9 * weight

    def test_an_extreme_length_moves_a_film_only_a_little(self) -> None:
        films = synthetic()
        settings = settings_of("full")
        space = fit_space(
            films.movies, films.features, films.embeddings, films.vocabulary, settings
        )["space"]
        terms = fit_tfidf(films.features, settings, 1)["tfidf"]
        points = place_films(
            matrix_of(films.embeddings)[:1],
            features_of([{"text": "submarine torpedo", "desc_length": 2_000_000_000}]),
            [[]],
            films.vocabulary,
            space,
            settings,
            terms,
        )
        assert (points[0, -3:] ** 2).sum() < 0.35

    def test_terms_have_the_share_of_their_weight(self) -> None:
        films = synthetic()
        points = placed(films, settings_of("embedding+tfidf", tfidf_weight=0.2))
        np.testing.assert_allclose((points[:, DIM:] ** 2).sum(1), 0.2, atol=1e-4)


class TestKeywords:
    def pair(self, *keywords: list[str]) -> np.ndarray:
        """Points of films that differ in their keywords only."""
        films, settings = mined(), FeatureSettings()
        space = fit_space(
            films.movies, films.features, films.embeddings, films.vocabulary, settings
        )["space"]
        count = len(keywords)
        return place_films(
            np.repeat(matrix_of(films.embeddings)[:1], count, 0),
            films.features.take([0] * count),
            keywords,
            films.vocabulary,
            space,
            settings,
        )

    def test_a_keyword_outside_the_vocabulary_is_ignored(self) -> None:
        none, unknown = self.pair([], ["a keyword that no film has"])
        np.testing.assert_array_equal(none, unknown)
        assert np.linalg.norm(none) == pytest.approx(1, abs=1e-5)

    def test_a_film_without_keywords_gets_the_keyword_block_that_its_text_predicts(self) -> None:
        films = mined()
        bare = [row for row, k in enumerate(films.movies["keywords"].to_pylist()) if k][::3]
        lists = films.movies["keywords"].to_pylist()
        for row in bare:
            lists[row] = []
        column = films.movies.schema.get_field_index("keywords")
        movies = films.movies.set_column(column, "keywords", pa.array(lists, pa.list_(pa.string())))
        settings = FeatureSettings()
        space = fit_space(movies, films.features, films.embeddings, films.vocabulary, settings)[
            "space"
        ]
        points = matrix_of(
            place(movies, films.features, films.embeddings, films.vocabulary, space, settings)[
                "points"
            ]
        )
        own = matrix_of(
            place(
                films.movies, films.features, films.embeddings, films.vocabulary, space, settings
            )["points"]
        )
        zero = space.to_pylist()
        for number in zero:
            if number["name"] == "expected":
                number["values"] = [0.0] * len(number["values"])
        plain = matrix_of(
            place(
                movies,
                films.features,
                films.embeddings,
                films.vocabulary,
                pa.Table.from_pylist(zero, SPACE),
                settings,
            )["points"]
        )
        expected, text_alone = (
            float((found[bare] * own[bare]).sum(1).mean()) for found in (points, plain)
        )
        assert expected > text_alone  # nearer to the point with its keywords than by text alone

    def test_films_with_a_common_keyword_are_more_similar(self) -> None:
        films = mined()
        vampire, submarine, both = self.pair(["vampire"], ["submarine"], ["vampire", "submarine"])
        assert {"vampire", "submarine"} <= set(films.vocabulary["keyword"].to_pylist())
        assert vampire @ submarine < min(both @ vampire, both @ submarine) < 0.9999

    def test_spelling_and_repetition_do_not_matter(self) -> None:
        plain, loud = self.pair(["vampire"], ["VAMPIRE", " vampire "])
        np.testing.assert_array_equal(plain, loud)

    def test_the_weight_of_keywords_is_a_setting(self) -> None:
        with_them, without = (
            placed(mined(), settings_of("embedding", keyword_weight=weight)) for weight in (0.8, 0)
        )
        assert np.abs(with_them - without).max(1).min() > 0.01

    def test_a_catalogue_without_keywords_gives_finite_points(self) -> None:
        films = synthetic()
        assert not films.vocabulary.num_rows
        assert np.isfinite(placed(films, settings_of("full"))).all()


def test_a_space_can_be_fitted_on_one_film() -> None:
    films = Mined(*mined().rows([1]), mined().vocabulary, mined().theme[:1])
    for mode in MODES:
        points = placed(films, settings_of(mode))
        assert np.isfinite(points).all()


def test_tfidf_without_terms_is_left_out() -> None:
    films = mined()
    space = fit_space(
        films.movies, films.features, films.embeddings, films.vocabulary, FeatureSettings()
    )["space"]
    blank = features_of([{"text": "it was in the"}])
    terms = fit_tfidf(blank, settings_of("full"), 1)["tfidf"]
    tables = (films.movies, films.features, films.embeddings, films.vocabulary, space)
    for mode, width in (("embedding+tfidf", DIM), ("full", DIM + 3)):
        points = matrix_of(place(*tables, settings_of(mode), terms)["points"])
        assert points.shape == (len(films.movies), width)
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
