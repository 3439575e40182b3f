"""The commit protocol, by doing to the disk what crashes, other runs and bit rot do to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.fileio.parquet import write_table
from pipeline.storage.store import Store
from pipeline.storage.work_store import WorkStore

FP = fingerprint("some work")


def table(rows: int = 5, first: int = 0) -> pa.Table:
    numbers = list(range(first, first + rows))
    return pa.table({"movie_id": [str(n) for n in numbers], "n": pa.array(numbers, pa.int64())})


def commit(store: WorkStore, key: str = "p0", **tables: pa.Table) -> Manifest:
    return store.commit("stage", key, FP, tables or {"out": table()}, rows_in=5, seconds=0.5)


def files(store: WorkStore) -> set[str]:
    return {entry.name for entry in (store.root / "work" / "stage").iterdir()}


def manifest_file(store: WorkStore, key: str = "p0") -> Path:
    return store.root / "work" / "stage" / f"{key}-{FP[:16]}.json"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def test_commit_then_lookup_then_read(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "new" / "folder")
    manifest = store.commit(
        "stage",
        "p0",
        FP,
        {"b": table(3), "a": table(4)},
        rows_in=7,
        seconds=0.25,
        extra={"note": ["x", 1]},
    )
    assert WorkStore(store.root).lookup("stage", "p0", FP) == manifest
    assert list(manifest.outputs) == ["a", "b"]
    assert (manifest.rows_in, manifest.seconds, manifest.extra) == (7, 0.25, {"note": ["x", 1]})
    ref = manifest.outputs["a"]
    assert ref.rows == 4
    assert ref.bytes == (store.root / ref.path).stat().st_size
    assert not Path(ref.path).is_absolute()
    assert store.read(ref, verify=True).equals(table(4))
    assert store.lookup("stage", "p1", FP) is None
    assert store.lookup("other", "p0", FP) is None


def test_the_whole_fingerprint_counts(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    commit(store)
    assert store.lookup("stage", "p0", FP[:16] + "0" * 48) is None


def test_an_attempt_leaves_only_files_that_its_manifest_names(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    manifest = commit(store, a=table(), b=table(2))
    named = {Path(ref.path).name for ref in manifest.outputs.values()}
    assert files(store) == named | {manifest_file(store).name}


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_only_the_piece_of_a_damaged_file_is_undone(
    tmp_path: Path, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store = WorkStore(tmp_path)
    hurt, sound = commit(store, "hurt"), commit(store, "sound")
    damage(store.root / hurt.outputs["out"].path)
    with pytest.raises(CorruptFileError, match=hurt.outputs["out"].path):
        store.read(hurt.outputs["out"], verify=True)
    assert store.lookup("stage", "hurt", FP) is None
    assert "hurt" in caplog.text
    assert not manifest_file(store, "hurt").exists()
    assert store.lookup("stage", "sound", FP) == sound
    again = commit(store, "hurt")
    assert store.lookup("stage", "hurt", FP) == again


@pytest.mark.parametrize("content", [b"", b'{"format": 1, "sta', b"[]", b'{"format": 2}'])
def test_a_damaged_manifest_is_ignored_and_removed(tmp_path: Path, content: bytes) -> None:
    store = WorkStore(tmp_path)
    commit(store)
    manifest_file(store).write_bytes(content)
    assert store.lookup("stage", "p0", FP) is None
    assert not manifest_file(store).exists()


def test_a_damaged_manifest_does_not_win_over_a_commit(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    commit(store)
    manifest_file(store).write_bytes(b"{")
    manifest = commit(store)
    assert store.lookup("stage", "p0", FP) == manifest


def test_a_path_outside_the_folder_is_refused(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "dir")
    outside = tmp_path / "outside.parquet"
    sha256, size = write_table(outside, table())
    for path in (str(outside), "../outside.parquet", "work/../../outside.parquet", ""):
        with pytest.raises(CorruptFileError, match="leaves"):
            store.read(FileRef(path, sha256, size, 5))


def test_the_first_commit_wins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = WorkStore(tmp_path)
    first = commit(store)
    before = files(store)
    assert commit(store) == first
    assert not caplog.records
    assert commit(store, out=table(9)) == first
    assert "different bytes" in caplog.text
    assert files(store) == before


def test_one_of_many_concurrent_commits_wins(tmp_path: Path) -> None:
    store, results = WorkStore(tmp_path), []
    barrier = threading.Barrier(8)

    def attempt() -> None:
        barrier.wait()
        results.append(commit(store))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(result == results[0] for result in results)
    assert len(files(store)) == 2


def test_read_concatenates_in_the_order_given(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    a, b = (
        store.commit("stage", key, FP, {"out": table(3, first)}, rows_in=3, seconds=0).outputs[
            "out"
        ]
        for key, first in (("a", 0), ("b", 3))
    )
    assert store.read([b, a], ["n"])["n"].to_pylist() == [3, 4, 5, 0, 1, 2]
    assert store.read([a], ["n", "movie_id"]).schema.names == ["n", "movie_id"]
    with pytest.raises(StoreError, match="no columns"):
        store.read(a, ["m"])
    with pytest.raises(StoreError, match="no files"):
        store.read([])


def test_read_refuses_schemas_that_differ(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    manifest = commit(store, a=table(), b=pa.table({"n": ["text"]}))
    with pytest.raises(StoreError, match="another schema"):
        store.read([manifest.outputs["a"], manifest.outputs["b"]])


def test_size_is_checked_without_verify(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    ref = commit(store).outputs["out"]
    truncate(store.root / ref.path)
    with pytest.raises(CorruptFileError, match=r"were committed"):
        store.read(ref)


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "a b", "x" * 81, "é"])
def test_names_that_cannot_be_file_names_are_refused(tmp_path: Path, name: str) -> None:
    store = WorkStore(tmp_path)
    for stage, key, output in ((name, "k", "o"), ("s", name, "o"), ("s", "k", name)):
        with pytest.raises(StoreError, match="use 1 to 80"):
            store.commit(stage, key, FP, {output: table()}, rows_in=5, seconds=0)
    assert not list((store.root / "work").glob("*/*"))


def test_drop_deletes_one_piece(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    commit(store, "a"), commit(store, "b")
    store.commit("other", "a", FP, {"out": table()}, rows_in=5, seconds=0)
    store.drop("stage", "a", FP)
    store.drop("stage", "never", FP)
    assert store.lookup("stage", "a", FP) is None
    assert len(files(store)) == 2
    assert store.lookup("stage", "b", FP) is not None
    assert store.lookup("other", "a", FP) is not None


def test_sweep_deletes_only_old_files_that_no_manifest_names(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    manifest = commit(store)
    folder = store.root / "work" / "stage"
    old, young = folder / "p0-dead.out.parquet", folder / ".p1-new.out.parquet.tmp"
    for path in (old, young):
        path.write_bytes(b"half")
    for path in folder.iterdir():
        if path != young:
            os.utime(path, (1, 1))
    assert store.sweep(60) == 1
    assert not old.exists()
    assert young.exists()
    assert store.sweep(0) == 1
    assert store.lookup("stage", "p0", FP) == manifest


def test_a_killed_commit_leaves_no_manifest(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, pyarrow as pa\n"
        "from pipeline.storage.work_store import WorkStore\n"
        "os.link = lambda *names: os._exit(9)\n"
        "WorkStore(pathlib.Path(sys.argv[1])).commit(\n"
        "    'stage', 'p0', sys.argv[2], {'out': pa.table({'n': [1]})}, rows_in=1, seconds=0)\n"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), FP], cwd=root, check=False)
    assert done.returncode == 9
    store = WorkStore(tmp_path)
    assert len(files(store)) == 2  # the data and a temporary manifest; no manifest names them
    assert store.lookup("stage", "p0", FP) is None
    manifest = commit(store)
    assert store.sweep(0) == 2
    assert store.lookup("stage", "p0", FP) == manifest


def test_the_reason_of_a_failure_is_stored_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMDB_API_KEY", "very-secret-0815")
    store = WorkStore(tmp_path)
    store.record_failure(
        "embed",
        "p0",
        "0" * 64,
        'refused "very-secret-0815" by postgresql://us:pass@db/x\n'
        "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----",
    )
    (path,) = (tmp_path / "work" / "embed").iterdir()
    for secret in ("very-secret", "pass@", "MIGHAgEA"):
        assert secret not in path.read_text(encoding="utf-8")
    (failure,) = store.failures()
    assert failure["reason"] == 'refused "***" by postgresql://***@db/x\n***'
    store.clear_failure("embed", "p0", "0" * 64)
    assert store.failures() == []


def test_a_second_run_cannot_take_the_lock(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.lock():
        with pytest.raises(StoreError, match=str(tmp_path)), Store(tmp_path).lock():
            pass
        with Store(tmp_path / "other").lock():
            pass
    with store.lock():
        pass


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        WorkStore(tmp_path / "file")


def test_a_manifest_is_readable_json(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    manifest = commit(store)
    record = json.loads(manifest_file(store).read_text())
    assert record["fingerprint"] == FP
    assert record["outputs"]["out"]["sha256"] == manifest.outputs["out"].sha256
