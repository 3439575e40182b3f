"""Launch a flow so that Prefect learns how it ended, whatever ends its process and when.

Only Prefect names a run, and the process may be killed before it has recorded that name. So the run
is created with a key, and the key is recorded before in `DIR/runs/KEY.start`: the next launch looks
for the run that a dead process may have created.
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
from flows.runtime.run_ledger import STARTS, mark_reported
from flows.services.prefect_home import home_of
from flows.services.prefect_queues import PrefectQueues
from flows.services.prefect_server import prefect_server
from pipeline.errors import MicrogenresError
from pipeline.fileio.atomic import explain_full_disk
from pipeline.storage.store import Store

__all__ = ["launch", "launch_served"]

logger = logging.getLogger(__name__)

_WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds between tries, while a server restarts


def launch(flow: Flow[..., Any], out: Path, parameters: dict[str, Any]) -> Any:
    """Run a flow into the output folder `out`.

    When it returns, all its tasks have ended in Prefect too, also those whose end was lost with a
    server that died.

    Parameters
    ----------
    flow : Flow
        The flow.
    out : Path
        The output folder.
    parameters : dict
        Parameters of the flow.

    Returns
    -------
    object
        What the flow returns.

    Raises
    ------
    httpx.TransportError
        If the Prefect server does not answer.
    """
    parameters = get_call_parameters(flow.fn, (), parameters)
    with _start_file(out) as start, get_client(sync_client=True) as client:
        run = _create_run(client, flow, parameters, Path(start.name).stem)
        start.write(str(run.id).encode())
        try:
            result = run_flow(flow, flow_run=run, parameters=parameters)
        except httpx.TransportError:
            raise  # Prefect does not know the end: the next launch reports it
        except BaseException:
            Path(start.name).unlink()
            raise
        try:
            PrefectQueues.drain()
            _end(client, run.id, out)
        except (httpx.HTTPError, PrefectException) as error:
            logger.warning(
                "the run is complete, but Prefect could not record the end of its tasks: %s",
                error,
            )
        else:
            mark_reported(out, str(run.id))
            Path(start.name).unlink()
    return result


def launch_served(flow: Flow[..., Any], out: Path, parameters: dict[str, Any]) -> Any:
    """`launch` under the Prefect server of PREFECT_API_URL, or an embedded one.

    Raises
    ------
    MicrogenresError
        If the Prefect server does not answer.
    StoreError
        If the disk is full.
    """
    log = out / "work" / "prefect-server.log"
    with explain_full_disk(out), prefect_server(log, home_of(out)) as url:
        try:
            return launch(flow, out, parameters)
        except httpx.TransportError as error:
            PrefectQueues.drop()
            raise MicrogenresError(
                f"the Prefect server at {url} does not answer ({error}); finished work is stored: "
                "start the server, or leave PREFECT_API_URL unset, and give the same command again"
            ) from error


def _end(client: SyncPrefectClient, run: UUID, out: Path) -> None:
    """End the run's tasks, and report the dead runs that it found while the server was away."""
    for wait in _WAITS:
        try:
            end_tasks(client, run, "completed")
        except httpx.TransportError:  # it may be restarted
            time.sleep(wait)
        else:
            break
    else:
        end_tasks(client, run, "completed")
    settle_dead_runs(out)


@contextmanager
def _start_file(out: Path) -> Iterator[FileIO]:
    """Create a file named by a new key, locked until the block or the process ends."""
    folder = Store(out).root / "runs"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{uuid4().hex}{STARTS}", "xb", buffering=0) as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        yield start


def _create_run(
    client: SyncPrefectClient, flow: Flow[..., Any], parameters: dict[str, Any], key: str
) -> FlowRun:
    """Create a run of `flow` in Prefect that can be found by its key."""
    registered = client.request(
        "POST", "/flows/", json=FlowCreate(name=flow.name).model_dump(mode="json")
    )
    wanted = FlowRunCreate(
        flow_id=registered.json()["id"],
        flow_version=flow.version,
        parameters=flow.serialize_parameters(parameters),
        state=to_state_create(Pending()),
        idempotency_key=key,
    )
    body = wanted.model_dump(mode="json", exclude_unset=True)
    created = FlowRun.model_validate(client.request("POST", "/flow_runs/", json=body).json())
    created.parameters = parameters
    return created
