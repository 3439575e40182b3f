"""Runs of a folder: each has a ledger and waits for others; only dead runs are settled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from flows.events import PieceDone, StageDone, StageStarted
from flows.runtime.run_ledger import open_ledger, read_records, run_is_alive
from flows.runtime.status import folder_status, prune_folder
from microgenres.cli.app import app
from pipeline.errors import BusyError, QuarantineError, SettingsError
from pipeline.settings import LogSettings
from pipeline.storage.store import Store
from tests.support.compose import until
from tests.support.prefect_process import ask

ROOT = Path(__file__).resolve().parents[3]
RUN = """
import sys, time
from pathlib import Path
from prefect import flow, task
from flows.runtime.session import hold_folder
from pipeline.settings import LogSettings
from pipeline.storage.store import Store

@task(task_run_name="a stage")
def stage(seconds):
    (Path(sys.argv[1]) / sys.argv[2]).touch()
    time.sleep(seconds)

@flow(flow_run_name=sys.argv[2])
def run():
    store = Store(Path(sys.argv[1]))
    with hold_folder(store, LogSettings(), {"sources": []}, wait_seconds=float(sys.argv[4])):
        attempt = store.releases.begin("torn") if sys.argv[3] != "0" else None
        stage(float(sys.argv[3]))

run()
"""


def begin(server: str, out: Path, name: str, seconds: float, wait: float = 0) -> Any:
    command = [sys.executable, "-c", RUN, str(out), name, str(seconds), str(wait)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PREFECT_API_URL": server},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def states(server: str) -> dict[str, str]:
    """Return the state of the last runs by name, also of those of other tests."""
    wanted = {"sort": "EXPECTED_START_TIME_DESC", "limit": 200}
    return {run["name"]: run["state_type"] for run in ask(f"{server}/flow_runs/filter", wanted)}


def test_the_next_start_marks_only_the_dead_run_as_crashed(server: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for out in (ours, theirs):
        out.mkdir()
    before = states(server)
    dead, alive = begin(server, ours, "dead", 600), begin(server, theirs, "alive", 600)
    try:
        until(
            lambda: (ours / "dead").exists() and (theirs / "alive").exists(),
            90,
            "the runs do not start",
        )
        until(lambda: states(server).get("dead") == "RUNNING", 30, "it does not run")
        waiting = begin(server, ours, "waiting", 0, 120)
        until(lambda: folder_status(ours)["waiting"], 60, "the second run does not wait")
        assert folder_status(ours)["state"] == "running"
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        output, _ = waiting.communicate(timeout=60)
        assert waiting.returncode == 0, output
        assert "another run is writing" in output
        assert "marked crashed" in output
        new = {name: state for name, state in states(server).items() if name not in before}
        assert new == {"dead": "CRASHED", "waiting": "COMPLETED", "alive": "RUNNING"}
        tasks = {
            run["flow_run_id"]: run["state_type"]
            for run in ask(
                f"{server}/task_runs/filter", {"flow_runs": {"name": {"any_": ["dead"]}}}
            )
        }
        found = {record.state: record.run for record in read_records(ours)}
        assert set(found) == {"crashed", "completed"}
        assert tasks.get(found["crashed"], "CRASHED") == "CRASHED"
        assert list((ours / "releases").iterdir()) == [], "its unfinished release is deleted"
        assert folder_status(ours)["state"] == "idle"
        assert folder_status(theirs)["state"] == "running"
    finally:
        for process in (dead, alive):
            process.kill()
            process.communicate()


LAUNCHED = """
import os, signal, sys
from pathlib import Path
from prefect import flow
from flows.runtime.launch import launch
from flows.runtime.session import hold_folder
from pipeline.settings import LogSettings
from pipeline.storage.store import Store

@flow(flow_run_name="{name}")
def run(name):
    if "before" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    with hold_folder(Store(Path(sys.argv[1])), LogSettings(), {}):
        pass
    os.kill(os.getpid(), signal.SIGKILL)

