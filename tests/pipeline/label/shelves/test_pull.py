"""What draws films to clusters: the parts of all likely names, the best ones most."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.label.shelves.proposals import PROPOSED_NAMES
from pipeline.label.shelves.pull import KINDS, PULL, part_weights, pull_of, select_pull


def proposals(rows: list[tuple[int, list[int], list[int], float]], every: bool = False) -> pa.Table:
    """Return PROPOSED_NAMES of cluster, subjects, genres and value."""
    return pa.Table.from_pylist(
        [
            {
                "cluster": cluster,
                "subjects": subjects,
                "words": subjects,
                "genres": genres,
                "every_genre": every,
                "facets": [],
                "value": value,
            }
            for cluster, subjects, genres, value in rows
        ],
        PROPOSED_NAMES,
    )


def weights_of(pull: pa.Table, kind: str) -> dict[tuple[int, int], float]:
    return {
        (row["cluster"], row["part"]): row["weight"]
        for row in pull.to_pylist()
        if row["kind"] == kind
    }


def test_equal_proposals_count_alike_and_much_worse_ones_hardly() -> None:
    pull = pull_of(proposals([(0, [1], [5], 2.0), (0, [2], [5], 2.0), (0, [3], [], -8.0)]))
    assert pull.schema == PULL
    assert weights_of(pull, "subject") == pytest.approx({(0, 1): 0.5, (0, 2): 0.5, (0, 3): 0.0})
    assert weights_of(pull, "form") == pytest.approx({(0, 5): 1.0, (0, -1): 0.0})
    assert weights_of(pull, "facet") == pytest.approx({(0, -1): 1.0})


def test_a_small_change_of_value_changes_the_weights_a_little() -> None:
    one, other = (
        weights_of(pull_of(proposals([(0, [1], [], 2.0), (0, [2], [], value)])), "subject")
        for value in (1.999, 2.001)
    )
    assert one == pytest.approx(other, abs=0.01)


def test_each_of_two_genres_that_must_both_be_true_is_a_half() -> None:
    both = pull_of(proposals([(0, [], [5, 6], 1.0)], every=True))
    assert weights_of(both, "form") == {(0, 5): 0.5, (0, 6): 0.5}
    either = pull_of(proposals([(0, [], [5, 6], 1.0)]))
    assert weights_of(either, "form") == {(0, 5): 1.0, (0, 6): 1.0}


def test_clusters_are_selected_and_renumbered() -> None:
    pull = pull_of(proposals([(0, [1], [], 1.0), (1, [2], [], 1.0), (3, [4], [], 1.0)]))
    chosen = select_pull(pull, np.array([3, 1, 2]))
    assert weights_of(chosen, "subject") == {(0, 4): 1.0, (1, 2): 1.0}
    assert chosen.schema == PULL
    assert select_pull(pull, np.zeros(0, int)).num_rows == 0


def test_weights_as_a_matrix() -> None:
    pull = pull_of(proposals([(0, [1], [], 1.0), (2, [], [], 1.0)]))
    matrix, without = part_weights(pull, "subject", 3, 4)
    assert matrix.toarray().tolist() == [[0.0] * 4, [1.0, 0.0, 0.0, 0.0], [0.0] * 4]
    assert without.tolist() == [0.0, 0.0, 1.0, 0.0]


def test_no_proposals_draw_nothing() -> None:
    pull = pull_of(proposals([]))
    assert pull.num_rows == 0 and pull.schema == PULL
    for kind in KINDS:
        matrix, without = part_weights(pull, kind, 5, 2)
        assert matrix.nnz == 0 and without.tolist() == [0.0, 0.0]
