"""The runs of an output folder: one document `DIR/runs/ID.json` per run.

A run holds the lock of `ID.lock` until its process ends; the kernel releases the lock whatever ends
the process. So any reader can tell a live run from a dead one, without asking for process ids of
other machines or containers.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from flows.events import Address, Event, PieceDone, StageDone, StageStarted, StepStarted, sentence
from pipeline.fileio.manifest import checked_name
from pipeline.observability.redaction import redact

__all__ = [
    "ENDED",
    "STARTS",
    "Ledger",
    "RunRecord",
    "StageRecord",
    "Start",
    "mark_reported",
    "mark_settled",
    "open_ledger",
    "read_records",
    "read_starts",
    "run_is_alive",
]

ENDED = ("completed", "failed", "quarantined", "cancelled", "interrupted", "crashed")
STARTS = ".start"  # suffix of a file named by the key of a run that Prefect is about to create
RETAINED = 20  # ledgers of ended runs that remain, for `microgenres status`
_WRITE_SECONDS = 1.0


class StageRecord(BaseModel):
    """How far one stage of a run is.

    Attributes
    ----------
    state : str
        `running` or `done`.
    pieces : int, optional
        Number of pieces; None for a stage without pieces.
    done : int
        Pieces that are committed.
    begun : str, optional
        When the stage began, ISO 8601 in UTC.
    seconds : float, optional
        Wall time, once it is done.
    detail : str, optional
        What it produced, once it is done.
    """

    state: str = "running"
    pieces: int | None = None
    done: int = 0
    begun: str | None = None
    seconds: float | None = None
    detail: str | None = None


class RunRecord(BaseModel):
    """What one run records about itself; other fields say what is run, such as `sources`.

    Attributes
    ----------
    run : str
        The id of the run, which is that of its Prefect flow run.
    state : str
        `waiting`, `running`, or one of ENDED.
    started, ended : str
        Moments, ISO 8601 in UTC.
    pid, host, boot : int, str, str
        The process, its machine, and which boot of that machine (Linux).
    prefect : bool
        Whether Prefect knows the run.
    stage : str, optional
        The stage that began last.
    step : str, optional
        The step that began last, such as "step 5 of 14: embed texts".
    addresses : dict
        Where to watch the run, by name.
    error : str, optional
        Why it failed.
    settled : bool
        Whether Prefect knows how the run and its tasks ended.
    stages : dict
        StageRecord by the name of the stage.
    alive : bool
        Whether the process of the run is alive; not stored.
    """

    model_config = ConfigDict(extra="allow")

    run: str
    state: str = "waiting"
    started: str = ""
    pid: int | None = None
    host: str = ""
    boot: str = ""
    prefect: bool = True
    stage: str | None = None
    step: str | None = None
    addresses: dict[str, str] = Field(default_factory=dict)
    ended: str | None = None
    error: str | None = None
    settled: bool = False
    stages: dict[str, StageRecord] = Field(default_factory=dict)
    alive: bool = Field(False, exclude=True)

    def to_json(self) -> str:
        """Return the document as it is stored, secrets redacted."""
        document = self.model_dump(mode="json", exclude_unset=True)
        return redact(json.dumps(document, indent=1, ensure_ascii=False)) + "\n"


class Ledger:
    """Keeps the record of one run on the disk up to date; `hear` listens to events.

    Parameters
    ----------
    path : Path
        The document.
    record : RunRecord
        What it contains now.
    """

    def __init__(self, path: Path, record: RunRecord) -> None:
        self.path = path
        self.record = record
        self._written = 0.0

    def hear(self, event: Event) -> None:
        """Record the progress that an event reports; it is on the disk after about a second."""
        now = _now()
        stages = self.record.stages
        match event:
            case StepStarted():
                self.record.step = sentence(event)
            case StageStarted(stage, pieces):
                stages[stage] = StageRecord(state="running", pieces=pieces, done=0, begun=now)
                self.record.stage = stage
            case PieceDone(stage, done, total):
                record = stages.setdefault(stage, StageRecord(state="running", begun=now))
                record.pieces, record.done = total, done
            case StageDone(stage, seconds, detail):
                record = stages.setdefault(stage, StageRecord(pieces=None, done=0))
                record.state, record.seconds, record.detail = "done", round(seconds, 3), detail
            case Address(name, url):
                self.record.addresses = self.record.addresses | {name: redact(url)}
        self.write(at_once=not isinstance(event, PieceDone))

    def set_state(self, state: str, error: str | None = None) -> None:
        """Record a new state at once, such as `running` or `failed` with its `error`."""
        self.record.state = state
        if error is not None:
            self.record.error = error
        if state in ENDED:
            self.record.ended = _now()
        self.write(at_once=True)

    def write(self, *, at_once: bool) -> None:
        """Replace the document, unless it was written less than a second ago."""
        if not at_once and time.monotonic() - self._written < _WRITE_SECONDS:
            return
        self._written = time.monotonic()
        # assignment, since a field that was only changed in place counts as unset
        self.record.stages = dict(self.record.stages)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(self.record.to_json(), encoding="utf-8")
        temporary.replace(self.path)


@contextmanager
def open_ledger(root: Path, run_id: str, about: Mapping[str, Any]) -> Iterator[Ledger]:
    """Open the ledger of a run that begins; it counts as alive until the block or process ends.

    Parameters
    ----------
    root : Path
        The output folder.
    run_id : str
        Names the run, such as the id of its flow run.
    about : Mapping
        JSON that says what is run; no secrets.
    """
    folder = root / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    record = RunRecord.model_validate(
        {
            "run": run_id,
            "state": "waiting",
            "started": _now(),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "boot": _boot_id(),
            **about,
        }
    )
    ledger = Ledger(_document(root, run_id), record)
    with open(ledger.path.with_suffix(".lock"), "ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        ledger.write(at_once=True)
        try:
            yield ledger
        finally:
            if record.state in ENDED:  # otherwise the next run finds it as that of a dead run
                ledger.path.with_suffix(".lock").unlink(missing_ok=True)
    _delete_old(folder)


def read_records(root: Path) -> list[RunRecord]:
    """Return the records of all runs of an output folder, the latest first."""
    records = []
    for path in (root / "runs").glob("*.json"):
        with suppress(OSError, ValueError, ValidationError):  # deleted meanwhile, or another file
            record = RunRecord.model_validate_json(path.read_bytes())
            if record.run == path.stem:
                record.alive = run_is_alive(root, path.stem)
                records.append(record)
    return sorted(records, key=lambda record: (record.started, record.run), reverse=True)


def run_is_alive(root: Path, run_id: str) -> bool:
    """Return whether the process of a run is alive."""
    try:
        with open(root / "runs" / f"{run_id}.lock", "rb") as handle:
            # a shared lock, so that two readers do not take each other for the run
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def mark_settled(root: Path, run_id: str, state: str, error: str) -> None:
    """Record how a dead run ended, which it could not do itself."""
    ledger = _read_ledger(root, run_id)
    ledger.record.settled = True
    ledger.set_state(state, error)
    ledger.path.with_suffix(".lock").unlink(missing_ok=True)


def mark_reported(root: Path, run_id: str) -> None:
    """Record that Prefect knows how a run and its tasks ended, so that no run checks it again."""
    with suppress(FileNotFoundError):  # it ended before it wrote its first record
        ledger = _read_ledger(root, run_id)
        ledger.record.settled = True
        ledger.write(at_once=True)


@dataclass(frozen=True)
class Start:
    """A run that a process created in Prefect, or was about to create.

    Attributes
    ----------
    path : Path
        The file, named by the key of the run; it contains the run's id once that is known.
    run : str
        The id, or "".
    alive : bool
        Whether that process is alive.
    """

    path: Path
    run: str
    alive: bool


def read_starts(root: Path) -> list[Start]:
    """Return the runs whose end Prefect may not know: see `launch`."""
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


def _document(root: Path, run_id: str) -> Path:
    return root / "runs" / f"{checked_name('run', run_id)}.json"


def _read_ledger(root: Path, run_id: str) -> Ledger:
    path = _document(root, run_id)
    return Ledger(path, RunRecord.model_validate_json(path.read_bytes()))


def _delete_old(folder: Path) -> None:
    """Delete the ledgers of ended runs but for the last ones."""
    ended = [path for path in folder.glob("*.json") if not path.with_suffix(".lock").exists()]
    with suppress(FileNotFoundError):  # another run deletes the same ones
        for path in sorted(ended, key=lambda path: path.stat().st_mtime)[:-RETAINED]:
            path.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _boot_id() -> str:
    """Return which boot of the machine this is, where the kernel says it (Linux)."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
