"""Prunes an output folder while no run works there: old releases, and work of runs long past."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.ledger import ledgers
from pipeline.errors import SettingsError
from pipeline.prune import prune
from pipeline.store import Store

__all__ = ["prune_folder"]


def prune_folder(out: Path, keep: int, *, dry_run: bool) -> dict[str, Any]:
    """Keep `keep` releases and the work of as many finished runs; what went, as JSON.

    Raises
    ------
    SettingsError
        when there is no such folder.
    BusyError
        while a run works there.
    """
    if not (out / "releases").is_dir():
        raise SettingsError(f"no releases in {out}: name the folder of `microgenres mine --out`")
    store = Store(out)
    with store.lock():
        finished = [told for told in ledgers(out) if told["state"] == "completed"][:keep]
        since = min((_seconds(told["started"]) for told in finished), default=None)
        pruned = prune(store, keep, since, dry_run=dry_run)
    return {"out": str(out.absolute()), "dry_run": dry_run} | asdict(pruned)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
