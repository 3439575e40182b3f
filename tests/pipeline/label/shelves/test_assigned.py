"""Centroids and their numbers."""

from __future__ import annotations

import numpy as np

from pipeline.label.shelves.assigned import padded, renumbered
from pipeline.schemas.vectors import matrix_of
from tests.pipeline.label.shelves.parts_of_films import angles, centroids_of


def test_centroids_are_renumbered_and_padded() -> None:
    table = centroids_of(angles(0, 45, 90))
    chosen = renumbered(table, np.array([2, 0]))
    assert chosen.equals(centroids_of(matrix_of(table)[[2, 0]]))
    wider = padded(chosen, 3)
    assert wider.column("cluster").to_pylist() == [0, 1, 2]
    assert matrix_of(wider)[2].tolist() == [0.0, 0.0]
    assert padded(chosen, 2).equals(chosen)
