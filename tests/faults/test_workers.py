"""Workers that die: once in every stage, or always on the same piece."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from distributed import Client

from pipeline.storage.work_store import WorkStore
from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, checked, nothing_runs, same_tables
from tests.faults.plants import AtCommit, planted
from tests.support.prefect_process import ask

pytestmark = pytest.mark.timeout(300)


def stages_on_workers(out: Path) -> set[str]:
    """Stages whose pieces were worked by Dask; what a flow commits itself has no version."""
    return {
        path.parent.name
        for path in (out / "work").glob("*/*.json")
        if "version" in json.loads(path.read_text())["extra"]
    }


def test_a_worker_killed_in_every_stage_costs_nothing(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    markers = tmp_path / "markers"
    markers.mkdir()
    with planted(client, AtCommit(markers)):
        run = place.mine(tmp_path / "out")
        assert run.end(280) == 0, run.told()
    struck = {path.name.split(".")[0] for path in markers.iterdir()}
    assert struck == stages_on_workers(reference.out)
    assert len(struck) > 20
    same_tables(checked(tmp_path / "out", LIMIT), reference.release)
    assert WorkStore(tmp_path / "out").failures() == []


def test_a_piece_that_kills_every_worker_is_quarantined_alone(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    markers, out = tmp_path / "markers", tmp_path / "out"
    markers.mkdir()
    with planted(client, AtCommit(markers, stage="features", piece="p00001", times=99)):
        run = place.mine(out)
        assert run.end(120) == 5, run.told()
    assert len(list(markers.iterdir())) == 4  # twice among the others, twice alone
    (failure,) = WorkStore(out).failures()
    assert (failure["stage"], failure["piece"]) == ("features", "p00001")
    assert "KilledWorker" in failure["reason"]
    assert "p00001: KilledWorker" in run.told()
    done = {path.name.split("-")[0] for path in (out / "work" / "features").glob("*.json")}
    assert done == {"p00000", "p00002"}
    assert not (out / "latest").exists()
    wait_for(lambda: nothing_runs(place.server, out), 30)
    question = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}}
    (told,) = ask(f"{place.server}/flow_runs/filter", question)
    assert told["state_type"] == "FAILED"
    assert "p00001" in told["state"]["message"]

    again = place.mine(out)  # what was quarantined is tried again
    assert again.end(120) == 0, again.told()
    same_tables(checked(out, LIMIT), reference.release)
    assert WorkStore(out).failures() == []
