"""The flow killed before and after each step of the commits: what is committed stays, once."""

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
from tests.faults.mining import LIMIT, Place, checked, nothing_runs, same_tables, work_of
from tests.faults.plants import die_before_step, publishing

pytestmark = pytest.mark.timeout(300)

FP = fingerprint("some work")
TABLES = {name: pa.table({"movie_id": [f"{name}{n}" for n in range(9)]}) for name in "ab"}
# In the order of the commit: every one of these runs dies there, and the next one goes on.
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


def test_a_piece_is_committed_whole_or_not_at_all_whichever_step_is_the_last(
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
        before = work_of(root)
        made = store.commit("stage", "p0", FP, TABLES, rows_in=9, seconds=0.0)
        if found is not None:
            assert made == found
            assert work_of(root) == before
        for name, table in TABLES.items():
            assert store.read(made.outputs[name], verify=True).equals(table)
        store.sweep(0)
        assert len(list((root / "work" / "stage").iterdir())) == 3
        assert store.lookup("stage", "p0", FP) == made
    taken = steps.read_text().split()
    assert {"fsync", "rename", "link"} <= set(taken)
    assert number == len(taken) + 1  # every step was the last one once
    assert number > 10


def test_a_release_is_published_whole_or_not_at_all_whichever_step_is_the_last(
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


def test_a_run_killed_around_each_step_of_its_release_goes_on(
    place: Place, reference: Reference, mined: Path
) -> None:
    shutil.rmtree(mined / "releases")
    (mined / "latest").unlink()
    work = work_of(mined)
    for moment in MOMENTS:
        run = place.mine(mined, before=publishing, given=(moment,))
        assert run.end(60) == -signal.SIGKILL, run.told()
        assert work_of(mined) == work, moment
        shown = [path for path in (mined / "releases").glob("[!.]*")]
        assert len(shown) == (moment in MOMENTS[2:])
        assert (mined / "latest").exists() == (moment == MOMENTS[3])
    run = place.mine(mined)
    assert run.end(60) == 0, run.told()
    assert work_of(mined) == work
    same_tables(checked(mined, LIMIT), reference.release)
    assert [path.name for path in (mined / "releases").iterdir()] == [reference.release.name]
    wait_for(lambda: nothing_runs(place.server, mined), 30)
