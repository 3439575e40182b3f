"""Report to Prefect how the dead runs of an output folder ended."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterIdempotencyKey,
)
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Completed, Crashed, Failed

from flows.runtime.run_ledger import (
    ENDED,
    RunRecord,
    Start,
    mark_reported,
    mark_settled,
    read_records,
    read_starts,
)

__all__ = ["end_tasks", "settle_dead_runs"]

logger = logging.getLogger(__name__)

_PAGE = 200
_REPORTING = timedelta(minutes=2)  # an engine reports the end within seconds, or gives up
_STATES = {"completed": Completed, "failed": Failed, "quarantined": Failed, "cancelled": Cancelled}


def settle_dead_runs(root: Path) -> list[str]:
    """Set the end in Prefect of every run of an output folder whose process is dead.

    A run that died becomes `Crashed`, or `Cancelled` if its cancellation was requested. A run that
    ended while its server was away, or whose server died before it stored the end, gets the state
    in which it ended. If the server does not answer, the next run tries again.

    Returns
    -------
    list of str
        The ids of the runs that had died.
    """
    pending = read_starts(root)
    settled = [record.run for record in read_records(root) if _settle(root, record, pending)]
    if PREFECT_API_URL.value():
        for start in pending:
            if not start.alive:
                settled += _settle_start(root, start)
    return settled


def _settle(root: Path, record: RunRecord, pending: list[Start]) -> bool:
    """Return whether a run with a ledger had died, after setting its end."""
    alive = {start.run: start.alive for start in pending}.get(record.run)
    if record.alive or record.settled or alive:
        return False
    if record.prefect and not PREFECT_API_URL.value():
        return False  # no server to report to: the next run that has one does it
    ended = record.state if record.state in ENDED else None
    if ended and (not record.prefect or (alive is None and _ended_recently(record))):
        return False
    try:
        state = _settle_in_prefect(record.run, ended) if record.prefect else "crashed"
    except (httpx.HTTPError, PrefectException) as error:
        logger.warning("run %s is dead, but Prefect could not be informed: %s", record.run, error)
        return False
    if ended:
        mark_reported(root, record.run)
        return False
    process = f"process {record.pid} on {record.host}"
    mark_settled(root, record.run, state, f"{process} died without a word")
    logger.warning("run %s is marked %s: %s died", record.run, state, process)
    return True


def _ended_recently(record: RunRecord) -> bool:
    """Return whether the process of an ended run may still be reporting its end to Prefect."""
    ended = datetime.fromisoformat(record.ended or "2000-01-01T00:00:00+00:00")
    return datetime.now(UTC) - ended < _REPORTING


def _settle_start(root: Path, start: Start) -> list[str]:
    """Set the end of a run that died before it had a ledger, and delete its start file."""
    key = FlowRunFilterIdempotencyKey(any_=[start.path.stem])
    settled = []
    try:
        with get_client(sync_client=True) as client:
            created = client.read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=key))
        for run_id in (str(run.id) for run in created):
            records = [record for record in read_records(root) if record.run == run_id]
            if any(not record.settled for record in records):
                return []  # Prefect could not be informed a moment ago
            if not records:
                _settle_in_prefect(run_id, None)
                logger.warning("run %s is marked crashed: it died as it began", run_id)
                settled.append(run_id)
    except (httpx.HTTPError, PrefectException) as error:
        logger.warning("a run died as it began, but Prefect could not be informed: %s", error)
        return settled
    start.path.unlink(missing_ok=True)
    return settled


def end_tasks(client: SyncPrefectClient, flow_run: UUID, state: str) -> None:
    """Set the state of every unfinished task of a flow run that ended; `state` is one of ENDED."""
    for task_run in _unfinished_tasks(client, flow_run):
        client.set_task_run_state(task_run, _ended(state), force=True)


def _settle_in_prefect(run_id: str, ended: str | None) -> str:
    """Set the end of a flow run and its tasks: `ended`, else crashed or cancelled; return which."""
    try:
        flow_run = UUID(run_id)
    except ValueError:
        return "crashed"  # a run outside Prefect
    with get_client(sync_client=True) as client:
        try:
            before = client.read_flow_run(flow_run).state
        except ObjectNotFound:
            return "crashed"  # it ran under another server, or under none
        requested = before is not None and before.type == StateType.CANCELLING
        state = ended or ("cancelled" if requested else "crashed")
        end_tasks(client, flow_run, state)
        if before is None or not before.is_final():
            client.set_flow_run_state(flow_run, _ended(state), force=True)
    return state


def _unfinished_tasks(client: SyncPrefectClient, flow_run: UUID) -> list[UUID]:
    found: list[UUID] = []
    offset = 0
    while True:
        page = client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run])),
            limit=_PAGE,
            offset=offset,
        )
        found += [run.id for run in page if run.state is None or not run.state.is_final()]
        if len(page) < _PAGE:
            return found
        offset += _PAGE


def _ended(state: str) -> State[Any]:
    """Return the Prefect state of a run that ended so, or of a task of such a run."""
    if state in _STATES:
        return _STATES[state](message="Its end was not recorded when it came.")
    return Crashed(message="Its process died; found by the next run into the same folder.")
