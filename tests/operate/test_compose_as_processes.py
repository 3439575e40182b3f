"""The commands of docker-compose.yml, run as processes without Docker, mine the sample."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.runtime.status import folder_status
from flows.services.embedded_server import free_port
from pipeline.storage.verify import verify_release
from tests.support.compose import Machine, services, until
from tests.support.postgresql import postgres, programs
from tests.support.prefect_process import ask

pytestmark = pytest.mark.timeout(400)

PASSWORD = "a-password-of-this-test-4711"
KEY = "a-key-of-this-test-0815"
SERVICES = {
    "postgres",
    "prefect-server",
    "deployments",
    "prefect-worker",
    "certificates",
    "scheduler",
    "worker",
    "api",
    "explorer",
}


@dataclass
class Site:
    """The running services, their folder, and two addresses."""

    machine: Machine
    folder: Path
    api: str
    scheduler: int

    def ask(self, path: str, question: dict[str, Any] | None = None) -> Any:
        return ask(self.api + path, question)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start the services of docker-compose.yml except API and explorer, with two Dask workers."""
    binaries = programs()
    if binaries is None:
        assert not os.environ.get("CI"), "CI installs PostgreSQL"
        pytest.skip("PostgreSQL is not installed: install the Debian package `postgresql`")
    folder = tmp_path_factory.mktemp("site")
    for name in ("logs", "data", "certificates"):
        (folder / name).mkdir()
    ports = {name: free_port() for name in ("database", "prefect", "dask", "dashboard", "health")}
    here = {
        r"postgres:5432": f"127.0.0.1:{ports['database']}",
        r"prefect-server:4200|127\.0\.0\.1:4200": f"127.0.0.1:{ports['prefect']}",
        r"scheduler:8786": f"127.0.0.1:{ports['dask']}",
        r"(0\.0\.0\.0|127\.0\.0\.1):8787": f"127.0.0.1:{ports['dashboard']}",
        r"127\.0\.0\.1:8080": f"127.0.0.1:{ports['health']}",
        r"^0\.0\.0\.0$": "127.0.0.1",
        r"^4200$": str(ports["prefect"]),
        r"^8786$": str(ports["dask"]),
        r"^/(data|certificates)": rf"{folder}/\1",
        r"^/tmp/dask$": str(folder / "dask"),
    }
    variables = {
        "POSTGRES_PASSWORD": PASSWORD,
        "MICROGENRES_API_KEY": KEY,
        "MICROGENRES_LOG_FORMAT": "json",
        "WORKER_MEMORY": "2GiB",
    }
    machine = Machine(services(variables), here, folder / "logs")
    assert set(machine.services) == SERVICES
    with postgres(binaries, ports["database"], "prefect", PASSWORD):
        try:
            machine.run("certificates")
            machine.start("prefect-server")
            machine.start("scheduler")
            machine.wait("scheduler")
            machine.start("worker")
            machine.start("worker")
            machine.wait("worker")
            machine.wait("prefect-server")
            machine.run("deployments")
            machine.start("prefect-worker", PREFECT_WORKER_WEBSERVER_PORT=str(ports["health"]))
            machine.wait("prefect-worker")
            yield Site(machine, folder, f"http://127.0.0.1:{ports['prefect']}/api", ports["dask"])
        finally:
            machine.end()


@pytest.fixture(scope="module")
def run(site: Site) -> dict[str, Any]:
    """Run the deployment of the sample; return the flow run from the Prefect server."""
    deployment = site.ask("/deployments/name/mine/sample")
    parameters = {"limit": 150}
    begun = site.ask(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})

    def ended() -> dict[str, Any] | None:
        found = dict(site.ask(f"/flow_runs/{begun['id']}"))
        return found if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED") else None

    last = until(ended, 180, "the run does not end:\n" + site.machine.output("prefect-worker"))
    assert last["state_type"] == "COMPLETED", site.machine.output("prefect-worker")
    return dict(last)


def test_the_release_verifies(site: Site, run: dict[str, Any]) -> None:
    state = folder_status(site.folder / "data" / "sample")
    assert state["state"] == "idle"
    assert state["run"]["run"] == run["id"]
    assert state["run"]["state"] == "completed"
    assert state["quarantined"] == []
    manifest = verify_release(Path(state["release"]["path"]))
    assert manifest["counts"]["rows_in"] == 150
    assert "tls_key" not in manifest["settings"]["dask"]
    states = {
        task["name"]: task["state_type"] for task in site.ask("/task_runs/filter", {"limit": 200})
    }
    assert states["14 publish release"] == "COMPLETED"
    assert set(states.values()) == {"COMPLETED"}


def test_both_workers_log_to_the_run_in_json(site: Site, run: dict[str, Any]) -> None:
    wanted = {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200}

    def messages() -> list[str]:
        return [log["message"] for log in site.ask("/logs/filter", wanted)]

    until(
        lambda: any(m.startswith("embed p0000") for m in messages()),
        20,
        "no log record of a worker",
    )
    printed = []
    for log in (site.folder / "logs").glob("worker-*.log"):
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        assert lines, log.read_text()
        printed += [json.loads(line) for line in lines]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in printed)
    pieces = [line for line in printed if "piece" in line]
    assert {line["run"] for line in pieces} == {run["id"]}
    assert {line["stage"] for line in pieces} >= {"clean", "embed", "assign", "names"}


def test_dask_rejects_clients_without_a_certificate(site: Site) -> None:
    context = ssl.create_default_context(cafile=str(site.folder / "certificates" / "ca.crt"))
    context.check_hostname = False
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection(("127.0.0.1", site.scheduler), timeout=10) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        assert wrapped.recv(1) != b"", "a client without a certificate was accepted"
        pytest.fail("a client without a certificate was accepted")
    with socket.create_connection(("127.0.0.1", site.scheduler), timeout=10) as plain:
        plain.sendall(b"no TLS at all\r\n\r\n")
        plain.settimeout(10)
        answer = b""
        with suppress(ConnectionError):
            answer = plain.recv(4096)
    assert answer[:1] in (b"", b"\x15"), "it answers without TLS, with more than the alert of TLS"


def test_no_secret_is_stored_or_logged(site: Site, run: dict[str, Any]) -> None:
    keys = [
        line
        for path in (site.folder / "certificates").glob("*.key")
        for line in path.read_text().splitlines()[1:-1]
    ]
    assert len(keys) >= 3
    secrets = [secret.encode() for secret in (PASSWORD, KEY, *keys)]
    answers = json.dumps(
        [
            site.ask("/logs/filter", {"limit": 200}),
            site.ask("/artifacts/filter", {"limit": 200}),
            site.ask("/flow_runs/filter", {"limit": 200}),
            site.ask("/deployments/filter", {"limit": 200}),
        ]
    ).encode()
    for secret in secrets:
        assert secret not in answers
    files = 0
    for place in ("data", "logs"):
        for path in (site.folder / place).rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                files += 1
                for secret in secrets:
                    assert secret not in data, path
    assert files > 50
