"""The step that requests names from a language model, if `label.namer` names one.

A server that fails costs suggestions, never the run. Answers are committed in small pieces; what
was not answered is requested again by the next run, and only that.
"""

from __future__ import annotations

import os
import time
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from flows.events import Note, PieceDone, StageDone, StageStarted, emit
from flows.runtime.context import RunContext
from pipeline.execution.runner import Piece, Stage, StageResult
from pipeline.execution.stage import piece_fingerprint
from pipeline.label.namer import NamerRequest, ask_namer, namer_key
from pipeline.settings.namer_address import parse_namer

__all__ = ["suggest_names"]

_PER_PIECE = 8  # micro-genres; a run that is killed loses the answers of one piece
_FAILURES = 8  # micro-genres in a row without an answer, after which the server is left alone
_REASONS = 3  # reasons in the warning


def suggest_names(run: RunContext, prompts: pa.Table, language: str = "en") -> dict[int, list[str]]:
    """Return the names that the namer suggests for each micro-genre.

    Parameters
    ----------
    run : RunContext
        The run; its settings say which namer, and its limits.
    prompts : pa.Table
        NAMER_PROMPTS, one row per micro-genre.
    language : str
        ISO 639 code of the language of the names.

    Returns
    -------
    dict of int to list of str
        Names by cluster, the best first; only clusters with at least one. They are clean, but not
        yet known to be true of the films. Empty if `label.namer` is.
    """
    address = parse_namer(run.settings.label.namer)
    if address is None or not len(prompts):
        return {}
    section = run.settings.label
    request = NamerRequest(
        url=address.url,
        model=address.model,
        language=language,
        key=namer_key(os.environ, address),
        connections=section.namer_requests,
        request_seconds=section.namer_request_seconds,
        seconds=section.namer_seconds,
    )
    requests = _Requests(run, request, len(prompts))
    names = requests.run_all(prompts.sort_by("cluster"))
    if warning := requests.warning():
        emit(Note(f"warning: {warning}"))
    return names


class _Requests:
    """The requests of one run, in rounds: each round repeats what no server has answered yet."""

    def __init__(self, run: RunContext, request: NamerRequest, total: int) -> None:
        self._run, self._request, self._total = run, request, total
        self._deadline = time.monotonic() + request.seconds
        self._failed_in_row = 0
        self._reused = 0
        self._names: dict[int, list[str]] = {}
        self._reasons: dict[int, str] = {}  # by cluster without a name

    def run_all(self, prompts: pa.Table) -> dict[int, list[str]]:
        """Request names for all rows, in pieces, as long as the server answers."""
        name = Stage.of(ask_namer, self._request).name
        pieces = -(-self._total // _PER_PIECE)
        emit(StageStarted(name, pieces))
        started = time.perf_counter()
        waiting, number = prompts, 0
        while len(waiting):
            unanswered: list[int] = []
            for start in range(0, len(waiting), _PER_PIECE):
                unanswered += self._run_piece(waiting.slice(start, _PER_PIECE), number, start)
                if not number:
                    emit(PieceDone(name, start // _PER_PIECE + 1, pieces, self._reused))
            if len(unanswered) == len(waiting):
                break
            wanted = pa.array(unanswered, pa.int32())
            waiting = waiting.filter(pc.is_in(waiting["cluster"], value_set=wanted))
            number += 1
        seconds = time.perf_counter() - started
        self._run.seconds[name] = seconds
        detail = f"names for {len(self._names):,} of {self._total:,} micro-genres"
        emit(StageDone(name, seconds, detail))
        return dict(sorted(self._names.items()))

    def warning(self) -> str:
        """Return how many micro-genres got no suggestion and why; "" if all did."""
        counts = Counter(self._reasons.values())
        if not counts:
            return ""
        frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        reasons = "; ".join(f"{count}: {reason}" for reason, count in frequent[:_REASONS])
        return (
            f"the namer {self._request.model} at {self._request.url} suggested no name for "
            f"{len(self._reasons):,} of {self._total:,} micro-genres ({reasons}); they get names "
            "without it"
        )

    def _run_piece(self, prompts: pa.Table, number: int, start: int) -> list[int]:
        """Run one piece, or reuse it; return the clusters that were not answered."""
        left = self._deadline - time.monotonic()
        stage = Stage.of(ask_namer, self._request.model_copy(update={"seconds": max(left, 0.0)}))
        key = f"r{number:02d}-g{start:06d}"
        piece = Piece(key, {"prompts": (self._run.put("namer-prompts", key, prompts),)})
        if not self._prepare(stage, piece) and (left <= 0 or self._failed_in_row >= _FAILURES):
            reason = "the time for the namer is over" if left <= 0 else "the server did not answer"
            clusters: list[int] = prompts["cluster"].to_pylist()
            self._reasons.update({cluster: reason for cluster in clusters})
            return clusters
        return self._take(
            self._run.stage(ask_namer, [piece], settings=stage.settings, shown=False, here=True)
        )

    def _prepare(self, stage: Stage, piece: Piece) -> bool:
        """Return whether the piece is committed; one without any answer is forgotten."""
        work = self._run.store.work
        mark = piece_fingerprint(stage, piece)
        found = work.lookup(stage.name, piece.key, mark) if self._run.resume else None
        if found is None:
            return False
        if any(self._run.read(found.outputs["outcomes"])["answered"].to_pylist()):
            return True
        work.drop(stage.name, piece.key, mark)
        return False

    def _take(self, result: StageResult) -> list[int]:
        """Keep the names and reasons of a piece; return the clusters that were not answered."""
        unanswered = []
        for row in self._run.read(result.refs("outcomes")).to_pylist():
            cluster = row["cluster"]
            self._reasons.pop(cluster, None)
            if row["reason"]:
                self._reasons[cluster] = row["reason"]
            self._failed_in_row = 0 if row["answered"] else self._failed_in_row + 1
            if not row["answered"]:
                unanswered.append(cluster)
        for row in self._run.read(result.refs("suggestions")).to_pylist():
            self._names.setdefault(row["cluster"], []).append(row["name"])
        self._reused += result.reused
        return unanswered
