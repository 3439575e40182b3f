"""Complete minings: seconds and memory by stage, how both grow, and BERTopic on the same texts.

`microgenres mine` and BERTopic take turns, each as a whole program: from its start to its end,
with imports and with a server and workers to start.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.lib.films import Catalogue, write_catalogue
from benchmarks.lib.growth import growth_figures, stage_rows
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    middle_row,
    take_turns,
)
from benchmarks.lib.machine import find_missing
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.lib.peers.bertopic import (
    MODULES,
    NAME,
    compare,
    comparison_rows,
    describe,
    run_bertopic,
)
from benchmarks.suite.catalogue import score_release
from pipeline.storage.release_store import ReleaseStore

__all__ = ["BENCH", "describe_run", "mine_catalogue"]

_OURS = "ours"
_PEER_FILMS = 50_000  # BERTopic's time is known to grow; beyond, a turn would take half an hour


@dataclass(frozen=True)
class _Mined:
    """A catalogue to mine: its sources, its folder, and the file of what is planted in it."""

    sources: tuple[str, ...]
    place: Path
    films: int | None = None  # unknown until a given catalogue is mined
    truth: Path | None = None


def measure(options: BenchOptions) -> BenchResult:
    """Mine each size, in turns with BERTopic; turns stored in the work folder are reused."""
    with options.work_folder("end-to-end") as folder:
        return _measure(options, folder)


def _measure(options: BenchOptions, folder: Path) -> BenchResult:
    why = find_missing(*MODULES)
    runs, comparisons = [], []
    for films in options.sizes:
        mined, compared = _turns(_synthetic(films, options.seed, folder), options, folder, why)
        runs.append(mined)
        comparisons += compared
    given = []
    if options.sources:
        mined, compared = _turns(_Mined(options.sources, folder / "given"), options, folder, why)
        given.append(mined)
        comparisons += compared
    return BenchResult(
        stage_rows(runs) + comparison_rows(comparisons),
        growth_figures(runs) | {"given": growth_figures(given)["runs"], "compared": comparisons},
        [*map(describe_run, runs + given), *map(describe, comparisons)],
        {NAME: why} if why else {},
    )


def _synthetic(films: int, seed: int, folder: Path) -> _Mined:
    place = folder / f"films-{films}-seed-{seed}"
    place.mkdir(parents=True, exist_ok=True)
    catalogue, truth = place / "films.parquet", place / "truth.parquet"
    if not truth.exists():  # written last
        temporary = place / "truth.tmp"
        write_catalogue(Catalogue(films, seed), catalogue, temporary)
        temporary.rename(truth)
    return _Mined((f"files:{catalogue}",), place, films, truth)


def _turns(
    catalogue: _Mined, options: BenchOptions, folder: Path, why: str | None
) -> tuple[Row, list[Row]]:
    """Return the middle one of our runs, and how it compares with BERTopic's, if that runs."""
    compared = why is None and (catalogue.films or 0) <= _PEER_FILMS
    # only a run that nothing interrupts can be compared; a longer one is resumed
    turns: dict[str, Callable[[], Row]] = {
        _OURS: partial(_mine, catalogue, options.seed, fresh=compared)
    }
    if compared:
        turns[NAME] = partial(_run_peer, catalogue)
    found = take_turns(turns, options.repeats if compared else 1, folder, catalogue.place.name)
    ours = middle_row(found[_OURS], "wall_seconds")
    if not compared:
        return ours, []
    synthetic = catalogue.truth is not None
    return ours, [compare(found[_OURS], found[NAME]) | {"synthetic": synthetic}]


def _mine(catalogue: _Mined, seed: int, *, fresh: bool) -> Row:
    out = catalogue.place / "out"
    if fresh:
        shutil.rmtree(out, ignore_errors=True)
    row = mine_catalogue(catalogue.films, catalogue.sources, out)
    if catalogue.truth is None:
        return row
    return row | {"recovered": score_release(catalogue.truth, ReleaseStore(out).folder())}


def _run_peer(catalogue: _Mined) -> Row:
    release = ReleaseStore(catalogue.place / "out").folder()
    return run_bertopic(release, catalogue.place, catalogue.truth)


def mine_catalogue(
    films: int | None,
    catalogue: Path | Sequence[str],
    out: Path,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Row:
    """Mine a catalogue with one worker per core, sample its memory; resume an unfinished mining.

    Parameters
    ----------
    films : int, optional
        Number of films of the catalogue; by default those that are released.
    catalogue : Path or sequence of str
        Parquet file of FILMS, or sources.
    out : Path
        Output folder; `mine.log` beside it has the output of the run.
    overrides : mapping, optional
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
    sources = [f"files:{catalogue}"] if isinstance(catalogue, Path) else catalogue
    out.parent.mkdir(parents=True, exist_ok=True)
    sampled = run_sampled(
        "benchmarks.lib.mining_run",
        ["mine", *(f"--source={s}" for s in sources), f"--out={out}", f"--workers={workers}"],
        out.parent / "mine.log",
        {
            f"MICROGENRES_{section}__{name}".upper(): str(value)
            for section, chosen in (overrides or {}).items()
            for name, value in chosen.items()
        },
    )
    release = ReleaseStore(out).folder()
    report = json.loads((release / "report.json").read_text("utf-8"))
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    released = report["counts"]["released"]
    return sampled | {
        "films": films or released,
        "workers": workers,
        "resumed": resumed,  # stages that an earlier run began: their seconds are incomplete
        "seconds": report["seconds"],
        "dtype": manifest["model"]["dtype"],
        # of the slowest worker; None if the number type was set
        "bfloat16_gain": _gain(manifest["model"]),
        "micro_genres": report["counts"]["micro_genres"],
        "released": released,
        "index": report["neighbours"]["index"],
        "recall_at_10": report["neighbours"]["recall_at_10"],
        "own_centroid_share": report["names"]["own_centroid_share"],
        "release_bytes_per_film": _size(release) / released,
    }


def _gain(model: Row) -> float | None:
    """Return how many times as fast bfloat16 is, as the run measured it."""
    slow, fast = model.get("float32_gflops"), model.get("bfloat16_gflops")
    return fast / slow if slow and fast else None


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
    title="Mining films, from text to release",
    measure=measure,
    sizes=(5_000, 15_773, 50_000),
    quick_sizes=(240,),
    columns=("films", "contender", "seconds", "exponent", "worker_mib", "driver_mib"),
    plot=Plot("seconds", x="films"),
)
