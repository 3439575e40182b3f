"""The vectors of proposed names: added, sorted, looked up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.label.keywords.name_vectors import add_name_vectors, missing_names, vectors_of_names
from pipeline.schemas.vectors import column_of_vectors


def table(**vectors: list[float]) -> pa.Table:
    matrix = np.array(list(vectors.values())).reshape(len(vectors), 2)
    names = pa.array(list(vectors), pa.string())
    return pa.table([names, column_of_vectors(matrix, "float16")], names=["term", "vector"])


def test_missing_names_are_distinct_and_sorted() -> None:
    assert missing_names(["Sea", "Ghost", "Sea"], None) == ["Ghost", "Sea"]
    assert missing_names(["Sea", "Ghost", "War"], table(Sea=[1, 0])) == ["Ghost", "War"]


def test_vectors_are_added_in_the_order_of_the_names() -> None:
    first = add_name_vectors(None, table(Sea=[1, 0], Ghost=[0, 1]))
    assert first["term"].to_pylist() == ["Ghost", "Sea"]
    both = add_name_vectors(first, table(Mole=[0.5, 0.5]))
    assert both.equals(table(Ghost=[0, 1], Mole=[0.5, 0.5], Sea=[1, 0]))
    assert add_name_vectors(both, table()).equals(both)


def test_a_name_without_a_vector_gets_zeros() -> None:
    found = vectors_of_names(table(Ghost=[0, 1], Sea=[1, 0]), ["Sea", "Films 2", "Ghost", "Sea"])
    assert found.dtype == np.float32
    assert found.tolist() == [[1, 0], [0, 0], [0, 1], [1, 0]]
