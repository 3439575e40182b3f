"""Micro-genres keep their id if their films stay together, and no id is ever used twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.lineage.matching import (
    Grouping,
    assign_ids,
    count_events,
    empty_match,
    lineage_table,
    match_micro_genres,
)
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.mining import validate
from pipeline.settings import IdentitySettings
from tests.support.planted import planted

SETTINGS = IdentitySettings()
NONE = LINEAGE.empty_table()


def grouping(truth: np.ndarray, vectors: np.ndarray, ids: list[str] | None = None) -> Grouping:
    k = int(truth.max()) + 1
    means = np.array([vectors[truth == group].mean(0) for group in range(k)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return Grouping(
        ids or [f"f{row}" for row in range(len(truth))], truth, means.astype(np.float32)
    )


def ids_and_names(before: int, now: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    return [(f"old-{c}", f"Old {c}") for c in range(before)], [
        (f"new-{c}", f"New {c}") for c in range(now)
    ]


def test_renumbered_clusters_keep_their_ids() -> None:
    vectors, truth = planted(groups=12, films=20)
    order = np.random.default_rng(3).permutation(12)
    found = match_micro_genres(grouping(truth, vectors), grouping(order[truth], vectors), SETTINGS)
    assert found.continued == {int(order[old]): old for old in range(12)}
    ids = assign_ids(found, [f"id-{c}" for c in range(12)], ["x"] * 12, ())
    assert [ids[order[old]] for old in range(12)] == [f"id-{old}" for old in range(12)]


def test_the_order_of_the_rows_does_not_matter() -> None:
    vectors, truth = planted(groups=6, films=15, noise=0.3)
    now = np.random.default_rng(1).integers(0, 6, len(truth))
    straight = match_micro_genres(grouping(truth, vectors), grouping(now, vectors), SETTINGS)
    rows = np.random.default_rng(2).permutation(len(truth))
    ids = [f"f{row}" for row in rows]
    other = grouping(now[rows], vectors[rows], ids)
    turned = match_micro_genres(grouping(truth, vectors), other, SETTINGS)
    assert turned.continued == straight.continued
    assert (turned.shared == straight.shared).all()


def test_one_per_cent_of_other_films_changes_no_id() -> None:
    vectors, truth = planted(groups=30, films=40)
    rng = np.random.default_rng(5)
    changed = rng.choice(len(truth), len(truth) // 100, replace=False)
    ids = [f"f{row}" for row in range(len(truth))]
    for row in changed:
        ids[row] = f"other-{row}"
    found = match_micro_genres(grouping(truth, vectors), grouping(truth, vectors, ids), SETTINGS)
    assert found.continued == {c: c for c in range(30)}


def test_a_split_keeps_the_id_with_the_larger_part() -> None:
    vectors, truth = planted(groups=3, films=40)
    now = truth.copy()
    now[np.flatnonzero(truth == 0)[:15]] = 3
    found = match_micro_genres(grouping(truth, vectors), grouping(now, vectors), SETTINGS)
    before, after = ids_and_names(3, 4)
    rows = lineage_table(found, before, after, NONE, 1, SETTINGS).to_pylist()
    assert [row["event"] for row in rows] == ["renamed", "renamed", "renamed", "split"]
    split = rows[3]
    assert (split["previous_id"], split["micro_genre_id"]) == ("old-0", "new-3")
    assert split["shared_films"] == 15
    assert split["share_of_previous"] == pytest.approx(15 / 40)
    assert split["share_of_new"] == 1
    assert rows[0]["shared_films"] == 25


def test_merged_gone_born_and_kept_are_distinguished() -> None:
    vectors, truth = planted(groups=5, films=20)
    ids = [f"f{row}" for row in range(len(truth))]
    now = np.select([truth == 1, truth == 4], [0, 1], truth)  # 1 goes into 0
    fresh = [f"new-{i}" if group == 4 else i for i, group in zip(ids, truth, strict=True)]
    turned = vectors.copy()
    turned[truth == 4] = np.roll(vectors[truth == 4], 7, axis=1)  # 4 is gone, another one is born
    before = grouping(truth, vectors, ids)
    found = match_micro_genres(before, grouping(now, turned, fresh), SETTINGS)
    names = [(f"old-{c}", f"Name {c}") for c in range(5)]
    going = [
        names[found.continued[c]] if c in found.continued else ("fresh", "Fresh") for c in range(4)
    ]
    rows = validate(
        lineage_table(found, names, going, NONE, 4, SETTINGS), LINEAGE, name="lineage"
    ).to_pylist()
    assert {(row["previous_id"], row["event"]) for row in rows} == {
        ("old-0", "kept"),
        ("old-2", "kept"),
        ("old-3", "kept"),
        (None, "born"),
        ("old-1", "merged"),
        ("old-4", "gone"),
    }
    merged = next(row for row in rows if row["event"] == "merged")
    assert merged["micro_genre_id"] == "old-0"
    assert merged["share_of_previous"] == 1
    assert merged["share_of_new"] == pytest.approx(0.5)
    table = pa.Table.from_pylist(rows, LINEAGE)
    assert count_events(table, 4) == {
        "kept": 3,
        "renamed": 0,
        "split": 0,
        "born": 1,
        "merged": 1,
        "gone": 1,
    }
    assert sum(count_events(table, 3).values()) == 0


def test_an_id_that_ended_is_not_used_again() -> None:
    ended = pa.Table.from_pylist(
        [{"generation": 0, "event": "gone", "previous_id": "war", "previous_name": "War"}], LINEAGE
    )
    found = empty_match(2)
    ids = assign_ids(found, [], ["War", "War!"], {"war", "war-2"})
    assert ids == ["war-3", "war-4"]
    rows = lineage_table(found, [], [("war-3", "War"), ("war-4", "War!")], ended, 1, SETTINGS)
    assert rows.column("previous_id").to_pylist() == [None, None, "war"]
    assert rows.column("event").to_pylist() == ["born", "born", "gone"]


def test_without_films_in_common_the_centroids_decide() -> None:
    vectors, truth = planted(groups=4, films=10, noise=0.02)
    other = grouping(truth[::-1].copy(), vectors[::-1], [f"g{row}" for row in range(len(truth))])
    assert match_micro_genres(grouping(truth, vectors), other, SETTINGS).continued == {
        c: c for c in range(4)
    }
    narrow = Grouping(other.movie_ids, other.cluster, other.centroids[:, :8])
    assert match_micro_genres(grouping(truth, vectors), narrow, SETTINGS).continued == {}
