"""The update as a flow of a Prefect server, and the mining that it starts where films drifted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from distributed import LocalCluster
from typer.testing import CliRunner

from benchmarks.lib.mined_release import catalogue, mined_release, write_catalogue
from benchmarks.lib.small_model import build_model
from flows.update import flow
from microgenres.cli.app import app
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import DRIFT, EVENTS, LINEAGE
from pipeline.schemas.mining import MOVIES
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release
from tests.support.prefect_process import ask

FILMS = 200

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", autouse=True)
def scheduler() -> Iterator[str]:
    """The address of a cluster whose one worker is a thread: nothing here dies."""
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("MICROGENRES_DASK__SCHEDULER", cluster.scheduler_address)
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    mined_release(folder, build_model(folder / "model"), catalogue().slice(0, FILMS))
    return folder


def command(out: Path, source: str, *args: str, **environment: str) -> dict[str, Any]:
    """What `microgenres update` tells."""
    printed = CliRunner().invoke(
        app, ["update", "--source", source, "--out", str(out), *args, "--json"], env=environment
    )
    assert printed.exit_code == 0, printed.output
    return dict(json.loads(printed.stdout))


def stop(*_args: object, **_named: object) -> str:
    raise RuntimeError("stopped before the mining")


def runs(server: str, name: str) -> list[dict[str, Any]]:
    wanted = {"flow_runs": {"name": {"any_": [name]}}, "sort": "START_TIME_ASC"}
    return list(ask(f"{server}/flow_runs/filter", wanted))


def test_an_update_without_drift_mines_nothing(server: str, out: Path) -> None:
    rows = catalogue().slice(1, FILMS)
    printed = command(out, write_catalogue(out / "a.parquet", rows), "--mine-when-due")
    assert (printed["made"], printed["mined"], printed["due"]) == (True, False, [])
    (run,) = runs(server, f"update {out}")
    assert run["state_type"] == "COMPLETED"
    assert runs(server, f"mine into {out}") == []


def test_drift_starts_a_mining_that_continues_the_update(
    server: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = catalogue().slice(2, FILMS).to_pylist()
    later[0]["overview"] += " The end comes late."
    source = write_catalogue(out / "b.parquet", pa.Table.from_pylist(later, MOVIES))
    strict = {"drift": {"growth": 1e-9}, "update": {"encode_here": 0}}
    # A run that ended between the two: the next one finds nothing new, and the mining still due.
    with monkeypatch.context() as patch:
        patch.setattr(flow, "mine_flow", stop)
        with pytest.raises(RuntimeError, match="stopped before the mining"):
            flow.update_flow([source], str(out), overrides=strict, mine_when_due=True)
    updated = ReleasedTables(ReleaseStore(out).folder())
    assert updated.report.update.texts_encoded == 2
    decided = [r for r in updated.table("drift", DRIFT).to_pylist() if r["generation"] == 2]
    assert {row["decision"] for row in decided} == {"mining started"}

    printed = command(out, source, "--mine-when-due", MICROGENRES_PUBLISH__TITLE="Of today")
    assert (printed["made"], printed["mined"], printed["due"]) == (True, True, ["growth"])
    release = ReleasedTables(Path(printed["path"]))
    manifest = verify_release(release.path)
    assert (manifest["kind"], manifest["parent"]) == ("mined", updated.id)
    assert manifest["generation"] == 3
    assert manifest["settings"]["embed"]["model"] == str(out / "model" / "whole")
    assert release.report.title == "Of today"
    ids = sorted(row["movie_id"] for row in later)
    assert release.movies["movie_id"].to_pylist() == ids

    before, now = (set(r.micro_genres["micro_genre_id"].to_pylist()) for r in (updated, release))
    lineage = [r for r in release.table("lineage", LINEAGE).to_pylist() if r["generation"] == 3]
    assert {row["event"] for row in lineage} <= set(EVENTS)
    ended = {row["previous_id"] for row in lineage if row["event"] in ("merged", "gone")}
    assert ended == before - now
    going = {row["micro_genre_id"] for row in lineage if row["event"] in ("kept", "renamed")}
    assert going == before & now

    mining = runs(server, f"mine into {out}")[-1]
    assert mining["state_type"] == "COMPLETED"
    assert mining["parent_task_run_id"]  # a sub-flow of the update
    again = command(out, source, "--mine-when-due")
    assert (again["made"], again["due"], again["release_id"]) == (False, [], printed["release_id"])
