"""Whole minings of synthetic catalogues: seconds and memory by stage, and how both grow."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.catalogue import score_release
from benchmarks.films import Catalogue, write_catalogue
from benchmarks.frame import Asked, Bench, Found, Plot, Row, exponent
from benchmarks.watching import watched_mining
from pipeline.store import Store

__all__ = ["BENCH"]

_SMALL = 1.0  # seconds; a stage that is shorter at every size says nothing of its growth


def measure(asked: Asked) -> Found:
    """One mining for each size. With a work folder, what is measured is kept and not done again."""
    if asked.work is not None:
        return _measure(asked, asked.work)
    with tempfile.TemporaryDirectory(prefix="end-to-end-") as folder:
        return _measure(asked, Path(folder))


def _measure(asked: Asked, folder: Path) -> Found:
    runs = [_one(films, asked, folder) for films in asked.sizes]
    rows: list[Row] = []
    for run in runs:
        for stage, seconds in run["seconds"].items():
            memory = run["stage_mib"].get(stage, {})
            rows.append(
                {
                    "films": run["films"],
                    "contender": stage,
                    "seconds": seconds,
                    "worker_mib": memory.get("worker"),
                    "driver_mib": memory.get("driver"),
                    "exponent": None,
                }
            )
    growth = _growth(runs)
    for row in rows:
        if row["films"] == asked.sizes[-1]:
            row["exponent"] = growth.get(row["contender"])
    sizes = [run["films"] for run in runs]
    figures: dict[str, Any] = {
        "runs": [
            {n: v for n, v in run.items() if n not in ("seconds", "stage_mib")} for run in runs
        ],
        "growth": growth,
        "driver_bytes_per_film": _slope(sizes, [run["driver_mib"] for run in runs]),
        "worker_bytes_per_film": _slope(sizes, [run["worker_mib"] for run in runs]),
    }
    return Found(rows, figures, [_told(run) for run in runs])


def _one(films: int, asked: Asked, folder: Path) -> dict[str, Any]:
    place = folder / f"films-{films}-seed-{asked.seed}"
    place.mkdir(parents=True, exist_ok=True)
    done = place / "measured.json"
    if done.exists():
        return dict(json.loads(done.read_text("utf-8")))
    catalogue, truth, out = place / "films.parquet", place / "truth.parquet", place / "out"
    if not truth.exists():  # written last
        made = place / "truth.tmp"
        write_catalogue(Catalogue(films, asked.seed), catalogue, made)
        made.rename(truth)
    resumed = (out / "work" / "embed").exists()
    found = watched_mining(catalogue, out, os.cpu_count() or 1, place / "mine.log")
    release = Store(out).release()
    report = json.loads((release / "report.json").read_text("utf-8"))
    found |= {
        "films": films,
        "resumed": resumed,  # then the seconds are those of the last part alone
        "seconds": report["seconds"],
        "micro_genres": report["counts"]["micro_genres"],
        "released": report["counts"]["released"],
        "index": report["neighbours"]["index"],
        "recall_at_10": report["neighbours"]["recall_at_10"],
        "own_centroid_share": report["names"]["own_centroid_share"],
        "recovered": score_release(truth, release),
        "release_bytes_per_film": _bytes(release) / films,
    }
    done.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def _growth(runs: list[dict[str, Any]]) -> dict[str, float]:
    """The exponent of each stage's seconds over the sizes, where they are long enough to tell."""
    found = {}
    whole = [run for run in runs if not run["resumed"]]
    for stage in whole[-1]["seconds"] if whole else ():
        have = [(run["films"], run["seconds"].get(stage, 0.0)) for run in whole]
        slope = exponent(*zip(*have, strict=True))
        if slope is not None and max(seconds for _, seconds in have) >= _SMALL:
            found[stage] = slope
    return found


def _slope(sizes: list[int], mib: list[float]) -> float | None:
    """Bytes that each further film takes, from the smallest size to the largest."""
    if len(sizes) < 2:
        return None
    return (mib[-1] - mib[0]) * 2**20 / (sizes[-1] - sizes[0])


def _bytes(release: Path) -> int:
    return sum(path.stat().st_size for path in release.iterdir() if path.is_file())


def _told(run: dict[str, Any]) -> str:
    again = ", resumed: seconds of the last part only" if run["resumed"] else ""
    return (
        f"{run['films']:,} films: {run['seconds']['total']:.0f} s{again}, "
        f"{run['micro_genres']} micro-genres, AMI {run['recovered']['ami']:.3f} with the "
        f"{run['recovered']['planted']} planted; at most resident: driver "
        f"{run['driver_mib']:.0f} MiB, a worker {run['worker_mib']:.0f} MiB, Prefect server "
        f"{run['server_mib']:.0f} MiB"
    )


BENCH = Bench(
    name="end-to-end",
    title="Mining synthetic films, from text to release",
    measure=measure,
    sizes=(5_000, 10_000),
    quick_sizes=(240,),
    columns=("films", "contender", "seconds", "exponent", "worker_mib", "driver_mib"),
    plot=Plot("seconds", x="films"),
)
