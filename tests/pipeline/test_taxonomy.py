from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.settings import TaxonomySettings
from pipeline.tables import CENTROIDS, column_of_vectors
from pipeline.taxonomy import families_of, micro_genre_ids
from tests.pipeline.planted import planted


def centroids(vectors: np.ndarray) -> pa.Table:
    numbers = pa.array(range(len(vectors)), pa.int32())
    return pa.table([numbers, column_of_vectors(vectors)], schema=CENTROIDS(vectors.shape[1]))


def test_neighbouring_micro_genres_share_a_family() -> None:
    vectors, truth = planted(5, 5)
    family = families_of(centroids(vectors), np.ones(25), TaxonomySettings(families=5))
    assert len({(f, t) for f, t in zip(family, truth, strict=True)}) == 5


def test_the_largest_family_comes_first() -> None:
    vectors, truth = planted(3, 4)
    films = np.where(truth == 2, 100, 1)
    family = families_of(centroids(vectors), films, TaxonomySettings(families=3))
    assert set(family[truth == 2]) == {0}


@pytest.mark.parametrize(("k", "families"), [(1, 1), (2, 1), (16, 4)])
def test_auto_takes_the_square_root(k: int, families: int) -> None:
    family = families_of(centroids(planted(k, 1)[0]), np.ones(k), TaxonomySettings())
    assert len(set(family)) == families


def test_ids_are_readable_and_unique() -> None:
    names = ["Sci-Fi: Ghosts!", "Sci Fi Ghosts", "Été", "!!!"]
    assert micro_genre_ids(names) == ["sci-fi-ghosts", "sci-fi-ghosts-2", "été", "micro-genre"]
