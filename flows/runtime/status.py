"""What goes on in an output folder: the run there, what is done, what failed, how to go on.

It only reads, so that it can be asked while a run goes on.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.runtime.run_ledger import ENDED, ledgers
from pipeline.errors import ReleaseError, SettingsError
from pipeline.storage.prune import prune
from pipeline.storage.verify import read_release_manifest
from pipeline.storage.work_store import Store

__all__ = ["folder_status", "prune_folder"]

_AGAIN = "give the same command again: it goes on from what is committed"


_ADVICE = {
    "completed": "done: microgenres show --out {out}",
    "died": f"the run died; {_AGAIN}",
    "crashed": f"the run died; {_AGAIN}",
    "cancelled": f"stopped by someone; {_AGAIN}",
    "interrupted": f"stopped by someone; {_AGAIN}",
    "quarantined": "some pieces failed: mend what their reasons say, then give the same command "
    "again: only they are tried, and what follows them",
    "failed": f"the run failed: mend what its error says, then {_AGAIN}",
}


def folder_status(out: Path) -> dict[str, Any]:
    """The state of an output folder, as JSON.

    Returns
    -------
    dict
        `state` (`idle`, `running`, `died` or `empty`), `run` (the ledger of the run that goes on,
        else of the last one; None before the first), `waiting` (ids of runs that wait for it),
        `committed` (pieces on the disk by stage), `quarantined` (stage, piece, reason),
        `release` (the latest; None before the first), `releases` (how many), `next` (what to do).

    Raises
    ------
    SettingsError
        when there is no such folder.
    """
    if not out.is_dir():
        raise SettingsError(
            f"no folder {out}: name the one that `microgenres mine --out` was given"
        )
    told = ledgers(out)
    living = [run for run in told if run["alive"]]
    run = next((r for r in living if r["state"] != "waiting"), None) or next(iter(told), None)
    store = Store(out) if (out / "work").is_dir() else None
    answer: dict[str, Any] = {
        "out": str(out.absolute()),
        "state": _state(run),
        "run": run,
        "waiting": [r["run"] for r in living if r is not run],
        "committed": _committed(out),
        "quarantined": store.blamed() if store else [],
        "release": _release(store) if store else None,
        "releases": _releases(out),
    }
    return answer | {"next": _next(answer)}


def _state(run: dict[str, Any] | None) -> str:
    if run is None:
        return "empty"
    if run["alive"]:
        return "running"
    return "idle" if run["state"] in ENDED else "died"


def _committed(out: Path) -> dict[str, int]:
    folders = [path for path in (out / "work").glob("[!.]*") if path.is_dir()]
    counts = {folder.name: len(list(folder.glob("[!.]*.json"))) for folder in sorted(folders)}
    return {stage: count for stage, count in counts.items() if count}


def _releases(out: Path) -> int:
    return len(list((out / "releases").glob("[!.]*/manifest.json")))


def _release(store: Store) -> dict[str, Any] | None:
    try:
        path = store.release()
        manifest = read_release_manifest(path)
    except ReleaseError:
        return None
    made = datetime.fromtimestamp((path / "manifest.json").stat().st_mtime, UTC)
    return {
        "id": path.name,
        "path": str(path),
        "published": made.isoformat(timespec="seconds"),
        "counts": manifest["counts"],
    }


def _next(answer: dict[str, Any]) -> str:
    run, out, state = answer["run"], answer["out"], answer["state"]
    if run is None:
        return f"nothing has run here: microgenres mine --out {out}"
    if state == "running":
        where = next(iter(run.get("addresses", {}).values()), None)
        return "a run is going on" + (f"; watch it at {where}" if where else "")
    ended = "died" if state == "died" else run["state"]
    return _ADVICE.get(ended, _ADVICE["failed"]).format(out=out)


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
