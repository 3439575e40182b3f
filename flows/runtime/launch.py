"""Launches a run of a flow so that Prefect learns of its end, whatever ends its process and when.

Only Prefect names a run, and its process may be killed before it has written that name down. So the
run is made with a key, and the key is in `DIR/runs/KEY.start` before that: the next start looks for
the run that a dead one may have made.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import FlowCreate, FlowRunCreate
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectException
from prefect.flow_engine import run_flow
from prefect.states import Pending, to_state_create
from prefect.utilities.callables import get_call_parameters

from flows.runtime.reconcile import end_tasks, settle_dead_runs
from flows.runtime.run_ledger import STARTS, known_to_have_ended
from flows.services.prefect_server import drop_what_is_queued, prefect_server, send_what_is_queued
from pipeline.errors import MicrogenresError
from pipeline.fileio.atomic import making_room_told
from pipeline.storage.work_store import Store

__all__ = ["launch", "launch_served"]

logger = logging.getLogger(__name__)

_WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds for a server that was there a moment ago


def launch(flow: Flow[..., Any], out: Path, parameters: dict[str, Any]) -> Any:
    """Run a flow into the output folder `out`; returns what the flow returns.

    Once it has ended well, so have all its tasks in Prefect, also those whose end was lost with a
    server that died.

    Raises
    ------
    httpx.TransportError
        when the Prefect server does not answer.
    """
    parameters = get_call_parameters(flow.fn, (), parameters)
    with _noted(out) as start, get_client(sync_client=True) as client:
        run = _made(client, flow, parameters, Path(start.name).stem)
        start.write(str(run.id).encode())
        try:
            result = run_flow(flow, flow_run=run, parameters=parameters)
        except httpx.TransportError:
            raise  # the end was not told: the next start does it
        except BaseException:
            Path(start.name).unlink()
            raise
        try:
            send_what_is_queued()
            _end(client, run.id, out)
        except (httpx.HTTPError, PrefectException) as error:
            logger.warning("all is done, but the Prefect server lacks the end of tasks: %s", error)
        else:
            known_to_have_ended(out, str(run.id))
            Path(start.name).unlink()
    return result


def launch_served(flow: Flow[..., Any], out: Path, parameters: dict[str, Any]) -> Any:
    """`launch` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Raises
    ------
    MicrogenresError
        when the Prefect server does not answer.
    StoreError
        when the disk is full.
    """
    with making_room_told(out), prefect_server(out / "work" / "prefect-server.log") as url:
        try:
            return launch(flow, out, parameters)
        except httpx.TransportError as error:
            drop_what_is_queued()
            raise MicrogenresError(
                f"the Prefect server at {url} does not answer ({error}); what is done is kept: "
                "start it, or leave PREFECT_API_URL unset, and give the same command again"
            ) from error


def _end(client: SyncPrefectClient, run: UUID, out: Path) -> None:
    """End the run's tasks, and what it found dead at its start while the server was away."""
    for wait in _WAITS:
        try:
            end_tasks(client, run, "completed")
        except httpx.TransportError:  # it comes back, if anybody starts it again
            time.sleep(wait)
        else:
            break
    else:
        end_tasks(client, run, "completed")
    settle_dead_runs(out)


@contextmanager
def _noted(out: Path) -> Iterator[FileIO]:
    """A new file with a key as its name, locked until the block or the process ends."""
    folder = Store(out).root / "runs"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{uuid4().hex}{STARTS}", "xb", buffering=0) as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        yield start


def _made(
    client: SyncPrefectClient, flow: Flow[..., Any], parameters: dict[str, Any], key: str
) -> FlowRun:
    """A new run of `flow`, that can be found by its key."""
    named = client.request(
        "POST", "/flows/", json=FlowCreate(name=flow.name).model_dump(mode="json")
    )
    wanted = FlowRunCreate(
        flow_id=named.json()["id"],
        flow_version=flow.version,
        parameters=flow.serialize_parameters(parameters),
        state=to_state_create(Pending()),
        idempotency_key=key,
    )
    body = wanted.model_dump(mode="json", exclude_unset=True)
    made = FlowRun.model_validate(client.request("POST", "/flow_runs/", json=body).json())
    made.parameters = parameters
    return made
