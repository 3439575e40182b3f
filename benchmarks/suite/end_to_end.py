"""Complete minings of synthetic catalogues: seconds and memory by stage, and how both grow."""

from __future__ import annotations

import json
import os
from pathlib import Path

from benchmarks.lib.films import Catalogue, write_catalogue
from benchmarks.lib.growth import growth_figures, stage_rows
from benchmarks.lib.harness import Bench, BenchOptions, BenchResult, Plot, Row
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.suite.catalogue import score_release
from pipeline.storage.release_store import ReleaseStore

__all__ = ["BENCH", "describe_run", "mine_catalogue"]


def measure(options: BenchOptions) -> BenchResult:
    """Mine once for each size; sizes that are already measured in the work folder are reused."""
    with options.work_folder("end-to-end") as folder:
        return _measure(options, folder)


def _measure(options: BenchOptions, folder: Path) -> BenchResult:
    runs = [_measure_one(films, options, folder) for films in options.sizes]
    return BenchResult(stage_rows(runs), growth_figures(runs), [describe_run(run) for run in runs])


def _measure_one(films: int, options: BenchOptions, folder: Path) -> Row:
    place = folder / f"films-{films}-seed-{options.seed}"
    place.mkdir(parents=True, exist_ok=True)
    done = place / "measured.json"
    if done.exists():
        return dict(json.loads(done.read_text("utf-8")))
    catalogue, truth, out = place / "films.parquet", place / "truth.parquet", place / "out"
    if not truth.exists():  # written last
        temporary = place / "truth.tmp"
        write_catalogue(Catalogue(films, options.seed), catalogue, temporary)
        temporary.rename(truth)
    row = mine_catalogue(films, catalogue, out) | {
        "recovered": score_release(truth, ReleaseStore(out).folder())
    }
    done.write_text(json.dumps(row, indent=1), "utf-8")
    return row


def mine_catalogue(films: int, catalogue: Path, out: Path, overrides: Row | None = None) -> Row:
    """Mine a catalogue with one worker per core, sample its memory; resume an unfinished mining.

    Parameters
    ----------
    films : int
        Number of films of the catalogue.
    catalogue : Path
        Parquet file of FILMS.
    out : Path
        Output folder; `mine.log` beside it has the output of the run.
    overrides : dict, optional
        Settings by section.

    Returns
    -------
    dict of str to Any
        The figures of `run_sampled`, the seconds of each stage, and figures of the report.
    """
    work = out / "work"
    resumed = (
        sorted(stage.name for stage in work.iterdir() if stage.is_dir()) if work.exists() else []
    )
    workers = os.cpu_count() or 1
    settings = {**(overrides or {}), "dask": {"workers": workers}}
    given = [str(catalogue), str(out), json.dumps(settings)]
    sampled = run_sampled("benchmarks.lib.mining_run", given, out.parent / "mine.log")
    release = ReleaseStore(out).folder()
    report = json.loads((release / "report.json").read_text("utf-8"))
    return sampled | {
        "films": films,
        "workers": workers,
        "resumed": resumed,  # stages that an earlier run began: their seconds are incomplete
        "seconds": report["seconds"],
        "micro_genres": report["counts"]["micro_genres"],
        "released": report["counts"]["released"],
        "index": report["neighbours"]["index"],
        "recall_at_10": report["neighbours"]["recall_at_10"],
        "own_centroid_share": report["names"]["own_centroid_share"],
        "release_bytes_per_film": _size(release) / films,
    }


def _size(release: Path) -> int:
    return sum(path.stat().st_size for path in release.iterdir() if path.is_file())


def describe_run(run: Row) -> str:
    """Return one mining in a sentence."""
    resumed = ", ".join(run["resumed"])
    again = f" (an earlier run did part of {resumed})" if resumed else ""
    planted = run.get("recovered")
    recovery = ""
    if planted:
        recovery = f", AMI {planted['ami']:.3f} with the {planted['planted']} planted"
    return (
        f"{run['films']:,} films: {run['seconds']['total']:.0f} s{again}, "
        f"{run['micro_genres']} micro-genres{recovery}; peak memory: driver "
        f"{run['driver_mib']:.0f} MiB, worker {run['worker_mib']:.0f} MiB, Prefect server "
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
