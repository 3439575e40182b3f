"""The state of an output folder: its run, what is done, what failed, and what to do next.

Reading the state changes nothing, so it can be read during a run.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.runtime.run_ledger import ENDED, RunRecord, read_records
from pipeline.errors import ReleaseError, SettingsError
from pipeline.storage.prune import prune
from pipeline.storage.store import Store
from pipeline.storage.verify import read_release_manifest

__all__ = ["folder_status", "prune_folder"]

_AGAIN = "give the same command again: it resumes from what is committed"

_ADVICE = {
    "completed": "done: microgenres show --out {out}",
    "died": f"the run died; {_AGAIN}",
    "crashed": f"the run died; {_AGAIN}",
    "cancelled": f"cancelled; {_AGAIN}",
    "interrupted": f"interrupted; {_AGAIN}",
    "quarantined": "some pieces failed: correct what their reasons say, then give the same command "
    "again: only these pieces and the stages after them run",
    "failed": f"the run failed: correct what its error says, then {_AGAIN}",
}


def folder_status(out: Path) -> dict[str, Any]:
    """Return the state of an output folder, as JSON.

    Returns
    -------
    dict
        `state` (`idle`, `running`, `died` or `empty`), `run` (record of the running run, else of
        the last one; None before the first), `waiting` (ids of runs that wait for it),
        `committed` (number of committed pieces by stage), `quarantined` (stage, piece, reason),
        `release` (the latest; None before the first), `releases` (how many), `next` (what to do).

    Raises
    ------
    SettingsError
        If there is no such folder.
    """
    if not out.is_dir():
        raise SettingsError(f"no folder {out}: name the folder of `microgenres mine --out`")
    records = read_records(out)
    living = [record for record in records if record.alive]
    run = next((r for r in living if r.state != "waiting"), None) or next(iter(records), None)
    store = Store(out) if (out / "work").is_dir() else None
    answer: dict[str, Any] = {
        "out": str(out.absolute()),
        "state": _state(run),
        "run": None if run is None else _as_json(run),
        "waiting": [record.run for record in living if record is not run],
        "committed": _committed(out),
        "quarantined": store.work.failures() if store else [],
        "release": _release(store) if store else None,
        "releases": _releases(out),
    }
    return answer | {"next": _next(answer)}


def _as_json(record: RunRecord) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_unset=True) | {"alive": record.alive}


def _state(run: RunRecord | None) -> str:
    if run is None:
        return "empty"
    if run.alive:
        return "running"
    return "idle" if run.state in ENDED else "died"


def _committed(out: Path) -> dict[str, int]:
    folders = [path for path in (out / "work").glob("[!.]*") if path.is_dir()]
    counts = {folder.name: len(list(folder.glob("[!.]*.json"))) for folder in sorted(folders)}
    return {stage: count for stage, count in counts.items() if count}


def _releases(out: Path) -> int:
    return len(list((out / "releases").glob("[!.]*/manifest.json")))


def _release(store: Store) -> dict[str, Any] | None:
    try:
        path = store.releases.folder()
        manifest = read_release_manifest(path)
    except ReleaseError:
        return None
    published = datetime.fromtimestamp((path / "manifest.json").stat().st_mtime, UTC)
    return {
        "id": path.name,
        "path": str(path),
        "published": published.isoformat(timespec="seconds"),
        "counts": manifest["counts"],
    }


def _next(answer: dict[str, Any]) -> str:
    run, out, state = answer["run"], answer["out"], answer["state"]
    if run is None:
        return f"nothing has run here: microgenres mine --out {out}"
    if state == "running":
        where = next(iter(run.get("addresses", {}).values()), None)
        return "a run is in progress" + (f"; watch it at {where}" if where else "")
    ended = "died" if state == "died" else run["state"]
    return _ADVICE.get(ended, _ADVICE["failed"]).format(out=out)


def prune_folder(out: Path, keep: int, *, dry_run: bool) -> dict[str, Any]:
    """Remove all but `keep` releases and the work of as many finished runs.

    Parameters
    ----------
    out : Path
        The output folder.
    keep : int
        Number of releases and of finished runs to keep.
    dry_run : bool
        Remove nothing, only report.

    Returns
    -------
    dict
        What was removed, as JSON.

    Raises
    ------
    SettingsError
        If there is no such folder.
    BusyError
        If a run is using the folder.
    """
    if not (out / "releases").is_dir():
        raise SettingsError(f"no releases in {out}: name the folder of `microgenres mine --out`")
    store = Store(out)
    with store.lock():
        finished = [r for r in read_records(out) if r.state == "completed"][:keep]
        since = min((_seconds(record.started) for record in finished), default=None)
        pruned = prune(store, keep, since, dry_run=dry_run)
    return {"out": str(out.absolute()), "dry_run": dry_run} | asdict(pruned)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
