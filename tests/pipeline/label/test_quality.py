"""Figures of names whose values are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from pipeline.label.quality import name_figures
from pipeline.label.terms.holdings import HOLDINGS

UNITS = np.eye(3, dtype=np.float32)


def held(*films: Sequence[int]) -> pa.Table:
    rows = [{"cluster": 0, "held": list(film)} for film in films]
    return pa.Table.from_pylist(rows, HOLDINGS)


def figures(
    names: Sequence[str] = ("Sea", "Ghost", "Heist"),
    vectors: np.ndarray = UNITS,
    keywords: Sequence[Sequence[str]] = ((), (), ()),
    films: pa.Table | None = None,
) -> dict[str, object]:
    return dict(name_figures(names, vectors, UNITS, keywords, held() if films is None else films))


def test_names_nearest_to_their_own_centroid() -> None:
    found = figures()
    assert found["own_centroid_share"] == found["unique_share"] == 1.0
    assert found["strays"] == found["near_duplicate_pairs"] == found["boilerplate_keywords"] == []


def test_strays_are_listed() -> None:
    found = figures(vectors=UNITS[[0, 2, 2]])
    assert found["own_centroid_share"] == 2 / 3
    assert found["strays"] == ["Ghost"]


def test_near_duplicates_are_pairs() -> None:
    found = figures(["Wolf War", "Wars of Wolves", "War Wolf"])
    assert found["near_duplicate_pairs"] == [
        ["Wolf War", "Wars of Wolves"],
        ["Wolf War", "War Wolf"],
        ["Wars of Wolves", "War Wolf"],
    ]
    assert found["unique_share"] == 1.0
    assert figures(["Sea", "SEA", "Ghost"])["unique_share"] == 2 / 3


def test_boilerplate_is_found_and_listed_once() -> None:
    found = figures(keywords=[("sequel", "spy"), ("sequel",), ("woman director",)])
    assert found["boilerplate_keywords"] == ["sequel", "woman director"]


def test_coverage_is_the_share_of_films_with_a_keyword() -> None:
    assert figures(films=held([0, 2], [], [1], []))["keyword_coverage"] == 0.5
    assert figures(films=held([0]))["keyword_coverage"] == 1.0
    assert figures(films=held())["keyword_coverage"] == 0.0
