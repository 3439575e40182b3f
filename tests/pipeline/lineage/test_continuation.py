"""What a new release takes over from the previous one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.lineage.continuation import continue_release, start_lineage
from pipeline.lineage.matching import Grouping
from pipeline.lineage.previous_release import PreviousRelease
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import IdentitySettings

SETTINGS = IdentitySettings()
UNITS = np.eye(3, dtype=np.float32)
FILMS = [f"f{number}" for number in range(30)]
ENDED = pa.Table.from_pylist(
    [{"generation": 1, "event": "gone", "previous_id": "war", "previous_name": "War"}], LINEAGE
)


def previous_release() -> PreviousRelease:
    rows = [
        {"micro_genre_id": f"id-{c}", "micro_genre_name": f"Name {c}", "name_source": source}
        for c, source in enumerate(("mined", "person", "kept"))
    ]
    films = Grouping(FILMS, np.repeat([0, 1, 2], 10), UNITS)
    return PreviousRelease(Path("releases/a"), "a", 4, films, rows, ENDED)


def assignments(cluster: np.ndarray) -> pa.Table:
    return pa.table([FILMS, pa.array(cluster, pa.int32())], names=["movie_id", "cluster"])


def centroids(vectors: np.ndarray) -> pa.Table:
    numbers = pa.array(range(len(vectors)), pa.int32())
    return pa.table([numbers, column_of_vectors(vectors)], schema=CENTROIDS(3))


def test_a_first_release_takes_over_nothing() -> None:
    first = start_lineage(2, frozenset({"war"}))
    assert first.previous_names == {}
    assert first.generation == 0
    assert first.assign_ids(["War", "Sea"]) == ["war-2", "sea"]
    rows = first.lineage_table([("war-2", "War"), ("sea", "Sea")], SETTINGS)
    assert rows["event"].to_pylist() == ["born", "born"]
    assert rows["generation"].to_pylist() == [0, 0]


def test_ids_and_names_follow_the_films() -> None:
    found = continue_release(
        previous_release(),
        frozenset({"war", "id-0", "id-1", "id-2"}),
        assignments(np.repeat([2, 0, 1], 10)),
        centroids(UNITS[[1, 2, 0]]),
        SETTINGS,
    )
    assert found.match.continued == {2: 0, 0: 1, 1: 2}
    assert found.generation == 5
    assert found.previous_names == {
        2: ("Name 0", False),
        0: ("Name 1", True),
        1: ("Name 2", False),
    }
    assert found.assign_ids(["x", "y", "z"]) == ["id-1", "id-2", "id-0"]


def test_a_micro_genre_with_other_films_gets_a_new_id() -> None:
    found = continue_release(
        previous_release(),
        frozenset({"war", "id-0", "id-1", "id-2"}),
        pa.table(
            [[*FILMS[:20], *(f"new{n}" for n in range(10))], np.repeat([0, 1, 2], 10)],
            names=["movie_id", "cluster"],
        ),
        centroids(np.concatenate([UNITS[:2], -UNITS[2:]])),
        SETTINGS,
    )
    ids = found.assign_ids(["Name 0", "Other", "War"])
    assert ids == ["id-0", "id-1", "war-2"]
    new = list(zip(ids, ["Name 0", "Other", "War"], strict=True))
    rows = found.lineage_table(new, SETTINGS).to_pylist()
    assert [(row["event"], row["previous_id"], row["micro_genre_id"]) for row in rows] == [
        ("kept", "id-0", "id-0"),
        ("renamed", "id-1", "id-1"),
        ("born", None, "war-2"),
        ("gone", "id-2", None),
        ("gone", "war", None),  # ended in an earlier generation
    ]
    assert [row["generation"] for row in rows] == [5, 5, 5, 5, 1]
