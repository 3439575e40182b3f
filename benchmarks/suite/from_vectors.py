"""Clusters and neighbours of given vectors, beside EVoC and BERTopic: growth of time and memory.

All contenders get the same films: real vectors drawn at random, each with noise.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lib.growth import SMALL, growth_figures, stage_rows
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    fit_exponent,
    take_turns,
)
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.lib.peers.topics import BERTOPIC, EVOC, find_missing_topics, measure_topics
from benchmarks.lib.vectors import draw_vectors, partition_sizes, real_vectors
from pipeline.settings import ClusterSettings

__all__ = ["BENCH", "RULES"]

_GROWS = "k grows"
# With the defaults, k grows with the films up to `cluster.train_films`.
RULES: dict[str, dict[str, Any]] = {_GROWS: {}, "k fixed at 1,000": {"cluster": {"k": 1_000}}}
_TRAINED = ClusterSettings().train_films  # k does not grow beyond
# UMAP would take most of the time of a measurement beyond this size, which is enough to see how its
# time and memory grow; EVoC needs the memory of several copies of the vectors.
_PEER_FILMS = {BERTOPIC: 50_000, EVOC: 1_000_000}


def measure(options: BenchOptions) -> BenchResult:
    """Measure each size, rule and peer once; reuse sizes measured in the work folder."""
    with options.work_folder("from-vectors") as folder:
        return _measure(options, folder)


def _measure(options: BenchOptions, folder: Path) -> BenchResult:
    real = folder / "real.npy"
    np.save(real, real_vectors(options.release, quick=options.quick))
    missing = find_missing_topics()
    peers = {name: most for name, most in _PEER_FILMS.items() if name not in missing}
    runs: dict[str, list[Row]] = {name: [] for name in (*RULES, *peers)}
    for films in options.sizes:
        key = f"from-vectors-{films}-seed-{options.seed}"
        turns: dict[str, Callable[[], Row]] = {
            rule: partial(_ours, rule, real, films, options.seed, folder / key)
            for rule in RULES
            if rule != _GROWS or films <= _TRAINED
        }
        for name, most in peers.items():
            if films <= most:
                turns[name] = partial(
                    options.call, _measure_peer, name, str(real), films, options.seed
                )
        for name, (run,) in take_turns(turns, 1, folder, key).items():
            runs[name].append(run)
    theirs = {name: runs.pop(name) for name in peers}
    rows = [row for rule, own in runs.items() for row in stage_rows(own, SMALL, rule=rule)]
    notes = [_describe_run(rule, run) for rule, own in runs.items() for run in own]
    for name, own in theirs.items():
        rows += _peer_rows(name, own)
        notes += [_describe_peer(name, run) for run in own]
        if options.sizes[-1] > peers[name]:
            notes.append(f"{name}: measured up to {peers[name]:,} films")
    if options.sizes[-1] > _TRAINED:
        notes.append(f"{_GROWS} up to {_TRAINED:,} films, the most that clusters are trained on")
    return BenchResult(
        rows, {rule: growth_figures(own) for rule, own in runs.items()}, notes, missing
    )


def _ours(rule: str, real: Path, films: int, seed: int, place: Path) -> Row:
    out, answer = place / "out", place / "found.json"
    shutil.rmtree(out, ignore_errors=True)  # a resumed run would measure only a part
    place.mkdir(parents=True, exist_ok=True)
    workers = os.cpu_count() or 1
    parameters = {
        "real": str(real),
        "out": str(out),
        "films": films,
        "seed": seed,
        "overrides": {"dask": {"workers": workers}, **RULES[rule]},
    }
    sampled = run_sampled(
        "benchmarks.lib.vectors_run", [json.dumps(parameters), str(answer)], place / "run.log"
    )
    shutil.rmtree(out)  # some gigabytes for a million films
    return {"films": films, "workers": workers, **sampled, **json.loads(answer.read_text("utf-8"))}


def _measure_peer(name: str, real: str, films: int, seed: int) -> Row:
    """Measure a peer from vectors to topics."""
    vectors = np.load(real)
    parts = [
        draw_vectors(vectors, count, seed, number)
        for number, count in enumerate(partition_sizes(films))
    ]
    points = np.concatenate(parts)
    del vectors, parts
    return {"films": films, **measure_topics(name, points)[0]}


def _peer_rows(name: str, runs: Sequence[Row]) -> list[Row]:
    """Return the rows of a peer; its topics grow with the films, as k does in that rule."""
    slope = fit_exponent([run["films"] for run in runs], [run["seconds"] for run in runs])
    return [
        {
            "rule": _GROWS,
            "contender": name,
            **run,
            "exponent": slope if run is runs[-1] else None,
        }
        for run in runs
    ]


def _describe_run(rule: str, run: Row) -> str:
    return (
        f"{run['films']:,} films, {rule}: {run['seconds']['total']:.0f} s without drawing "
        f"vectors, {run['clusters']:,} clusters, index {run['index']} with recall@10 "
        f"{run['recall_at_10']:.3f}; peak memory: driver {run['driver_mib']:.0f} MiB, "
        f"worker {run['worker_mib']:.0f} MiB, Prefect server {run['server_mib']:.0f} MiB"
    )


def _describe_peer(name: str, run: Row) -> str:
    return (
        f"{run['films']:,} films, {name}: {run['seconds']:.0f} s, {run['peak_mib']:.0f} MiB, "
        f"{run['topics']:,} topics, {100 * run['unplaced_share']:.0f} % of films without a topic"
    )


BENCH = Bench(
    name="from-vectors",
    title="From vectors to clusters and neighbours",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(600,),
    columns=(
        "films",
        "rule",
        "contender",
        "seconds",
        "exponent",
        "worker_mib",
        "driver_mib",
        "peak_mib",
    ),
    plot=Plot("seconds", x="films", panels="rule"),
)
