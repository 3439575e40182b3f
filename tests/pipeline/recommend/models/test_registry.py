"""Every recommender passes the contract; the registry and its manifests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError, SettingsError
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import MODELS, create_model, read_manifest
from tests.support.contracts.recommender_contract import RecommenderContract
from tests.support.ratings import SETTINGS, RatingsData


class TestBias(RecommenderContract):
    name, ndcg = "bias", 0.05


class TestItemKNN(RecommenderContract):
    name, ndcg = "item-knn", 0.05


class TestSVD(RecommenderContract):
    name, ndcg = "svd", 0.002


class TestALS(RecommenderContract):
    name, ndcg = "als", 0.05


class TestNMF(RecommenderContract):
    name, ndcg = "nmf", 0.05


class TestEASE(RecommenderContract):
    name, ndcg = "ease", 0.05


class TestContent(RecommenderContract):
    name, ndcg = "content", -0.01

    def test_films_without_ratings_get_different_scores(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        validation = data.validation
        scores = fitted.score(validation.profiles[:5])[:, validation.cold]
        assert (scores.std(1) > 0).all()


class TestHybrid(RecommenderContract):
    name, ndcg = "hybrid", 0.05

    def test_films_without_ratings_get_different_scores(
        self, fitted: Recommender, data: RatingsData
    ) -> None:
        cold = data.validation.cold
        assert cold.sum() > 20
        scores = fitted.score(data.validation.profiles[:5])[:, cold]
        assert (scores.std(1) > 0).all()


def test_every_model_is_tested_by_the_contract() -> None:
    tested = {cls.name for cls in RecommenderContract.__subclasses__()}
    assert tested == set(MODELS)


def test_an_unknown_name_lists_the_models() -> None:
    with pytest.raises(SettingsError, match="choose one of bias, item-knn, svd"):
        create_model("magic", SETTINGS)


def test_the_arrays_of_stored_models_keep_their_names(data: RatingsData) -> None:
    model = create_model("bias", SETTINGS)
    model.fit(data.history, data.films, 1)
    assert set(model.export_state()) == {"signs.mean", "signs.film", "popular"}
    assert model.export_state()["signs.film"].dtype == np.float32


def test_a_wrong_field_of_a_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 1, "name": "bias"}))
    with pytest.raises(ModelError, match=r"manifest\.json: field 'settings': .* train again"):
        read_manifest(tmp_path)
