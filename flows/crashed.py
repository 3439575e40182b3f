"""Tells Prefect that a run whose process died has ended: that one and its tasks, no others."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.states import Cancelled, Crashed

from flows.ledger import ENDED, ledgers, settle

__all__ = ["settle_dead_runs"]

logger = logging.getLogger(__name__)

_PAGE = 200


def settle_dead_runs(root: Path) -> list[str]:
    """Mark as ended every run of an output folder whose process is dead; returns their ids.

    In Prefect such a run becomes `Crashed`, or `Cancelled` where that was asked of it. A server
    that does not answer leaves it to the next start.
    """
    settled = []
    for told in ledgers(root):
        run_id, state = str(told["run"]), told.get("state")
        if told["alive"] or state in ENDED:
            continue
        if told.get("prefect", True) and not PREFECT_API_URL.value():
            continue  # an update has no server to tell: the next run that has one does it
        try:
            state = "crashed" if told.get("prefect") is False else _settle_in_prefect(run_id)
        except (httpx.HTTPError, PrefectException) as error:
            logger.warning("run %s is dead, but Prefect was not told: %s", run_id, error)
            continue
        where = f"process {told.get('pid')} on {told.get('host')}"
        settle(root, run_id, state, f"{where} died without a word")
        logger.warning("run %s is marked %s: %s died", run_id, state, where)
        settled.append(run_id)
    return settled


def _settle_in_prefect(run_id: str) -> str:
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
        for task_run in _unfinished_tasks(client, flow_run):
            client.set_task_run_state(task_run, _ended(asked=asked), force=True)
        if before is None or not before.is_final():
            client.set_flow_run_state(flow_run, _ended(asked=asked), force=True)
    return "cancelled" if asked else "crashed"


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


def _ended(*, asked: bool) -> State[Any]:
    if asked:
        return Cancelled(message="Its process is gone.")
    return Crashed(message="Its process died; found by the next run into the same folder.")
