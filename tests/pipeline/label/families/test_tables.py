"""Tables of families, and their number."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.label.families import assignments_to_families, family_count, family_table
from pipeline.settings import TaxonomySettings


@pytest.mark.parametrize(("k", "most"), [(1, 1), (2, 2), (25, 6), (100, 12)])
def test_auto_is_little_more_than_the_square_root(k: int, most: int) -> None:
    assert family_count(k, TaxonomySettings()) == most


@pytest.mark.parametrize(("wanted", "most"), [(1, 1), (4, 4), (9, 4)])
def test_no_more_families_than_micro_genres(wanted: int, most: int) -> None:
    assert family_count(4, TaxonomySettings(families=wanted)) == most


def test_family_table_is_the_family_of_each_cluster() -> None:
    table = family_table([1, 0, 1])
    assert table.schema == pa.schema([("cluster", pa.int32())])
    assert table["cluster"].to_pylist() == [1, 0, 1]


def test_assignments_get_the_family_of_their_cluster_and_keep_the_rest() -> None:
    clusters = pa.array([2, 0, 1, 2], pa.int32())
    films = pa.table([["a", "b", "c", "d"], clusters], names=["movie_id", "cluster"])
    found = assignments_to_families(films, [1, 0, 1])
    assert found.schema == films.schema
    assert found["cluster"].to_pylist() == [1, 1, 0, 1]
    assert found["movie_id"].to_pylist() == ["a", "b", "c", "d"]
