"""Whole minings of synthetic catalogues: seconds and memory by stage, and how both grow."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.lib.films import Catalogue, write_catalogue
from benchmarks.lib.growth import growth_figures, stage_rows
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row
from benchmarks.lib.memory_sampler import watched
from benchmarks.suite.catalogue import score_release
from pipeline.storage.release_store import ReleaseStore

__all__ = ["BENCH", "mined", "told"]


def measure(asked: Asked) -> Found:
    """One mining for each size. With a work folder, what is measured is kept and not done again."""
    with asked.folder("end-to-end") as folder:
        return _measure(asked, folder)


def _measure(asked: Asked, folder: Path) -> Found:
    runs = [_one(films, asked, folder) for films in asked.sizes]
    return Found(stage_rows(runs), growth_figures(runs), [told(run) for run in runs])


def _one(films: int, asked: Asked, folder: Path) -> Row:
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
    found = mined(films, catalogue, out) | {
        "recovered": score_release(truth, ReleaseStore(out).folder())
    }
    done.write_text(json.dumps(found, indent=1), "utf-8")
    return found


def mined(films: int, catalogue: Path, out: Path, overrides: Row | None = None) -> Row:
    """Mine a catalogue of so many films, watched, with as many workers as cores; or go on with it.

    Parameters
    ----------
    out : the output folder; what goes wrong is told in `mine.log` beside it.
    overrides : settings by section.

    Returns
    -------
    What `watched` tells, the seconds of each stage, and figures of the report.
    """
    work = out / "work"
    resumed = (
        sorted(stage.name for stage in work.iterdir() if stage.is_dir()) if work.exists() else []
    )
    workers = os.cpu_count() or 1
    settings = {**(overrides or {}), "dask": {"workers": workers}}
    given = [str(catalogue), str(out), json.dumps(settings)]
    found = watched("benchmarks.lib.mining_run", given, out.parent / "mine.log")
    release = ReleaseStore(out).folder()
    report = json.loads((release / "report.json").read_text("utf-8"))
    return found | {
        "films": films,
        "workers": workers,
        "resumed": resumed,  # stages that an earlier run had begun: their seconds are not whole
        "seconds": report["seconds"],
        "micro_genres": report["counts"]["micro_genres"],
        "released": report["counts"]["released"],
        "index": report["neighbours"]["index"],
        "recall_at_10": report["neighbours"]["recall_at_10"],
        "own_centroid_share": report["names"]["own_centroid_share"],
        "release_bytes_per_film": _bytes(release) / films,
    }


def _bytes(release: Path) -> int:
    return sum(path.stat().st_size for path in release.iterdir() if path.is_file())


def told(run: Row) -> str:
    """One mining in a sentence."""
    resumed = ", ".join(run["resumed"])
    again = f" without what an earlier run did of {resumed}" if resumed else ""
    planted = run.get("recovered")
    found = f", AMI {planted['ami']:.3f} with the {planted['planted']} planted" if planted else ""
    return (
        f"{run['films']:,} films: {run['seconds']['total']:.0f} s{again}, "
        f"{run['micro_genres']} micro-genres{found}; at most resident: driver "
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
