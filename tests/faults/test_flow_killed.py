"""Kill the flow before and after each step of a commit: committed work stays, once."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import write_table
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release
from pipeline.storage.work_store import WorkStore
from tests.faults.child import forked, wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import (
    LIMIT,
    Place,
    all_runs_ended,
    assert_same_tables,
    committed_work,
    verify_latest,
)
from tests.faults.plants import die_before_step, die_while_publishing

pytestmark = pytest.mark.timeout(300)

FP = fingerprint("some work")
TABLES = {name: pa.table({"movie_id": [f"{name}{n}" for n in range(9)]}) for name in "ab"}
# In the order of a commit: each run dies at one of these, and the next run resumes.
MOMENTS = ("before write_new", "before _sync_tree", "before write_bytes", "after write_bytes")


def commit_piece(root: Path, died_at: int, steps: Path) -> None:
    store = WorkStore(root)
    taken = die_before_step(died_at)
    store.commit("stage", "p0", FP, TABLES, rows_in=9, seconds=0.0)
    steps.write_text(" ".join(taken))


def publish(root: Path, died_at: int, steps: Path) -> None:
    store = ReleaseStore(root)
    taken = die_before_step(died_at)
    attempt = store.begin("one")
    movies = pa.table({"movie_id": ["1", "2"]})
    write_table(attempt / "movies.parquet", movies)
    write_table(attempt / "rejects.parquet", movies.slice(0, 0))
    store.commit(attempt, "one", {"counts": {"rows_in": 2, "released": 2, "rejected": 0}})
    steps.write_text(" ".join(taken))


def test_the_commit_of_a_piece_is_atomic_at_each_step(
    tmp_path: Path,
) -> None:
    for number in range(1, 100):
        root, steps = tmp_path / str(number), tmp_path / f"{number}.steps"
        end = forked(commit_piece, root, number, steps)
        if end == 0:
            break
        assert end == -signal.SIGKILL
        store = WorkStore(root)
        found = store.lookup("stage", "p0", FP)
        before = committed_work(root)
        manifest = store.commit("stage", "p0", FP, TABLES, rows_in=9, seconds=0.0)
        if found is not None:
            assert manifest == found
            assert committed_work(root) == before
        for name, table in TABLES.items():
            assert store.read(manifest.outputs[name], verify=True).equals(table)
        store.sweep(0)
        assert len(list((root / "work" / "stage").iterdir())) == 3
        assert store.lookup("stage", "p0", FP) == manifest
    taken = steps.read_text().split()
    assert {"fsync", "rename", "link"} <= set(taken)
    assert number == len(taken) + 1  # each step was the last one once
    assert number > 10


def test_the_commit_of_a_release_is_atomic_at_each_step(
    tmp_path: Path,
) -> None:
    for number in range(1, 100):
        root, steps = tmp_path / str(number), tmp_path / f"{number}.steps"
        end = forked(publish, root, number, steps)
        if end == 0:
            break
        assert end == -signal.SIGKILL
        store = ReleaseStore(root)
        visible = [path for path in (root / "releases").iterdir() if path.name == "one"]
        for release in visible:
            verify_release(release)
        assert store.latest() in (None, "one")
        if store.latest():
            assert visible
        publish(root, 10**9, steps)
        assert store.latest() == "one"
        verify_release(store.folder())
        store.sweep(0)
        assert [path.name for path in (root / "releases").iterdir()] == ["one"]
    taken = steps.read_text().split()
    assert {"fsync", "rename", "replace"} <= set(taken)
    assert number == len(taken) + 1
    assert number > 10


def test_a_run_killed_at_each_step_of_its_release_is_resumed(
    place: Place, reference: Reference, mined: Path
) -> None:
    shutil.rmtree(mined / "releases")
    (mined / "latest").unlink()
    work = committed_work(mined)
    for moment in MOMENTS:
        run = place.mine(mined, before=die_while_publishing, given=(moment,))
        assert run.end(60) == -signal.SIGKILL, run.output()
        assert committed_work(mined) == work, moment
        shown = [path for path in (mined / "releases").glob("[!.]*")]
        assert len(shown) == (moment in MOMENTS[2:])
        assert (mined / "latest").exists() == (moment == MOMENTS[3])
    run = place.mine(mined)
    assert run.end(60) == 0, run.output()
    assert committed_work(mined) == work
    assert_same_tables(verify_latest(mined, LIMIT), reference.release)
    assert [path.name for path in (mined / "releases").iterdir()] == [reference.release.name]
    wait_for(lambda: all_runs_ended(place.server, mined), 30)
