"""Run one stage on many pieces, on a Dask cluster or in this process.

Only references to files and manifests travel between processes; tables stay on the disk.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

from distributed import Client

from pipeline.errors import QuarantineError, StageError
from pipeline.execution.cluster import local_cluster
from pipeline.execution.cluster_turns import ClusterTurns
from pipeline.execution.retries import BACKOFF_SECONDS, Attempt, Progress, StageState
from pipeline.execution.scheduler import PieceScheduler
from pipeline.execution.stage import (
    Piece,
    Stage,
    StageResult,
    piece_fingerprint,
    run_piece,
)
from pipeline.storage.work_store import WorkStore

__all__ = [
    "ClusterTurns",
    "Piece",
    "Progress",
    "Stage",
    "StageResult",
    "local_cluster",
    "run_stage",
]


def run_stage(
    store: WorkStore,
    stage: Stage,
    pieces: Sequence[Piece],
    *,
    client: Client | None = None,
    retries: int = 3,
    resume: bool = True,
    on_progress: Progress | None = None,
    wait_seconds: float = 60.0,
    backoff_seconds: float = BACKOFF_SECONDS,
    priority: int = 0,
    piece_seconds: float | None = None,
    turns: ClusterTurns | None = None,
) -> StageResult:
    """Compute and commit every piece of a stage that is not committed yet.

    Parameters
    ----------
    store : WorkStore
        Where pieces are committed.
    stage : Stage
        The stage.
    pieces : sequence of Piece
        Its pieces, with unique keys.
    client : Client, optional
        The cluster to run on; by default this process, one piece after the other.
    retries : int
        How often to retry a piece after a temporary error: of the connection, memory or disk.
    resume : bool
        Reuse committed pieces; False computes every piece again.
    on_progress : callable, optional
        Called after each piece, reused ones included, with the number of pieces done, the number of
        pieces, and the manifest.
    wait_seconds : float
        How long to wait for a worker or a lost scheduler.
    backoff_seconds : float
        Delay before the first retry; it doubles with each retry.
    priority : int
        A free worker takes a piece of the highest priority. Of use if several stages run at the
        same time.
    piece_seconds : float, optional
        How long a piece takes, if the same function ran before; short pieces run in one task.
    turns : ClusterTurns, optional
        The same object for all stages that run on the cluster at the same time: a piece that may
        have killed its worker is tried while no other piece is there.

    Returns
    -------
    StageResult
        The manifests, in the order of `pieces`.

    Raises
    ------
    QuarantineError
        If pieces failed; the message lists them with their reasons, and so does
        `WorkStore.failures` until they are done.
    StageError
        If there are no workers, or the scheduler is gone.

    Notes
    -----
    After an error, finished pieces stay committed: the next call continues from there and tries the
    others again.
    """
    start = time.perf_counter()
    fingerprints = _checked_fingerprints(stage, pieces)
    state = StageState(store, stage, pieces, fingerprints, retries, on_progress, backoff_seconds)
    for index, (piece, fingerprint) in enumerate(zip(pieces, fingerprints, strict=True)):
        if not resume:
            store.drop(stage.name, piece.key, fingerprint)
        elif (manifest := store.lookup(stage.name, piece.key, fingerprint)) is not None:
            state.finish(index, manifest)
    reused = len(state.done)
    attempts = [Attempt(index) for index in range(len(pieces)) if index not in state.done]
    if client is None:
        _run_here(state, attempts)
    elif attempts:
        scheduler = PieceScheduler(
            state,
            client,
            wait_seconds,
            priority=priority,
            piece_seconds=piece_seconds,
            turns=turns,
        )
        scheduler.run(attempts)
    reasons = {pieces[index].key: reason for index, reason in sorted(state.quarantined.items())}
    if reasons:
        listing = "\n".join(f"- {key}: {reason}" for key, reason in reasons.items())
        raise QuarantineError(
            f"stage {stage.name!r}: {len(reasons)} of {len(pieces)} pieces failed; the others "
            f"are committed, and a resumed run continues from there:\n{listing}"
        )
    return StageResult(
        stage=stage.name,
        manifests=tuple(state.done[index] for index in sorted(state.done)),
        reused=reused,
        seconds=time.perf_counter() - start,
    )


def _checked_fingerprints(stage: Stage, pieces: Sequence[Piece]) -> list[str]:
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


def _run_here(state: StageState, attempts: Sequence[Attempt]) -> None:
    waiting = deque(attempts)
    while waiting:
        attempt = waiting.popleft()
        piece, fingerprint = state.pieces[attempt.index], state.fingerprints[attempt.index]
        try:
            manifest = run_piece(
                str(state.store.root), state.stage, piece, fingerprint, attempt.lean
            )
        except Exception as error:  # quarantined with its reason, or retried
            wait = state.handle_error(attempt, error)
            if wait is not None:
                time.sleep(wait)
                waiting.append(attempt.after(error))
        else:
            state.finish(attempt.index, manifest)