launch(run, Path(sys.argv[1]), {"name": sys.argv[2]})
"""


def test_the_next_start_reports_the_end_of_killed_runs(server: str, tmp_path: Path) -> None:
    from prefect import flow

    from flows.runtime.launch import launch
    from flows.runtime.session import hold_folder

    before = states(server)
    for where in ("ours", "theirs"):
        for moment in ("after", "before"):  # the first also looks for dead runs
            command = [sys.executable, "-c", LAUNCHED, str(tmp_path / where)]
            done = subprocess.run(
                [*command, f"{where} {moment} its ledger"],
                cwd=ROOT,
                check=False,
                env=os.environ | {"PREFECT_API_URL": server},
                capture_output=True,
                encoding="utf-8",
            )
            assert done.returncode == -signal.SIGKILL, done.stderr
    assert {states(server)[f"{name} its ledger"] for name in ("ours before", "ours after")} == {
        "RUNNING"
    }

    @flow(flow_run_name="the next")
    def following(out: str) -> str:
        with hold_folder(Store(Path(out)), LogSettings(), {}) as run_id:
            # a task whose end was lost with a dead server
            lost = {"flow_run_id": run_id, "task_key": "lost", "dynamic_key": "0", "name": "lost"}
            ask(f"{server}/task_runs/", lost | {"state": {"type": "RUNNING"}})
        return out

    out = tmp_path / "ours"
    assert launch(following, out, {"out": str(out)}) == str(out)
    found = {name: state for name, state in states(server).items() if name not in before}
    assert found == {
        "ours before its ledger": "CRASHED",
        "ours after its ledger": "COMPLETED",
        "theirs before its ledger": "RUNNING",
        "theirs after its ledger": "RUNNING",
        "the next": "COMPLETED",
    }
    (lost,) = ask(f"{server}/task_runs/filter", {"task_runs": {"name": {"any_": ["lost"]}}})
    assert lost["state_type"] == "COMPLETED"
    assert not list((out / "runs").glob("*.start"))
    assert all(record.settled for record in read_records(out))


def test_the_ledger_of_a_run(tmp_path: Path) -> None:
    with open_ledger(tmp_path, "one", {"sources": ["sample"]}) as ledger:
        assert run_is_alive(tmp_path, "one")
        ledger.set_state("running")
        ledger.hear(StageStarted("embed", 4))
        ledger.hear(PieceDone("embed", 3, 4))
        ledger.hear(StageDone("embed", 2.5, "4 films"))
        (record,) = read_records(tmp_path)
        assert (record.alive, record.state, record.stage) == (True, "running", "embed")
        stage = record.stages["embed"].model_dump(include={"state", "done", "pieces"})
        assert stage == {"state": "done", "done": 3, "pieces": 4}
        assert record.pid == os.getpid()
        ledger.set_state("completed")
    assert not run_is_alive(tmp_path, "one")
    (record,) = read_records(tmp_path)
    assert (record.alive, record.state) == (False, "completed")
    assert not run_is_alive(tmp_path, "none")


def test_old_ledgers_are_deleted(tmp_path: Path) -> None:
    for number in range(25):
        with open_ledger(tmp_path, f"run-{number:02d}", {}) as ledger:
            ledger.set_state("completed")
    assert len(read_records(tmp_path)) == 20


def test_a_secret_in_an_error_is_redacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", "very-secret-0815")
    with open_ledger(tmp_path, "one", {"sources": ["x?key=very-secret-0815"]}) as ledger:
        ledger.set_state("failed", "refused with very-secret-0815")
    text = (tmp_path / "runs" / "one.json").read_text(encoding="utf-8")
    assert "very-secret" not in text
    assert json.loads(text)["error"] == "refused with ***"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (QuarantineError("2 of 3 pieces failed"), "quarantined"),
        (ValueError("wrong"), "failed"),
    ],
)
def test_the_ledger_records_how_a_run_ended(
    tmp_path: Path, error: BaseException, state: str
) -> None:
    from flows.runtime.session import hold_folder

    with pytest.raises(type(error)), hold_folder(Store(tmp_path), LogSettings(), {}):
        raise error
    answer = folder_status(tmp_path)
    assert answer["run"]["state"] == state
    assert "same command" in answer["next"]


def test_a_run_waits_for_a_busy_folder_or_fails(tmp_path: Path) -> None:
    from flows.runtime.session import hold_folder

    store, free = Store(tmp_path), threading.Event()
    with store.lock():
        begun = time.monotonic()
        with pytest.raises(BusyError), hold_folder(store, LogSettings(), {}, wait_seconds=1.5):
            pytest.fail("two runs at once")
        assert 1.0 < time.monotonic() - begun < 10
        with pytest.raises(BusyError):
            prune_folder(tmp_path, 1, dry_run=False)
    with hold_folder(store, LogSettings(), {}):
        free.set()
    assert free.is_set()


def test_status_of_folders(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        folder_status(tmp_path / "none")
    empty = folder_status(tmp_path)
    assert (empty["state"], empty["run"], empty["release"]) == ("empty", None, None)
    assert f"microgenres mine --out {tmp_path}" in empty["next"]
    assert list(tmp_path.iterdir()) == [], "status creates no files"
    store = Store(tmp_path)
    store.work.record_failure("embed", "p00001", "0" * 64, "ValueError: no number")
    with open_ledger(tmp_path, "one", {}) as ledger:
        ledger.set_state("running")
        ledger.hear(StageStarted("embed", 2))
        assert folder_status(tmp_path)["state"] == "running"
    assert folder_status(tmp_path)["state"] == "died"
    from typer.testing import CliRunner

    shown = CliRunner().invoke(app, ["status", "--out", str(tmp_path)])
    assert shown.exit_code == 0
    assert "quarantined: embed p00001: ValueError: no number" in shown.stdout
    assert "unfinished" in shown.stdout
    assert "the run died" in shown.stdout
    found = CliRunner().invoke(app, ["status", "--out", str(tmp_path), "--json"])
    assert json.loads(found.stdout)["quarantined"][0]["piece"] == "p00001"
