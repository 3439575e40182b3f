"""`microgenres ui`: a browser starts and shows a run; a cancelled run stops its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from benchmarks.lib.small_model import build_model
from flows.services.embedded_server import free_port
from pipeline.storage.verify import verify_release
from tests.faults.child import forked
from tests.support.compose import until
from tests.support.prefect_process import ask

ROOT = Path(__file__).resolve().parents[3]
QUIET_SECONDS = 30.0
pytestmark = pytest.mark.timeout(400)


@dataclass
class Ui:
    """The running command."""

    process: subprocess.Popen[bytes]
    url: str
    out: Path
    log: Path

    def ask(
        self, path: str, question: dict[str, Any] | None = None, method: str | None = None
    ) -> Any:
        """Send a request to the API; like the client of Prefect, retry it while SQLite is busy."""
        for wait in (0.5, 1.0, 2.0, 4.0, 8.0, None):
            try:
                return ask(f"{self.url}/api{path}", question, method)
            except urllib.error.HTTPError as error:
                if error.code != 503 or wait is None:
                    raise
                time.sleep(wait)
        raise AssertionError(path)

    def begin(self, name: str, **parameters: Any) -> str:
        deployment = self.ask(f"/deployments/name/mine/{name}")
        body = {"parameters": parameters}
        return str(self.ask(f"/deployments/{deployment['id']}/create_flow_run", body)["id"])

    def ended(self, run: str) -> dict[str, Any]:
        ends = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

        def look() -> dict[str, Any] | None:
            found = dict(self.ask(f"/flow_runs/{run}"))
            return found if found["state_type"] in ends else None

        return dict(until(look, 180, f"run {run} does not end: {self.log.read_text()}"))

    def ledger(self, out: Path, run: str) -> dict[str, Any]:
        path = out / "runs" / f"{run}.json"
        return dict(json.loads(path.read_text())) if path.exists() else {"stages": {}}


def family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    folder = tmp_path_factory.mktemp("ui")
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment |= {"PREFECT_HOME": str(folder / "prefect"), "MICROGENRES_DASK__WORKERS": "2"}
    command = [
        sys.executable,
        "-m",
        "microgenres.cli.app",
        "ui",
        "--out",
        "out",
        "--port",
        str(port),
    ]
    log = folder / "ui.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # a test run started in the background of a shell inherits an ignored SIGINT
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
    try:
        until(
            lambda: "start a run at" in log.read_text() or process.poll() is not None,
            150,
            "the command does not start",
        )
        assert process.poll() is None, log.read_text()
        yield Ui(process, f"http://127.0.0.1:{port}", folder / "out", log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an encoder of some kilobytes: these tests do not need real embeddings."""
    folder = tmp_path_factory.mktemp("model")
    assert forked(build_model, folder, seconds=120) == 0
    return folder / "whole"


def small(model: Path) -> dict[str, Any]:
    """Return the parameters of a small run."""
    embed = {"model": str(model), "dtype": "float32"}
    return {"limit": 150, "overrides": {"embed": embed}}


def test_all_flows_have_deployments(ui: Ui) -> None:
    wanted = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    deployments = ui.ask("/deployments/filter", {})
    assert len(deployments) == len(wanted) >= 7
    assert {flow["name"] for flow in ui.ask("/flows/filter", {})} >= {
        "mine",
        "fetch",
        "update",
        "genres",
    }
    folders: dict[str, set[str]] = {}
    for deployment in deployments:
        assert not any(schedule["active"] for schedule in deployment["schedules"])
        described = deployment["parameter_openapi_schema"]["properties"]
        assert set(deployment["parameters"]) == set(described)
        assert all(about.get("description") for about in described.values())
        assert deployment["enforce_parameter_schema"] is True
        assert deployment["description"]
        assert "microgenres" in deployment["tags"]
        shared = deployment["global_concurrency_limit"]
        assert (shared["limit"], shared["active_slots"]) == (1, 0)
        folders.setdefault(deployment["parameters"]["out"], set()).add(shared["name"])
    names = [name for shared in folders.values() for name in shared]
    assert set(folders) >= {str(ui.out / name) for name in ("sample", "nightly", "tmdb")}
    assert len(names) == len(set(names)) == len(folders), (
        "one limit for each output folder, one folder each"
    )
    settings = ui.ask("/admin/settings")["server"]["concurrency"]
    assert settings["lease_storage"].endswith(".filesystem"), "a restarted server knows them"


