"""Workers that die: once in each stage, or always on the same piece."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from distributed import Client

from pipeline.storage.work_store import WorkStore
from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, all_runs_ended, assert_same_tables, verify_latest
from tests.faults.plants import AtCommit, plant_fault
from tests.support.prefect_process import ask

pytestmark = pytest.mark.timeout(300)


def stages_on_workers(out: Path) -> set[str]:
    """Return the stages that ran on workers; pieces committed by a flow itself have no version."""
    return {
        path.parent.name
        for path in (out / "work").glob("*/*.json")
        if "version" in json.loads(path.read_text())["extra"]
    }


def test_a_worker_killed_in_each_stage_changes_nothing(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    with plant_fault(client, AtCommit(markers)):
        run = place.mine(tmp_path / "out")
        assert run.end(280) == 0, run.output()
    struck = {path.name.split(".")[0] for path in markers.iterdir()}
    assert struck == stages_on_workers(reference.out)
    assert len(struck) > 20
    assert_same_tables(verify_latest(tmp_path / "out", LIMIT), reference.release)
    assert WorkStore(tmp_path / "out").failures() == []


def test_a_piece_that_kills_every_worker_is_quarantined_alone(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    markers, out = tmp_path / "markers", tmp_path / "out"
    markers.mkdir()
    with plant_fault(client, AtCommit(markers, stage="features", piece="p00001", times=99)):
        run = place.mine(out)
        assert run.end(120) == 5, run.output()
    assert len(list(markers.iterdir())) == 4  # twice together with others, twice alone
    (failure,) = WorkStore(out).failures()
    assert (failure["stage"], failure["piece"]) == ("features", "p00001")
    assert "KilledWorker" in failure["reason"]
    assert "p00001: KilledWorker" in run.output()
    done = {path.name.split("-")[0] for path in (out / "work" / "features").glob("*.json")}
    assert done == {"p00000", "p00002"}
    assert not (out / "latest").exists()
    wait_for(lambda: all_runs_ended(place.server, out), 30)
    question = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}}
    (flow_run,) = ask(f"{place.server}/flow_runs/filter", question)
    assert flow_run["state_type"] == "FAILED"
    assert "p00001" in flow_run["state"]["message"]

    again = place.mine(out)  # quarantined pieces are tried again
    assert again.end(120) == 0, again.output()
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    assert WorkStore(out).failures() == []
