"""The deployments of `prefect.yaml` at a Prefect server; one run at a time for each folder."""

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
    """The `prefect.yaml` of the source tree, or of the folder that the command is given in.

    Raises
    ------
    SettingsError
        when there is none.
    """
    for folder in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (folder / "prefect.yaml").is_file():
            return folder / "prefect.yaml"
    raise SettingsError("no prefect.yaml: give the command in the folder of the source tree")


def deploy(
    deployments: Path, url: str, out: Path, catalogue: str, profile: str, log: IO[bytes] | None
) -> None:
    """Make the work pool and every deployment of a `prefect.yaml`, or bring them up to date.

    Parameters
    ----------
    url : of the Prefect API. out : the folder below which each deployment has its output folder.
    catalogue, profile : what the nightly deployment mines, and the settings of all but the sample.
    log : takes what Prefect prints; None for standard error.

    Raises
    ------
    MicrogenresError
        when Prefect refuses.
    """
    environment = os.environ | {
        "PREFECT_API_URL": url,
        "MICROGENRES_UI_OUT": str(out),
        "MICROGENRES_UI_SOURCE": _whole(catalogue),
        "MICROGENRES_UI_PROFILE": profile,
    }
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    try:
        _make_pool(url)
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
            raise MicrogenresError(f"the deployments could not be made, {where}")
        _one_run_for_each_folder(url)
    except (httpx.HTTPError, PrefectException) as error:
        raise MicrogenresError(
            f"the deployments at {redact(url)} are not as they should be: {error}; give the same "
            "command again"
        ) from error


def _make_pool(url: str) -> None:
    """The pool of runs that a worker starts as processes; what is in it stays."""
    pool = WorkPoolCreate(
        name=POOL,
        type=ProcessWorker.type,
        base_job_template=ProcessWorker.get_default_base_job_template(),
    )
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:
        client.create_work_pool(pool, overwrite=True)


def _one_run_for_each_folder(url: str) -> None:
    """Deployments into the same folder share one limit of one run.

    `prefect.yaml` can only give each deployment a limit of its own, which is what they have until
    then; the server can share one among several.
    """
    with temporary_settings({PREFECT_API_URL: url}), get_client(sync_client=True) as client:

        def ask(method: Any, path: Any, body: Mapping[str, Any]) -> Any:
            answer = client.request(method, path, json=dict(body))
            return answer.json() if answer.content else None

        wanted = {"work_pools": {"name": {"any_": [POOL]}}, "limit": _PAGE}
        limits: dict[str, str] = {}
        for made in ask("POST", "/deployments/filter", wanted):
            folder = str(made["parameters"]["out"])
            if folder not in limits:
                name = _limit_of(folder)
                client.upsert_global_concurrency_limit_by_name(name, 1)
                limits[folder] = str(client.read_global_concurrency_limit_by_name(name).id)
            shared = {"global_concurrency_limit_id": limits[folder]}
            ask("PATCH", f"/deployments/{made['id']}", shared)


def _limit_of(folder: str) -> str:
    """A name that Prefect allows and an address can hold, such as `microgenres:data:films`."""
    return "microgenres" + re.sub(r"[^\w.-]", ":", folder)


def _whole(catalogue: str) -> str:
    """A source whose path holds wherever a run is started."""
    kind, found, path = catalogue.partition(":")
    return f"{kind}:{Path(path).absolute()}" if found and kind in ("files", "tmdb") else catalogue
