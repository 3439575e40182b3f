"""The room that drives Dask: one stage over many pieces, with retry, quarantine and progress.

Partition functions take file references and return small manifests; tables stay on the disk.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from distributed import Client

from pipeline.errors import QuarantineError, StageError
from pipeline.execution.cluster import local_cluster
from pipeline.execution.retries import Progress, Run, Task
from pipeline.execution.scheduler import Drive
from pipeline.execution.stage import (
    Piece,
    Stage,
    StageResult,
    piece_fingerprint,
    work,
)
from pipeline.storage.work_store import Store

__all__ = [
    "Piece",
    "Progress",
    "Stage",
    "StageResult",
    "local_cluster",
    "run_stage",
]


def run_stage(
    store: Store,
    stage: Stage,
    pieces: Sequence[Piece],
    *,
    client: Client | None = None,
    retries: int = 3,
    resume: bool = True,
    on_progress: Progress | None = None,
    wait_seconds: float = 60.0,
) -> StageResult:
    """Work every piece of a stage that is not committed yet.

    Parameters
    ----------
    client : where to work; None: one piece after the other in this process.
    retries : tries again for what may pass (a lost connection, memory, the disk).
    resume : take committed pieces as they are; False makes each again.
    on_progress : called with pieces done, pieces in all, and the manifest, reused ones included.
    wait_seconds : how long there may be no worker at all.

    Raises
    ------
    QuarantineError
        listing the quarantined pieces and why; `Store.blamed` lists them too, until they are done.
    StageError
        when there are no workers, or the scheduler is gone. Either way what is finished stays
        committed, and the next call goes on from there and tries the others again.
    """
    start = time.perf_counter()
    marks = _checked_marks(stage, pieces)
    run = Run(store, stage, pieces, marks, retries, on_progress)
    for index, (piece, mark) in enumerate(zip(pieces, marks, strict=True)):
        if not resume:
            store.drop(stage.name, piece.key, mark)
        elif (manifest := store.lookup(stage.name, piece.key, mark)) is not None:
            run.finish(index, manifest)
    reused = len(run.done)
    tasks = [Task(index) for index in range(len(pieces)) if index not in run.done]
    if client is None:
        _work_here(run, tasks)
    elif tasks:
        Drive(run, client, wait_seconds).all(tasks)
    reasons = {pieces[index].key: reason for index, reason in sorted(run.quarantined.items())}
    if reasons:
        listing = "\n".join(f"- {key}: {reason}" for key, reason in reasons.items())
        raise QuarantineError(
            f"stage {stage.name!r}: {len(reasons)} of {len(pieces)} pieces failed; the others "
            f"are committed, and a resumed run goes on from there:\n{listing}"
        )
    return StageResult(
        stage=stage.name,
        manifests=tuple(run.done[index] for index in sorted(run.done)),
        reused=reused,
        seconds=time.perf_counter() - start,
    )


def _checked_marks(stage: Stage, pieces: Sequence[Piece]) -> list[str]:
    keys: set[str] = set()
    for piece in pieces:
        if piece.key in keys:
            raise StageError(f"stage {stage.name!r}: two pieces have the key {piece.key!r}")
        keys.add(piece.key)
        undeclared = sorted(piece.inputs.keys() - set(stage.spec.inputs))
        if undeclared:
            raise StageError(
                f"stage {stage.name!r}, piece {piece.key!r}: {undeclared} is not a declared input; "
                f"declared are {list(stage.spec.inputs)}"
            )
        twice = piece.inputs.keys() & piece.constants.keys()
        if twice or "settings" in {*piece.inputs, *piece.constants}:
            raise StageError(
                f"stage {stage.name!r}, piece {piece.key!r}: {sorted(twice) or 'settings'} "
                "names two things; rename the input or the constant"
            )
    return [piece_fingerprint(stage, piece) for piece in pieces]


def _work_here(run: Run, tasks: Sequence[Task]) -> None:
    waiting = deque(tasks)
    while waiting:
        task = waiting.popleft()
        piece, mark = run.pieces[task.index], run.marks[task.index]
        try:
            manifest = work(str(run.store.root), run.stage, piece, mark, task.lean)
        except Exception as error:  # quarantined with its reason, or tried again
            wait = run.failed(task, error)
            if wait is not None:
                time.sleep(wait)
                waiting.append(task.after(error))
        else:
            run.finish(task.index, manifest)
