"""Clusters and neighbours of vectors that are there, in a process of its own, for `from_vectors`.

The workers load this module too, and their memory is measured: what a flow needs, functions import.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.lib.mining_run import noted

__all__ = ["from_vectors", "main"]

# What the stages import when they are first called, so that no stage's time holds that.
_HEAVY = (
    "benchmarks.lib.vectors",
    "pipeline.cluster",
    "pipeline.neighbours.search",
    "sklearn.cluster",
    "sklearn.decomposition",
    "sklearn.metrics",
)


def from_vectors(
    real: str, out: str, films: int, seed: int, overrides: dict[str, Any]
) -> dict[str, Any]:
    """The flow: make vectors, cluster films, find neighbours.

    Parameters
    ----------
    real : a NumPy file of unit vectors, (any, dim), of which `films` others are drawn.
    out : folder that takes the work.
    overrides : settings by section.

    Returns
    -------
    {"seconds": {stage: s, "total": s without the making of vectors}, "k", "clusters", "index",
     "recall_at_10"}
    """
    from flows.mining.cluster import cluster_films, find_neighbours
    from flows.runtime.session import opened
    from pipeline.settings import load_settings

    settings = load_settings(overrides=overrides)
    with opened(out, settings, {"films": films}) as run:
        run.client.run(_load)
        _load()
        made = _vectors(run, real, films, seed)
        started = time.perf_counter()
        clusters = cluster_films(run, made.refs("points"))
        *_, told = find_neighbours(run, made.refs("embeddings"), films)
        run.seconds["total"] = time.perf_counter() - started
    return {
        "seconds": {name: round(seconds, 3) for name, seconds in run.seconds.items()},
        "k": clusters.choice["chosen"],
        "clusters": clusters.centroids.rows,
        "index": told["index"],
        "recall_at_10": told["recall_at_10"],
    }


def _vectors(run: Any, real: str, films: int, seed: int) -> Any:
    """The stage `vectors`: embeddings and points, a partition at a time, on the workers."""
    import numpy as np
    import pyarrow as pa

    from benchmarks.lib.vectors import cut, drawn_films
    from pipeline.execution.runner import Piece
    from pipeline.schemas.vectors import column_of_vectors

    table = pa.table([column_of_vectors(np.load(real))], names=["vector"])
    inputs = {"real": (run.put("real", "all", table),)}
    pieces, first = [], 1
    for number, count in enumerate(cut(films)):
        constants = {"seed": seed, "partition": number, "first": first, "films": count}
        pieces.append(Piece(f"p{number:05d}", inputs, constants))
        first += count
    return run.stage("vectors", drawn_films, pieces)


def _load() -> None:
    for library in _HEAVY:
        import_module(library)


def main(given: str, answer: str, record: str) -> None:
    """Run the flow with parameters given as JSON; `answer` takes what it returns, as JSON too."""

    from prefect import flow

    from flows.runtime.launch import launch_served

    parameters = json.loads(given)
    named = flow(
        name="from-vectors",
        flow_run_name="cluster {films} vectors into {out}",
        validate_parameters=False,
    )
    with noted(record):
        found = launch_served(named(from_vectors), Path(parameters["out"]), parameters)
    Path(answer).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
