"""Create the deployments of `prefect.yaml` on a Prefect server; one run at a time per folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import PrefectException
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.workers import ProcessWorker

from pipeline.errors import MicrogenresError, SettingsError
from pipeline.observability.redaction import redact

__all__ = ["POOL", "deploy", "deployments_file"]

POOL = "microgenres"
_SECONDS = 180.0
_PAGE = 200


def deployments_file() -> Path:
    """Return the `prefect.yaml` of the source tree, or of the current folder.

    Raises
    ------
    SettingsError
        If there is none.
    """
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (folder / "prefect.yaml").is_file():
            return folder / "prefect.yaml"
    raise SettingsError("no prefect.yaml: run the command in the folder of the source tree")


def deploy(
    deployments: Path, url: str, out: Path, catalogue: str, profile: str, log: IO[bytes] | None
) -> None:
    """Create or update the work pool and every deployment of a `prefect.yaml`.

    Parameters
    ----------
    deployments : Path
        The `prefect.yaml`.
    url : str
        Address of the Prefect API.
    out : Path
        The folder that contains the output folder of each deployment.
    catalogue : str
        Source of the nightly deployment.
    profile : str
        Profile of all deployments but that of the sample.
    log : binary file, optional
        Where the output of Prefect goes; standard error by default.

    Raises
    ------
    MicrogenresError
        If Prefect refuses.
    """
    environment = os.environ | {
        "PREFECT_API_URL": url,
        "MICROGENRES_UI_OUT": str(out),
        "MICROGENRES_UI_SOURCE": _absolute(catalogue),
        "MICROGENRES_UI_PROFILE": profile,
    }
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    try:
        _create_pool(url)
        done = subprocess.run(
            [*prefect, "deploy", "--all", "--prefect-file", str(deployments)],
            stdin=subprocess.DEVNULL,
            stdout=log or sys.stderr,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=deployments.parent,
            check=False,
            timeout=_SECONDS,
        )
        if done.returncode:
            where = f"see {log.name}" if log else "see above"
            raise MicrogenresError(f"the deployments could not be created, {where}")
        _limit_runs_per_folder(url)
    except (httpx.HTTPError, PrefectException) as error:
        raise MicrogenresError(
            f"the deployments at {redact(url)} are incomplete: {error}; run the same command again"
        ) from error


def _create_pool(url: str) -> None:
    """Create the work pool whose runs a worker starts as processes; its runs remain."""
    pool = WorkPoolCreate(
        name=POOL,
        type=ProcessWorker.type,
        base_job_template=ProcessWorker.get_default_base_job_template(),
    )
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        client.create_work_pool(pool, overwrite=True)


def _limit_runs_per_folder(url: str) -> None:
    """Let deployments into the same folder share one concurrency limit of one run.

    In `prefect.yaml` each deployment can only have its own limit. The server can share one among
    several.
    """
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:

        def request(method: Any, path: Any, body: Mapping[str, Any]) -> Any:
            response = client.request(method, path, json=dict(body))
            return response.json() if response.content else None

        wanted = {"work_pools": {"name": {"any_": [POOL]}}, "limit": _PAGE}
        limits: dict[str, str] = {}
        for deployment in request("POST", "/deployments/filter", wanted):
            folder = str(deployment["parameters"]["out"])
            if folder not in limits:
                name = _limit_name(folder)
                client.upsert_global_concurrency_limit_by_name(name, 1)
                limits[folder] = str(client.read_global_concurrency_limit_by_name(name).id)
            shared = {"global_concurrency_limit_id": limits[folder]}
            request("PATCH", f"/deployments/{deployment['id']}", shared)


def _limit_name(folder: str) -> str:
    """Return a name that Prefect and URLs allow, such as `microgenres:data:films`."""
    return "microgenres" + re.sub(r"[^\w.-]", ":", folder)


def _absolute(catalogue: str) -> str:
    """Return the source with an absolute path, which is valid wherever a run starts."""
    kind, found, path = catalogue.partition(":")
    return f"{kind}:{Path(path).absolute()}" if found and kind in ("files", "tmdb") else catalogue
