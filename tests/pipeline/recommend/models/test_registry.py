"""Every recommender in the contract; what the hybrid and the explainer add."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import SettingsError
from pipeline.recommend.data.interactions import profile
from pipeline.recommend.evaluation.evaluate import ahead, fit_and_measure
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import MODELS, model_named
from pipeline.recommend.serving.explain import Explainer
from tests.support.contracts.recommender_contract import RecommenderContract
from tests.support.ratings import SEED, SETTINGS, Asked, ratings_of


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return ratings_of(tmp_path_factory.mktemp("ratings"))


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

    def test_lists_films_that_nobody_has_rated(self, fitted: Recommender, asked: Asked) -> None:
        scores = fitted.scores(asked.questions.given[:5])[:, asked.questions.cold]
        assert (scores.std(1) > 0).all()


class TestHybrid(RecommenderContract):
    name, ndcg = "hybrid", 0.05

    def test_tells_films_apart_that_nobody_has_rated(
        self, fitted: Recommender, asked: Asked
    ) -> None:
        cold = asked.questions.cold
        assert cold.sum() > 20
        scores = fitted.scores(asked.questions.given[:5])[:, cold]
        assert (scores.std(1) > 0).all()


def test_every_model_is_under_the_contract() -> None:
    held = {cls.name for cls in RecommenderContract.__subclasses__()}
    assert held == set(MODELS)
    with pytest.raises(SettingsError, match="there are bias, item-knn, svd"):
        model_named("magic", SETTINGS)


def test_figures_pair_the_same_users(asked: Asked) -> None:
    earlier = asked.prepared.whole()
    time = np.sort(earlier.column("timestamp").to_numpy())
    from pipeline.recommend.data.temporal_split import between

    border = int(time[int(0.8 * len(time))])
    found = {
        name: fit_and_measure(
            name,
            between(earlier, None, border),
            between(earlier, border, None),
            asked.films,
            SETTINGS,
            SEED,
        )[1]
        for name in ("bias", "item-knn", "content")
    }
    told = found["bias"].figures
    assert told["users"] == len(found["bias"].ndcg) > 30
    low, high = told["intervals"]["ndcg"]
    assert low <= told["ndcg"] <= high and 0 < told["ndcg"] <= 1
    assert 0 < told["coverage"] < found["content"].figures["coverage"] <= 1
    assert told["novelty"] < found["content"].figures["novelty"]
    assert 0 < told["diversity"] <= 1
    assert set(told["by_activity"]) <= {"unknown", "up to 50 ratings", "over 50 ratings"}
    assert sum(group["users"] for group in told["by_activity"].values()) == told["users"]
    against = ahead(found, "bias", 200, SEED)["content"]
    assert against["ndcg"] == pytest.approx(told["ndcg"] - found["content"].figures["ndcg"])
    assert against["interval"][0] <= against["ndcg"] <= against["interval"][1]


def test_reasons_name_a_film_that_was_rated_high(asked: Asked) -> None:
    films = asked.films
    inside = np.flatnonzero(films.cluster == films.cluster[0])
    explainer = Explainer(films)
    (reason,) = explainer.reasons(
        profile([(int(inside[0]), 5.0), (int(inside[1]), 1.0)], len(films)), [int(inside[2])]
    )
    assert reason["because_of"] == films.titles[inside[0]]
    assert reason["same_micro_genre"] == films.cluster_names[films.cluster[0]]
    assert reason["text"].startswith(
        f"because you rated {films.titles[inside[0]]} 5 of 5; both are"
    )
    (other,) = explainer.reasons(profile([], len(films)), [int(inside[2])])
    assert other["because_of"] is None and "many have watched" in other["text"]
