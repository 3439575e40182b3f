"""Clusters and neighbours of vectors that are there: how both grow with the films, beside BERTopic.

Everyone gets the same films: real vectors drawn at random, each with noise of its own.
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
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, exponent, take_turns
from benchmarks.lib.machine import Watch, absent
from benchmarks.lib.memory_sampler import watched
from benchmarks.lib.vectors import draw_vectors, partition_sizes, real_vectors
from pipeline.settings import ClusterSettings

__all__ = ["BENCH", "RULES"]

_GROWS = "k grows"
# With the defaults k grows with the films, up to the most that clusters are trained on.
RULES: dict[str, dict[str, Any]] = {_GROWS: {}, "k fixed at 1,000": {"cluster": {"k": 1_000}}}
_PEER = "BERTopic"
_TRAINED = ClusterSettings().train_films  # beyond, k does not grow any more
# Its UMAP works on one core when it is seeded, and the peer would take most of a measurement's time
# beyond; up to here is enough to see how its time and its memory grow.
_PEER_FILMS = 50_000
_UMAP_MANY = 4_096  # films from which it looks for near ones in another way, compiled by itself


def measure(asked: Asked) -> Found:
    """One run for each size and rule, and one of BERTopic; a work folder keeps what is measured."""
    with asked.folder("from-vectors") as folder:
        return _measure(asked, folder)


def _measure(asked: Asked, folder: Path) -> Found:
    real = folder / "real.npy"
    np.save(real, real_vectors(asked.release, quick=asked.quick))
    why = absent("umap", "hdbscan")
    runs: dict[str, list[Row]] = {name: [] for name in (*RULES, _PEER)}
    for films in asked.sizes:
        key = f"from-vectors-{films}-seed-{asked.seed}"
        turns: dict[str, Callable[[], Row]] = {
            rule: partial(_ours, rule, real, films, asked.seed, folder / key)
            for rule in RULES
            if rule != _GROWS or films <= _TRAINED
        }
        if why is None and films <= _PEER_FILMS:
            turns[_PEER] = partial(asked.place, _bertopic, str(real), films, asked.seed)
        for name, (run,) in take_turns(turns, 1, folder, key).items():
            runs[name].append(run)
    peer = runs.pop(_PEER)
    rows = [row for rule, own in runs.items() for row in stage_rows(own, SMALL, rule=rule)]
    notes = [_told(rule, run) for rule, own in runs.items() for run in own]
    notes += [_peer_told(run) for run in peer]
    if why is None and asked.sizes[-1] > _PEER_FILMS:
        notes.append(f"{_PEER} is measured up to {_PEER_FILMS:,} films")
    if asked.sizes[-1] > _TRAINED:
        notes.append(f"{_GROWS} up to {_TRAINED:,} films, which clusters are trained on at most")
    return Found(
        rows + _peer_rows(peer),
        {rule: growth_figures(own) for rule, own in runs.items()},
        notes,
        {} if why is None else {_PEER: why},
    )


def _ours(rule: str, real: Path, films: int, seed: int, place: Path) -> Row:
    out, answer = place / "out", place / "found.json"
    shutil.rmtree(out, ignore_errors=True)  # going on from half a run would tell half its seconds
    place.mkdir(parents=True, exist_ok=True)
    workers = os.cpu_count() or 1
    given = {
        "real": str(real),
        "out": str(out),
        "films": films,
        "seed": seed,
        "overrides": {"dask": {"workers": workers}, **RULES[rule]},
    }
    found = watched(
        "benchmarks.lib.vectors_run", [json.dumps(given), str(answer)], place / "run.log"
    )
    shutil.rmtree(out)  # some gigabytes of a million films, which nobody reads again
    return {"films": films, "workers": workers, **found, **json.loads(answer.read_text("utf-8"))}


def _bertopic(real: str, films: int, seed: int) -> Row:
    """BERTopic's default chain from vectors to topics."""
    vectors = np.load(real)
    parts = [
        draw_vectors(vectors, count, seed, number)
        for number, count in enumerate(partition_sizes(films))
    ]
    points = np.concatenate(parts)
    del vectors, parts
    # imports and compiles before it is timed
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
    """The topic of each film as BERTopic's own UMAP and HDBSCAN find it, -1 for none."""
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
    """Its topics grow with the films as well, so it stands beside ours where k grows."""
    slope = exponent([run["films"] for run in runs], [run["seconds"] for run in runs])
    return [
        {
            "rule": _GROWS,
            "contender": _PEER,
            **run,
            "exponent": slope if run is runs[-1] else None,
        }
        for run in runs
    ]


def _told(rule: str, run: Row) -> str:
    return (
        f"{run['films']:,} films, {rule}: {run['seconds']['total']:.0f} s without the making of "
        f"vectors, {run['clusters']:,} clusters, index {run['index']} with recall@10 "
        f"{run['recall_at_10']:.3f}; at most resident: driver {run['driver_mib']:.0f} MiB, a "
        f"worker {run['worker_mib']:.0f} MiB, Prefect server {run['server_mib']:.0f} MiB"
    )


def _peer_told(run: Row) -> str:
    return (
        f"{run['films']:,} films, {_PEER}'s UMAP and HDBSCAN: {run['seconds']:.0f} s, "
        f"{run['peak_mib']:.0f} MiB, {run['topics']:,} topics, "
        f"{100 * run['unplaced_share']:.0f} % of films without one; a seeded UMAP takes one core"
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
