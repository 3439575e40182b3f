"""Reasons for recommendations: they claim only what is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.recommend.data.interactions import build_profile
from pipeline.recommend.models.registry import create_model
from pipeline.recommend.serving.explain import Explainer
from tests.support.ratings import SEED, SETTINGS, RatingsData


def test_a_reason_names_a_film_that_the_user_rated_high(data: RatingsData) -> None:
    films = data.films
    inside = np.flatnonzero(films.cluster == films.cluster[0])
    profile = build_profile([(int(inside[0]), 5.0), (int(inside[1]), 1.0)], len(films))
    (reason,) = Explainer(films).explain(profile, [int(inside[2])])
    assert reason["because_of"] == films.titles[inside[0]]
    assert reason["same_micro_genre"] == films.cluster_names[films.cluster[0]]
    assert reason["text"].startswith(
        f"because you rated {films.titles[inside[0]]} 5 of 5; both are"
    )
    assert reason["similarity"] is not None


def test_an_empty_profile_gets_a_general_reason(data: RatingsData) -> None:
    model = create_model("bias", SETTINGS)
    model.fit(data.history, data.films, SEED)
    empty = build_profile([], len(data.films))
    counts = data.history.counts
    most, least = int(counts.argmax()), int(counts.argmin())
    popular, unrated = Explainer(data.films, model).explain(empty, [most, least])
    assert popular["because_of"] is None and "many have watched" in popular["text"]
    assert counts[least] == 0 and "many have watched" not in unrated["text"]
    (unknown,) = Explainer(data.films).explain(empty, [most])
    assert "many have watched" not in unknown["text"], "without a model nobody knows that"


@pytest.mark.parametrize("name", ["bias", "content", "item-knn", "svd", "als", "nmf", "ease"])
def test_without_texts_and_tags_only_genres_and_ratings_are_claimed(
    data: RatingsData, name: str
) -> None:
    bare = replace(
        data.films,
        vectors=np.zeros((len(data.films), 1), np.float32),
        cluster=np.full(len(data.films), -1),
        cluster_names={},
    )
    model = create_model(name, SETTINGS)
    model.fit(data.history, bare, SEED)
    profile = data.validation.profiles[0]
    rows = np.setdiff1d(np.arange(len(bare)), profile.indices)[:120].tolist()
    reasons = Explainer(bare, model).explain(profile, rows)
    row_of = {int(film): row for row, film in enumerate(bare.ids)}
    for row, reason in zip(rows, reasons, strict=True):
        assert reason["similarity"] is None
        assert "similar" not in reason["text"] and "about" not in reason["text"].split("; ")[-1]
        if reason["because_of_film_id"] is None:
            continue
        other = row_of[reason["because_of_film_id"]]
        shared = (bare.genres[row] * bare.genres[other]).any()
        if "both are" in reason["text"]:
            assert shared and set(reason["genres"]) <= set(bare.genre_names)
        else:
            related = model.relate(np.array([row]), np.array([other]))
            assert "the same people rate both high" in reason["text"]
            assert related is not None and related[0, 0] > 0


def test_tags_are_claimed_only_where_both_have_them(data: RatingsData) -> None:
    genome = np.zeros((len(data.films), 3), np.float32)
    genome[:4] = np.array([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    films = replace(
        data.films,
        vectors=np.zeros((len(data.films), 1), np.float32),
        cluster=np.full(len(data.films), -1),
        genres=np.zeros_like(data.films.genres),
        genome=genome,
    )
    profile = build_profile([(0, 5.0)], len(films))
    both, without = Explainer(films).explain(profile, [1, 9])
    assert both["text"].endswith("people give both similar tags") and both["similarity"] is None
    assert without["because_of"] is None
