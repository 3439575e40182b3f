"""Edited embeddings have the order and the vectors of embeddings that are sorted as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.mined_release import catalogue, mined_release
from benchmarks.lib.small_model import build_model
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.partitions import partition_ids
from pipeline.update.embeddings import EditedEmbeddings, edit_embeddings

FILMS = 240


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ReleasedTables:
    folder = tmp_path_factory.mktemp("release")
    model = build_model(folder / "model")
    return ReleasedTables(mined_release(folder / "out", model, catalogue().slice(0, FILMS)))


def edited(release: ReleasedTables, partitions: int, scratch: Path) -> EditedEmbeddings:
    """Ten films are gone, five have another vector, and seven are new."""
    whole = release.embeddings
    ids = whole["movie_id"].to_pylist()
    moved = whole.take(pa.array(range(10, 15)))
    moved = moved.set_column(1, "text_hash", pa.array([f"other-{n}" for n in range(5)]))
    new = whole.slice(20, 7)
    new = new.set_column(0, "movie_id", pa.array([f"{n}-new" for n in ids[20:27]]))
    without = pa.array(sorted(ids[:15]))
    return edit_embeddings(
        release, without, pa.concat_tables([moved, new]).combine_chunks(), partitions, scratch
    )


@pytest.mark.parametrize("partitions", [1, 2, 7], ids=["as-before", "two", "seven"])
def test_rows_are_sorted_by_partition_and_id(
    release: ReleasedTables, partitions: int, tmp_path: Path
) -> None:
    found = edited(release, partitions, tmp_path)
    assert (found.places is not None) == (partitions == 1)
    table = pa.concat_tables(found.table())
    assert len(table) == found.table().num_rows == FILMS - 10 + 7
    ids = table["movie_id"].to_pylist()
    assert ids == found.ids.to_pylist()
    partition = partition_ids(ids, partitions).tolist()
    assert list(zip(partition, ids, strict=True)) == sorted(zip(partition, ids, strict=True))


@pytest.mark.parametrize("partitions", [1, 7])
def test_each_film_keeps_its_vector_and_its_place_is_known(
    release: ReleasedTables, partitions: int, tmp_path: Path
) -> None:
    found = edited(release, partitions, tmp_path)
    now = {row["movie_id"]: row for row in pa.concat_tables(found.table()).to_pylist()}
    for number, row in enumerate(release.embeddings.to_pylist()):
        if number >= 15:
            assert now[row["movie_id"]] == row
            assert found.ids[found.new_rows[number]].as_py() == row["movie_id"]
        else:
            assert found.new_rows[number] == -1
    hashes = [now[i]["text_hash"] for i in release.embeddings["movie_id"].to_pylist()[10:15]]
    assert hashes == [f"other-{n}" for n in range(5)]


def test_the_mark_depends_on_the_change_alone(release: ReleasedTables, tmp_path: Path) -> None:
    once, again = (edited(release, 1, tmp_path) for _ in range(2))
    assert once.table().mark == again.table().mark
    nothing = edit_embeddings(
        release, pa.array([], pa.string()), release.embeddings.slice(0, 0), 1, tmp_path
    )
    assert nothing.table().mark != once.table().mark
    assert pa.concat_tables(nothing.table()).equals(release.embeddings)
    assert np.array_equal(nothing.new_rows, np.arange(FILMS))
