"""Clusters and neighbours of given vectors: how their time and memory grow, beside BERTopic.

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
from benchmarks.lib.machine import Watch, find_missing
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.lib.vectors import draw_vectors, partition_sizes, real_vectors
from pipeline.settings import ClusterSettings

__all__ = ["BENCH", "RULES"]

_GROWS = "k grows"
# With the defaults, k grows with the films up to `cluster.train_films`.
RULES: dict[str, dict[str, Any]] = {_GROWS: {}, "k fixed at 1,000": {"cluster": {"k": 1_000}}}
_PEER = "BERTopic"
_TRAINED = ClusterSettings().train_films  # k does not grow beyond
# A seeded UMAP runs on one core, and would take most of the time of a measurement beyond this
# size, which is enough to see how its time and memory grow.
_PEER_FILMS = 50_000
_UMAP_MANY = 4_096  # from here on UMAP searches neighbours approximately, which it compiles


def measure(options: BenchOptions) -> BenchResult:
    """Measure each size and rule once, and BERTopic; reuse sizes measured in the work folder."""
    with options.work_folder("from-vectors") as folder:
        return _measure(options, folder)


def _measure(options: BenchOptions, folder: Path) -> BenchResult:
    real = folder / "real.npy"
    np.save(real, real_vectors(options.release, quick=options.quick))
    why = find_missing("umap", "hdbscan")
    runs: dict[str, list[Row]] = {name: [] for name in (*RULES, _PEER)}
    for films in options.sizes:
        key = f"from-vectors-{films}-seed-{options.seed}"
        turns: dict[str, Callable[[], Row]] = {
            rule: partial(_ours, rule, real, films, options.seed, folder / key)
            for rule in RULES
            if rule != _GROWS or films <= _TRAINED
        }
        if why is None and films <= _PEER_FILMS:
            turns[_PEER] = partial(options.call, _bertopic, str(real), films, options.seed)
        for name, (run,) in take_turns(turns, 1, folder, key).items():
            runs[name].append(run)
    peer = runs.pop(_PEER)
    rows = [row for rule, own in runs.items() for row in stage_rows(own, SMALL, rule=rule)]
    notes = [_describe_run(rule, run) for rule, own in runs.items() for run in own]
    notes += [_describe_peer(run) for run in peer]
    if why is None and options.sizes[-1] > _PEER_FILMS:
        notes.append(f"{_PEER} is measured up to {_PEER_FILMS:,} films")
    if options.sizes[-1] > _TRAINED:
        notes.append(f"{_GROWS} up to {_TRAINED:,} films, the most that clusters are trained on")
    return BenchResult(
        rows + _peer_rows(peer),
        {rule: growth_figures(own) for rule, own in runs.items()},
        notes,
        {} if why is None else {_PEER: why},
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


def _bertopic(real: str, films: int, seed: int) -> Row:
    """Measure the default steps of BERTopic from vectors to topics."""
    vectors = np.load(real)
    parts = [
        draw_vectors(vectors, count, seed, number)
        for number, count in enumerate(partition_sizes(films))
    ]
    points = np.concatenate(parts)
    del vectors, parts
    # imports and compiles before the timing
    _topics(points[:200], seed, force_approximation_algorithm=films >= _UMAP_MANY)
    with Watch() as watch:
        topics = _topics(points, seed)
    return {
        "films": films,
        **watch.row,
        "topics": int(topics.max()) + 1,
        "unplaced_share": float((topics < 0).mean()),
    }


def _topics(points: np.ndarray, seed: int, **more: Any) -> np.ndarray:
    """Return the topic of each film from UMAP and HDBSCAN as in BERTopic, -1 for none."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    reduced = UMAP(
        n_neighbors=15,
        n_components=5,
        min_dist=0.0,
        metric="cosine",
        low_memory=False,
        random_state=seed,
        n_jobs=1,
        **more,
    ).fit_transform(points)
    return np.asarray(HDBSCAN(min_cluster_size=10, prediction_data=True).fit_predict(reduced))


def _peer_rows(runs: Sequence[Row]) -> list[Row]:
    """Return the rows of BERTopic; its topics grow with the films, as k does in that rule."""
    slope = fit_exponent([run["films"] for run in runs], [run["seconds"] for run in runs])
    return [
        {
            "rule": _GROWS,
            "contender": _PEER,
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


def _describe_peer(run: Row) -> str:
    return (
        f"{run['films']:,} films, {_PEER}'s UMAP and HDBSCAN: {run['seconds']:.0f} s, "
        f"{run['peak_mib']:.0f} MiB, {run['topics']:,} topics, "
        f"{100 * run['unplaced_share']:.0f} % of films without a topic; a seeded UMAP "
        "runs on one core"
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
