"""Kill the flow in each stage of shelves and names: resumed, it gives the same release."""

from __future__ import annotations

import shutil
import signal
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

from pipeline.storage.work_store import WorkStore
from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import (
    LIMIT,
    Place,
    all_runs_ended,
    assert_same_tables,
    committed_work,
    verify_latest,
)
from tests.faults.plants import AtCommit, plant_fault

pytestmark = pytest.mark.timeout(300)

# Stage and piece in which the run is killed, in the order of a run.
MOMENTS = [
    ("name-parts", "all"),
    ("move-films-round-1-0", "p00001"),
    ("shelf-names-settled", "g00000"),
    ("move-films-all-0", "p00002"),
    ("audit-films-audit-1", "p00001"),
    ("shelf-names-audit-2", "g00000"),
    ("audit-films-audit-2", "p00000"),
    ("settle-films", "p00001"),
    ("shelf-names-final", "g00000"),
]


def forget_since(out: Path, stage: str) -> None:
    """Remove the releases, and all work that was committed from a stage on."""
    shutil.rmtree(out / "releases")
    (out / "latest").unlink()
    manifests = list((out / "work").glob("*/*.json"))
    first = min(path.stat().st_mtime_ns for path in manifests if path.parent.name == stage)
    for path in manifests:
        if path.stat().st_mtime_ns >= first:
            path.unlink()


def any_file(folder: Path) -> bool:
    return any(folder.iterdir())


def done_in(out: Path, stage: str) -> set[str]:
    """Return the pieces of a stage that are committed."""
    return {path.stem.split("-")[0] for path in (out / "work" / stage).glob("*.json")}


def test_a_run_killed_in_each_stage_of_shelves_and_names_is_resumed(
    place: Place, reference: Reference, mined: Path, client: Client, tmp_path: Path
) -> None:
    forget_since(mined, MOMENTS[0][0])
    kept = committed_work(mined)
    assert kept
    for stage, piece in MOMENTS:
        markers = tmp_path / stage
        markers.mkdir()
        with plant_fault(client, AtCommit(markers, "hold", stage, piece)):
            run = place.mine(mined)
            try:
                wait_for(partial(any_file, markers), 60, run)
                assert piece not in done_in(mined, stage)
                run.kill()
            finally:
                (markers / "go").touch()
        assert run.process.exitcode == -signal.SIGKILL
        work = committed_work(mined)
        # what was committed before stays as it is
        assert {name: work.get(name) for name in kept} == kept, stage
        kept = work
        assert not (mined / "latest").exists()
    run = place.mine(mined)
    assert run.end(60) == 0, run.output()
    work = committed_work(mined)
    assert {name: work.get(name) for name in kept} == kept
    release = verify_latest(mined, LIMIT)
    assert release.name == reference.release.name
    assert_same_tables(release, reference.release)
    assert WorkStore(mined).failures() == []
    wait_for(lambda: all_runs_ended(place.server, mined), 30)
