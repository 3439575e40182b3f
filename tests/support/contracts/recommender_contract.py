"""Tests that each recommender must pass: inherit as `Test...` and set `name` and `ndcg`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from pipeline.errors import CorruptFileError, ModelError
from pipeline.recommend.data.interactions import build_profile
from pipeline.recommend.documents import TrainingSummary
from pipeline.recommend.evaluation.evaluate import evaluate
from pipeline.recommend.evaluation.metrics import measure_lists
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import (
    MODELS,
    create_model,
    open_model,
    read_manifest,
    save_model,
)
from tests.support.ratings import SEED, SETTINGS, RatingsData


class RecommenderContract:
    """Tests of one model; the fixture `data` returns the ratings.

    Attributes
    ----------
    name : str
        The model under test, a key of MODELS.
    ndcg : float
        By how much its nDCG must exceed that of random lists.
    """

    name: str
    ndcg: float

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, data: RatingsData) -> Recommender:
        model = create_model(cls.name, SETTINGS)
        model.fit(data.history, data.films, SEED)
        return model

    def test_its_name_is_a_key_of_the_registry(self) -> None:
        assert MODELS[self.name].name == self.name

    def test_results_are_finite_and_have_the_right_shape(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        profiles = data.validation.profiles[:7]
        for result in (fitted.score(profiles), fitted.predict_stars(profiles)):
            assert result.dtype == np.float32 and result.shape == (7, len(data.films))
            assert np.isfinite(result).all()
        stars = fitted.predict_stars(profiles)
        assert stars.min() >= 0.5 and stars.max() <= 5.0

    def test_a_profile_gives_the_same_results_in_any_batch(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        profiles = data.validation.profiles
        rows = np.array([5, 2])
        for predict in (fitted.score, fitted.predict_stars):
            np.testing.assert_allclose(predict(profiles[rows]), predict(profiles)[rows], atol=2e-3)

    def test_an_empty_profile_gets_results(self, fitted: Recommender, data: RatingsData) -> None:
        empty = build_profile([], len(data.films))
        assert np.isfinite(fitted.score(empty)).all()
        stars = fitted.predict_stars(empty)
        assert np.abs(stars.mean() - data.history.matrix.data.mean()) < 0.5

    def test_no_profiles_give_no_rows(self, fitted: Recommender, data: RatingsData) -> None:
        none = sparse.csr_matrix((0, len(data.films)), dtype=np.float32)
        assert fitted.score(none).shape == fitted.predict_stars(none).shape == (0, len(data.films))

    def test_lists_are_better_than_random_lists(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        ndcg = measure_lists(fitted.score, data.validation, 10)["ndcg"].mean()
        rng = np.random.default_rng(SEED)
        random = measure_lists(
            lambda profiles: rng.random((profiles.shape[0], len(data.films))), data.validation, 10
        )["ndcg"].mean()
        assert ndcg > random + self.ndcg

    def test_stars_are_better_than_the_mean_rating(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        profiles, rated = data.validation.profiles, data.validation.rated
        at = np.repeat(np.arange(rated.shape[0]), np.diff(rated.indptr))
        predicted = fitted.predict_stars(profiles)[at, rated.indices]
        rmse = np.sqrt(((predicted - rated.data) ** 2).mean())
        assert rmse < np.sqrt(((data.history.matrix.data.mean() - rated.data) ** 2).mean())

    def test_the_same_ratings_and_seed_give_the_same_model(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        again = create_model(self.name, SETTINGS)
        again.fit(data.history, data.films, SEED)
        profiles = data.validation.profiles[:20]
        np.testing.assert_allclose(again.score(profiles), fitted.score(profiles), atol=1e-3)
        np.testing.assert_allclose(
            again.predict_stars(profiles), fitted.predict_stars(profiles), atol=1e-3
        )

    def test_a_saved_model_has_no_pickle_and_gives_the_same_results(
        self, fitted: Recommender, data: RatingsData, tmp_path: Path
    ) -> None:
        folder = tmp_path / "model"
        figures = evaluate(fitted, data.history, data.films, data.validation, SEED).figures
        about = TrainingSummary(
            data="ratings-1",
            learnt_before=3,
            known_before=5,
            ratings=data.history.matrix.nnz,
            figures=figures,
            seed=SEED,
            shape=[7] * 10,
        )
        save_model(fitted, data.films, folder, about)
        assert {p.suffix for p in folder.iterdir()} == {".json", ".safetensors", ".parquet"}
        again, films = open_model(folder)
        assert films.titles == data.films.titles and again.name == self.name
        profiles = data.validation.profiles[:20]
        np.testing.assert_allclose(again.score(profiles), fitted.score(profiles), atol=1e-4)
        np.testing.assert_allclose(
            again.predict_stars(profiles), fitted.predict_stars(profiles), atol=1e-4
        )
        save_model(fitted, data.films, folder, about.model_copy(update={"seed": SEED + 1}))
        assert read_manifest(folder).about == about, "an existing model is not replaced"
        content = bytearray((folder / "arrays.safetensors").read_bytes())
        content[-1] ^= 1
        (folder / "arrays.safetensors").write_bytes(content)
        with pytest.raises(CorruptFileError, match="altered"):
            open_model(folder)
        with pytest.raises(ModelError, match="no recommender"):
            open_model(tmp_path / "nowhere")
