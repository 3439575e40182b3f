"""What every recommender must do. Inherit it, give `name`, and run as `Test...`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from pipeline.errors import CorruptFileError, ModelError
from pipeline.recommend.data.interactions import profile
from pipeline.recommend.evaluation.metrics import list_figures
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import MANIFEST, MODELS, keep, model_named, open_model
from tests.support.ratings import SEED, SETTINGS, Asked


class RecommenderContract:
    """`name` is the model under test, of `models.MODELS`; `ndcg` is the least that it reaches."""

    name: str
    ndcg: float

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, asked: Asked) -> Recommender:
        model = model_named(cls.name, SETTINGS)
        model.fit(asked.known, asked.films, SEED)
        return model

    def test_is_one_of_those_that_can_be_trained(self) -> None:
        assert MODELS[self.name].name == self.name

    def test_answers_are_numbers_of_the_shape_asked(
        self, fitted: Recommender, asked: Asked
    ) -> None:
        given = asked.questions.given[:7]
        for answer in (fitted.scores(given), fitted.stars(given)):
            assert answer.dtype == np.float32 and answer.shape == (7, len(asked.films))
            assert np.isfinite(answer).all()
        stars = fitted.stars(given)
        assert stars.min() >= 0.5 and stars.max() <= 5.0

    def test_users_do_not_depend_on_their_company(self, fitted: Recommender, asked: Asked) -> None:
        given = asked.questions.given
        rows = np.array([5, 2])
        for answer in (fitted.scores, fitted.stars):
            np.testing.assert_allclose(answer(given[rows]), answer(given)[rows], atol=2e-3)

    def test_a_user_without_ratings_is_answered(self, fitted: Recommender, asked: Asked) -> None:
        nobody = profile([], len(asked.films))
        assert np.isfinite(fitted.scores(nobody)).all()
        stars = fitted.stars(nobody)
        assert np.abs(stars.mean() - asked.known.matrix.data.mean()) < 0.5

    def test_nobody_asked_is_nothing_answered(self, fitted: Recommender, asked: Asked) -> None:
        none = sparse.csr_matrix((0, len(asked.films)), dtype=np.float32)
        assert fitted.scores(none).shape == fitted.stars(none).shape == (0, len(asked.films))

    def test_lists_are_better_than_chance(self, fitted: Recommender, asked: Asked) -> None:
        found = list_figures(fitted.scores, asked.questions, 10)["ndcg"].mean()
        draw = np.random.default_rng(SEED)
        chance = list_figures(
            lambda given: draw.random((given.shape[0], len(asked.films))), asked.questions, 10
        )["ndcg"].mean()
        assert found > chance + self.ndcg

    def test_stars_are_better_than_the_mean(self, fitted: Recommender, asked: Asked) -> None:
        known = asked.questions
        at = np.repeat(np.arange(known.rated.shape[0]), np.diff(known.rated.indptr))
        told = fitted.stars(known.given)[at, known.rated.indices]
        wrong = np.sqrt(((told - known.rated.data) ** 2).mean())
        assert wrong < np.sqrt(((asked.known.matrix.data.mean() - known.rated.data) ** 2).mean())

    def test_the_same_ratings_and_seed_give_the_same_model(
        self, fitted: Recommender, asked: Asked
    ) -> None:
        again = model_named(self.name, SETTINGS)
        again.fit(asked.known, asked.films, SEED)
        given = asked.questions.given[:20]
        np.testing.assert_allclose(again.scores(given), fitted.scores(given), atol=1e-3)
        np.testing.assert_allclose(again.stars(given), fitted.stars(given), atol=1e-3)

    def test_is_kept_without_pickle_and_answers_the_same(
        self, fitted: Recommender, asked: Asked, tmp_path: Path
    ) -> None:
        folder = keep(fitted, asked.films, tmp_path / "model", {"why": "test"})
        assert {p.suffix for p in folder.iterdir()} == {".json", ".safetensors", ".parquet"}
        again, films = open_model(folder)
        assert films.titles == asked.films.titles and again.name == self.name
        given = asked.questions.given[:20]
        np.testing.assert_allclose(again.scores(given), fitted.scores(given), atol=1e-4)
        np.testing.assert_allclose(again.stars(given), fitted.stars(given), atol=1e-4)
        assert keep(fitted, asked.films, folder, {}) == folder  # what is there stays
        assert json.loads((folder / MANIFEST).read_bytes())["about"] == {"why": "test"}
        data = bytearray((folder / "arrays.safetensors").read_bytes())
        data[-1] ^= 1
        (folder / "arrays.safetensors").write_bytes(data)
        with pytest.raises(CorruptFileError, match="altered"):
            open_model(folder)
        with pytest.raises(ModelError, match="no recommender"):
            open_model(tmp_path / "nowhere")
