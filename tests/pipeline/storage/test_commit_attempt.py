"""Files of one attempt to commit a piece, step by step."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.atomic import sync_files
from pipeline.storage.commit_attempt import CommitAttempt, ComputedPiece
from pipeline.storage.work_store import WorkStore

FP = "0" * 64
TABLES = {"a": pa.table({"n": [1, 2, 3]}), "b": pa.table({"s": ["x"]})}


def attempt(root: Path) -> CommitAttempt:
    path = root / "stage" / f"p0-{FP[:16]}.json"
    path.parent.mkdir(exist_ok=True)
    return CommitAttempt(root, "stage", ComputedPiece("p0", FP, TABLES, 3, 0.1), path)


def test_files_have_temporary_names_until_they_are_published(tmp_path: Path) -> None:
    one = attempt(tmp_path)
    one.write()
    assert all(path.name.endswith(".tmp") for path in (tmp_path / "stage").iterdir())
    sync_files(one.temporaries)
    one.publish()
    assert {Path(ref.path).suffix for ref in one.outputs.values()} == {".parquet"}
    assert all((tmp_path / ref.path).is_file() for ref in one.outputs.values())
    one.clean(won=False)
    assert not list((tmp_path / "stage").iterdir())


def test_a_file_that_reads_back_differently_is_not_published(tmp_path: Path) -> None:
    one = attempt(tmp_path)
    one.write()
    data = bytearray(one.temporaries[0].read_bytes())
    data[20] ^= 1
    one.temporaries[0].write_bytes(data)
    with pytest.raises(CorruptFileError, match="check the disk"):
        one.publish()


def test_pieces_of_one_commit_are_all_there_or_reported(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    good = [ComputedPiece(f"p{n}", f"{n:064x}", TABLES, 3, 0.0) for n in range(3)]
    manifests = store.commit_all("stage", good)
    assert [m.key for m in manifests] == ["p0", "p1", "p2"]
    assert store.commit_all("stage", good) == manifests  # the first attempt wins
    assert len(list((tmp_path / "work" / "stage").iterdir())) == 3 * 3
    bad = ComputedPiece("p3", "3" * 64, {"no/name": TABLES["a"]}, 3, 0.0)
    with pytest.raises(StoreError, match="no/name"):
        store.commit_all("stage", [ComputedPiece("p4", "4" * 64, TABLES, 3, 0.0), bad])
    assert len(list((tmp_path / "work" / "stage").iterdir())) == 3 * 3
    assert store.commit_all("stage", []) == []
