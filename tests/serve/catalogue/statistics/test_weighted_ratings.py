"""Weighted ratings beside the same computed film by film."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from serve.catalogue.catalogue import Catalogue


@pytest.mark.parametrize("votes", [0, 500])
def test_weighted_ratings_are_those_of_the_films(
    catalogue: Catalogue, films: list[dict[str, Any]], votes: int
) -> None:
    rated = [
        film
        for film in films
        if film["vote_average"] is not None and (film["vote_count"] or 0) >= votes
    ]
    mean = np.mean([film["vote_average"] for film in rated])
    groups: dict[int, list[float]] = {}
    for film in rated:
        count, own = film["vote_count"], film["vote_average"]
        weighted = (count * own + votes * mean) / (count + votes) if count + votes else own
        groups.setdefault(film["cluster"], []).append(weighted)
    found = {row["key"]: row for row in catalogue.trends.weighted_ratings("cluster", votes)}
    assert found.keys() == groups.keys()
    for cluster, values in groups.items():
        row = found[cluster]
        assert row["films"] == len(values)
        assert row["rating"] == pytest.approx(float(np.mean(values)))
        if row["low"] is not None and row["high"] is not None:
            assert row["low"] <= row["rating"] <= row["high"]


def test_few_votes_bring_a_rating_to_the_mean(catalogue: Catalogue) -> None:
    strict = catalogue.trends.weighted_ratings("decade", 1_000)
    spread = [abs(row["rating"] - row["plain"]) for row in strict]
    assert strict and max(spread) > 0
    one = catalogue.trends.weighted_ratings("decade", 0, cluster=0)
    assert sum(row["films"] for row in one) < sum(
        row["films"] for row in catalogue.trends.weighted_ratings("decade", 0)
    )
