"""How stages grow with the catalogue: their rows, their exponents, bytes for each further film.

A run is {"films", "seconds": {stage: s}, "stage_mib": {stage: {"worker", "driver"}}, "driver_mib",
"worker_mib"}, as `watching` and a flow tell of it; runs come in order of their films.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.lib.harness import Row, exponent

__all__ = ["SMALL", "growth", "growth_figures", "stage_rows"]

SMALL = 1.0  # seconds; a stage that is shorter at every size says nothing of its growth


def stage_rows(runs: Sequence[Row], least: float = 0.0, **also: Any) -> list[Row]:
    """A row for each stage at each size, that of the largest with its exponent.

    Parameters
    ----------
    least : seconds; a stage that is shorter at every size is left out.
    also : columns that all of the rows share.
    """
    slopes = growth(runs)
    stages = {s for run in runs for s, seconds in run["seconds"].items() if seconds >= least}
    rows: list[Row] = []
    for run in runs:
        for stage, seconds in run["seconds"].items():
            if stage not in stages:
                continue
            memory = run["stage_mib"].get(stage, {})
            rows.append(
                {
                    "films": run["films"],
                    **also,
                    "contender": stage,
                    "seconds": seconds if _whole(run, stage) else None,
                    "worker_mib": memory.get("worker"),
                    "driver_mib": memory.get("driver"),
                    "exponent": slopes.get(stage) if run is runs[-1] else None,
                }
            )
    return rows


def growth(runs: Sequence[Row]) -> dict[str, float]:
    """The exponent of each stage's seconds over the sizes, where they are long enough to tell.

    A run may say which stages it found `resumed`; those, and its total, tell nothing.
    """
    found = {}
    for stage in runs[-1]["seconds"] if runs else ():
        whole = [run for run in runs if _whole(run, stage)]
        have = [(run["films"], run["seconds"].get(stage, 0.0)) for run in whole]
        slope = exponent(*zip(*have, strict=True)) if have else None
        if slope is not None and max(seconds for _, seconds in have) >= SMALL:
            found[stage] = slope
    return found


def _whole(run: Row, stage: str) -> bool:
    resumed = run.get("resumed") or ()
    return not resumed or stage not in (*resumed, "total")


def growth_figures(runs: Sequence[Row]) -> dict[str, Any]:
    """What stands beside the rows: each run but for its stages, and how time and memory grow."""
    return {
        "runs": [
            {n: v for n, v in run.items() if n not in ("seconds", "stage_mib")} for run in runs
        ],
        "growth": growth(runs),
        "driver_bytes_per_film": _slope(runs, "driver_mib"),
        "worker_bytes_per_film": _slope(runs, "worker_mib"),
    }


def _slope(runs: Sequence[Row], column: str) -> float | None:
    """Bytes that each further film takes, from the smallest size to the largest."""
    if len(runs) < 2:
        return None
    first, last = runs[0], runs[-1]
    return float((last[column] - first[column]) * 2**20 / (last["films"] - first["films"]))
