"""Reasons for recommendations."""

from __future__ import annotations

import numpy as np

from pipeline.recommend.data.interactions import build_profile
from pipeline.recommend.serving.explain import Explainer
from tests.support.ratings import RatingsData


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


def test_an_empty_profile_gets_a_general_reason(data: RatingsData) -> None:
    (reason,) = Explainer(data.films).explain(build_profile([], len(data.films)), [3])
    assert reason["because_of"] is None and "many have watched" in reason["text"]