def test_a_run_started_in_the_browser_shows_stages_logs_and_artifacts(
    ui: Ui, model: Path, browser: Any
) -> None:
    deployment = ui.ask("/deployments/name/mine/sample")
    # A small run: the form of the UI uses the parameters of the deployment.
    changed = {"parameters": deployment["parameters"] | small(model)}
    ui.ask(f"/deployments/{deployment['id']}", changed, "PATCH")
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(f"{ui.url}/deployments/deployment/{deployment['id']}")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Quick run").click()
    page.get_by_text("Folder for the work and the releases.").wait_for()  # the form
    page.wait_for_load_state("networkidle")  # a click before the form is ready starts nothing
    page.get_by_role("button", name="Run", exact=True).last.click()
    found = until(lambda: ui.ask("/flow_runs/filter", {}), 120, "no run was started")
    assert len(found) == 1
    run = ui.ended(found[0]["id"])
    assert run["state_type"] == "COMPLETED", ui.log.read_text()
    page.goto(f"{ui.url}/runs/flow-run/{run['id']}")
    page.get_by_text("Completed").first.wait_for()
    page.get_by_text("start-workers begins").first.wait_for()  # the log
    page.get_by_text("Artifacts", exact=True).first.click()
    page.get_by_text("embed-partitions").first.wait_for()
    kinds = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200}
    artifacts = {found["key"]: found for found in ui.ask("/artifacts/filter", kinds)}
    page.goto(f"{ui.url}/artifacts/artifact/{artifacts['embed-partitions']['id']}")
    page.get_by_text("p00000").first.wait_for()
    page.goto(f"{ui.url}/artifacts/artifact/{artifacts['report']['id']}")
    page.get_by_text("micro-genres", exact=False).first.wait_for()
    assert artifacts["embed-progress"]["data"] == 100.0
    logs = ui.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}})
    assert any(log["message"].startswith("embed p0") for log in logs), "a log record of a worker"
    tasks = {task["name"] for task in ui.ask("/task_runs/filter", {})}
    steps = {name.partition(" ")[2] for name in tasks}  # without their numbers
    assert {"read sources", "embed texts", "cluster films", "publish release"} <= steps
    (release,) = (ui.out / "sample" / "releases").iterdir()
    assert verify_release(release)["counts"]["rows_in"] == 150


@pytest.mark.slow
def test_a_cancelled_run_stops_dask_and_can_run_again(ui: Ui, model: Path) -> None:
    out = ui.out / "cancelled"
    run = ui.begin("sample", out=str(out), limit=None)
    begun = until(
        lambda: "embed" in ui.ledger(out, run)["stages"] and ui.ledger(out, run),
        150,
        "the run does not reach the embedding",
    )
    flow = psutil.Process(begun["pid"])
    processes = [flow, *flow.children(recursive=True)]
    assert len(processes) >= 3, "two workers of Dask"
    moment = time.monotonic()
    ui.ask(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING", "name": "Cancelling"}})
    until(lambda: not living(processes), QUIET_SECONDS, "processes of Dask still run")
    quiet = time.monotonic() - moment
    assert ui.ended(run)["state_type"] == "CANCELLED"
    assert ui.ledger(out, run)["state"] == "cancelled"
    print(f"cancel to quiet: {quiet:.1f} s")

    again = ui.begin("sample", out=str(out), **small(model))
    assert ui.ended(again)["state_type"] == "COMPLETED", ui.log.read_text()
    (release,) = (out / "releases").iterdir()
    verify_release(release)


def test_one_signal_ends_all_processes(ui: Ui) -> None:
    processes = family(ui.process)
    assert len(processes) >= 2, "a server and a worker"
    ui.process.send_signal(signal.SIGINT)
    assert ui.process.wait(60) == 130
    until(lambda: not living(processes), 30, "a process outlives the command")
