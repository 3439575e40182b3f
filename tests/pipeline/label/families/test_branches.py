"""Branches of Ward's tree."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.label.families.branches import branches_of
from tests.support.planted import planted


def test_similar_micro_genres_share_a_branch() -> None:
    vectors, truth = planted(5, 5)
    branch = branches_of(vectors, 5)
    assert len({(b, t) for b, t in zip(branch, truth, strict=True)}) == 5


@pytest.mark.parametrize(("wanted", "found"), [(1, 1), (4, 4), (9, 4)])
def test_no_more_branches_than_micro_genres(wanted: int, found: int) -> None:
    branch = branches_of(planted(4, 1)[0], wanted)
    assert sorted(set(branch)) == list(range(found))


def test_identical_micro_genres_share_a_branch() -> None:
    same = np.repeat(planted(1, 1)[0], 9, axis=0)
    assert not branches_of(same, 3).any()


def test_one_micro_genre_is_one_branch() -> None:
    assert branches_of(planted(1, 1)[0], 3).tolist() == [0]
