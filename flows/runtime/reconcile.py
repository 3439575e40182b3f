"""Tells Prefect how runs ended that could not do so themselves: those of a folder, no others."""

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

from flows.runtime.run_ledger import ENDED, Start, known_to_have_ended, ledgers, settle, starts

__all__ = ["end_tasks", "settle_dead_runs"]

logger = logging.getLogger(__name__)

_PAGE = 200
_TELLING = timedelta(minutes=2)  # an engine tells the end within seconds, or has given up by then
_STATES = {"completed": Completed, "failed": Failed, "quarantined": Failed, "cancelled": Cancelled}


def settle_dead_runs(root: Path) -> list[str]:
    """End in Prefect every run of an output folder whose process is dead; returns their ids.

    A run that died becomes `Crashed`, or `Cancelled` where that was asked of it. One that ended
    while its server was away, or whose server died with what it was told, becomes what it was. A
    server that does not answer leaves both to the next start.
    """
    begun = starts(root)
    settled = [str(told["run"]) for told in ledgers(root) if _settle(root, told, begun)]
    if PREFECT_API_URL.value():
        for start in begun:
            if not start.alive:
                settled += _settle_start(root, start)
    return settled


def _settle(root: Path, told: dict[str, Any], begun: list[Start]) -> bool:
    """Whether a run of which there is a ledger had died, and is ended now."""
    run_id, state, in_prefect = str(told["run"]), told.get("state"), told.get("prefect", True)
    alive = {start.run: start.alive for start in begun}.get(run_id)
    if told["alive"] or told.get("settled") or alive:
        return False
    if in_prefect and not PREFECT_API_URL.value():
        return False  # an update has no server to tell: the next run that has one does it
    ended = state if state in ENDED else None
    if ended and (not in_prefect or (alive is None and _just_now(told))):
        return False
    try:
        found = _settle_in_prefect(run_id, ended) if in_prefect else "crashed"
    except (httpx.HTTPError, PrefectException) as error:
        logger.warning("run %s is dead, but Prefect was not told: %s", run_id, error)
        return False
    if ended:
        known_to_have_ended(root, run_id)
        return False
    where = f"process {told.get('pid')} on {told.get('host')}"
    settle(root, run_id, found, f"{where} died without a word")
    logger.warning("run %s is marked %s: %s died", run_id, found, where)
    return True


def _just_now(told: dict[str, Any]) -> bool:
    """Whether the process of a run that ended may still be about to tell Prefect."""
    ended = datetime.fromisoformat(str(told.get("ended", "2000-01-01T00:00:00+00:00")))
    return datetime.now(UTC) - ended < _TELLING


def _settle_start(root: Path, start: Start) -> list[str]:
    """End a run that died before it had a ledger, and forget how it began."""
    key = FlowRunFilterIdempotencyKey(any_=[start.path.stem])
    settled = []
    try:
        with get_client(sync_client=True) as client:
            made = client.read_flow_runs(flow_run_filter=FlowRunFilter(idempotency_key=key))
        for run_id in (str(run.id) for run in made):
            told = [told for told in ledgers(root) if told["run"] == run_id]
            if any(not run.get("settled") for run in told):
                return []  # Prefect could not be told a moment ago
            if not told:
                _settle_in_prefect(run_id, None)
                logger.warning("run %s is marked crashed: it died as it began", run_id)
                settled.append(run_id)
    except (httpx.HTTPError, PrefectException) as error:
        logger.warning("a run died as it began, but Prefect was not told: %s", error)
        return settled
    start.path.unlink(missing_ok=True)
    return settled


def end_tasks(client: SyncPrefectClient, flow_run: UUID, state: str) -> None:
    """End every task of a flow run that is at its end: see `ENDED` of `ledger` for `state`."""
    for task_run in _unfinished_tasks(client, flow_run):
        client.set_task_run_state(task_run, _ended(state), force=True)


def _settle_in_prefect(run_id: str, ended: str | None) -> str:
    """End a flow run and its tasks as `ended` says, or as crashed or cancelled; returns how."""
    try:
        flow_run = UUID(run_id)
    except ValueError:
        return "crashed"  # a run outside Prefect
    with get_client(sync_client=True) as client:
        try:
            before = client.read_flow_run(flow_run).state
        except ObjectNotFound:
            return "crashed"  # it ran under another server, or under none
        asked = before is not None and before.type == StateType.CANCELLING
        state = ended or ("cancelled" if asked else "crashed")
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
    """A state of Prefect for how a run ended, or for a task of such a run."""
    if state in _STATES:
        return _STATES[state](message="Its end was not recorded when it came.")
    return Crashed(message="Its process died; found by the next run into the same folder.")
