"""Growth of stages with the catalogue: rows, exponents, and bytes per film.

A run is {"films", "seconds": {stage: s}, "stage_mib": {stage: {"worker", "driver"}}, "driver_mib",
"worker_mib"}, from `memory_sampler` and the report of a flow. Runs are in ascending order of films.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.lib.harness import Row, fit_exponent

__all__ = ["SMALL", "fit_growth", "growth_figures", "stage_rows"]

SMALL = 1.0  # seconds; a stage that is shorter at every size has no measurable growth


def stage_rows(runs: Sequence[Row], least: float = 0.0, **also: Any) -> list[Row]:
    """Return a row for each stage at each size; those of the largest size have the exponent.

    Parameters
    ----------
    runs : sequence of Row
        See the module.
    least : float
        Seconds; a stage that is shorter at every size is left out.
    **also : Any
        Columns with the same value in all rows.
    """
    slopes = fit_growth(runs)
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


def fit_growth(runs: Sequence[Row]) -> dict[str, float]:
    """Return the exponent of the seconds of each stage that is long enough.

    The `resumed` stages of a run, and its total, are left out: they were measured only in part.
    """
    exponents = {}
    for stage in runs[-1]["seconds"] if runs else ():
        whole = [run for run in runs if _whole(run, stage)]
        have = [(run["films"], run["seconds"].get(stage, 0.0)) for run in whole]
        slope = fit_exponent(*zip(*have, strict=True)) if have else None
        if slope is not None and max(seconds for _, seconds in have) >= SMALL:
            exponents[stage] = slope
    return exponents


def _whole(run: Row, stage: str) -> bool:
    resumed = run.get("resumed") or ()
    return not resumed or stage not in (*resumed, "total")


def growth_figures(runs: Sequence[Row]) -> dict[str, Any]:
    """Return the runs without their stages, and the growth of time and memory."""
    return {
        "runs": [
            {n: v for n, v in run.items() if n not in ("seconds", "stage_mib")} for run in runs
        ],
        "growth": fit_growth(runs),
        "driver_bytes_per_film": _slope(runs, "driver_mib"),
        "worker_bytes_per_film": _slope(runs, "worker_mib"),
    }


def _slope(runs: Sequence[Row], column: str) -> float | None:
    """Return the bytes per additional film, from the smallest size to the largest."""
    if len(runs) < 2:
        return None
    first, last = runs[0], runs[-1]
    return float((last[column] - first[column]) * 2**20 / (last["films"] - first["films"]))
