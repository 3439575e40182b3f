"""The runs of an output folder, each with a file `DIR/runs/ID.json` that says how far it is.

A run holds the lock of `ID.lock` for as long as its process lives, and the kernel gives it back
whatever ends it. So anyone can tell a run that goes on from one that died, without asking for
process ids of other machines or containers.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.events import Address, Event, PieceDone, StageDone, StageStarted
from pipeline.fileio.manifest import checked_name
from pipeline.observability.redaction import redact

__all__ = [
    "ENDED",
    "STARTS",
    "Ledger",
    "Start",
    "entered",
    "is_alive",
    "known_to_have_ended",
    "ledgers",
    "settle",
    "starts",
]

ENDED = ("completed", "failed", "quarantined", "cancelled", "interrupted", "crashed")
STARTS = ".start"  # of a file named by the key of a run that Prefect is about to make: see `launch`
KEPT = 20  # ledgers of ended runs that stay, for `microgenres status`
_WRITE_SECONDS = 1.0


@dataclass
class Ledger:
    """What one run writes down of itself; `hear` is a listener of events."""

    path: Path
    told: dict[str, Any]
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: float = 0.0

    def hear(self, event: Event) -> None:
        """Note the progress that an event tells; on the disk within a second or so."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        match event:
            case StageStarted(stage, pieces):
                begun = {"state": "running", "pieces": pieces, "done": 0, "begun": now}
                self.stages[stage] = begun
                self.told["stage"] = stage
            case PieceDone(stage, done, total):
                self.stages.setdefault(stage, {"state": "running", "begun": now})
                self.stages[stage] |= {"pieces": total, "done": done}
            case StageDone(stage, seconds, detail):
                ended = {"state": "done", "seconds": round(seconds, 3), "detail": detail}
                self.stages.setdefault(stage, {"pieces": None, "done": 0})
                self.stages[stage] |= ended
            case Address(name, url):
                self.told.setdefault("addresses", {})[name] = redact(url)
        self.write(at_once=not isinstance(event, PieceDone))

    def state(self, state: str, **more: Any) -> None:
        """Write down a new state at once, such as `running` or `failed` with its `error`."""
        self.told |= {"state": state, **more}
        if state in ENDED:
            self.told["ended"] = datetime.now(UTC).isoformat(timespec="seconds")
        self.write(at_once=True)

    def write(self, *, at_once: bool) -> None:
        """Replace the file by what is known now, unless it was written a moment ago."""
        if not at_once and time.monotonic() - self.written < _WRITE_SECONDS:
            return
        self.written = time.monotonic()
        text = json.dumps(self.told | {"stages": self.stages}, indent=1, ensure_ascii=False)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(redact(text) + "\n", encoding="utf-8")
        temporary.replace(self.path)


@contextmanager
def entered(root: Path, run_id: str, about: dict[str, Any]) -> Iterator[Ledger]:
    """Open the ledger of a run that begins, alive until the block or the process ends.

    Parameters
    ----------
    root : the output folder. run_id : names the run, such as the id of its flow run.
    about : JSON that says what is run; no secrets.
    """
    folder = root / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{checked_name('run', run_id)}.json"
    told = {
        "run": run_id,
        "state": "waiting",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "boot": _boot(),
        **about,
    }
    ledger = Ledger(path, told)
    with open(path.with_suffix(".lock"), "ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        ledger.write(at_once=True)
        try:
            yield ledger
        finally:
            if ledger.told["state"] in ENDED:  # else the next start finds it, as that of a dead run
                path.with_suffix(".lock").unlink(missing_ok=True)
    _forget_old(folder)


def ledgers(root: Path) -> list[dict[str, Any]]:
    """What the runs of a folder have written down, the last one first; each with `alive`."""
    found = []
    for path in (root / "runs").glob("*.json"):
        with suppress(OSError, ValueError):  # removed, or not ours
            told = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(told, dict) and told.get("run") == path.stem:
                found.append(told | {"alive": is_alive(root, path.stem)})
    return sorted(found, key=lambda told: (str(told.get("started")), told["run"]), reverse=True)


def is_alive(root: Path, run_id: str) -> bool:
    """Whether the process of a run still lives."""
    try:
        with open(root / "runs" / f"{run_id}.lock", "rb") as handle:
            # Shared, so that two who look do not take each other for the run.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def settle(root: Path, run_id: str, state: str, error: str) -> None:
    """Write down how a dead run ended, which it could not do itself."""
    path, ledger = _opened(root, run_id)
    ledger.state(state, error=error, settled=True)
    path.with_suffix(".lock").unlink(missing_ok=True)


def known_to_have_ended(root: Path, run_id: str) -> None:
    """Write down that Prefect knows the end of a run and of its tasks: nobody need look again."""
    with suppress(FileNotFoundError):  # it ended before it wrote anything down
        _, ledger = _opened(root, run_id)
        ledger.told["settled"] = True
        ledger.write(at_once=True)


@dataclass(frozen=True)
class Start:
    """A run that a process had Prefect make, or was about to.

    Attributes
    ----------
    path : of the file that is named by the run's key and holds its id, once that is known.
    run : its id, or "". alive : whether that process still lives.
    """

    path: Path
    run: str
    alive: bool


def starts(root: Path) -> list[Start]:
    """Runs of which Prefect may not know the end: see `launch`."""
    found = []
    for path in sorted((root / "runs").glob(f"*{STARTS}")):
        with suppress(FileNotFoundError), open(path, "rb") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                alive = True
            else:
                alive = False
            found.append(Start(path, handle.read().decode("ascii", "replace"), alive))
    return found


def _opened(root: Path, run_id: str) -> tuple[Path, Ledger]:
    path = root / "runs" / f"{checked_name('run', run_id)}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    stages = told.pop("stages", {})
    return path, Ledger(path, told, stages)


def _forget_old(folder: Path) -> None:
    ended = [path for path in folder.glob("*.json") if not path.with_suffix(".lock").exists()]
    with suppress(FileNotFoundError):  # another run forgets the same ones
        for path in sorted(ended, key=lambda path: path.stat().st_mtime)[:-KEPT]:
            path.unlink(missing_ok=True)


def _boot() -> str:
    """Which start of the machine this is, where the kernel tells it (Linux)."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
