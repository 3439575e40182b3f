"""Cluster given vectors and find their neighbours: the process that `from_vectors` measures.

Workers import this module too, and their memory is measured: Prefect and the flows, which only the
flow's process needs, are imported inside functions.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.lib.mining_run import record_stages
from benchmarks.lib.vectors import draw_films, partition_sizes
from pipeline.execution.runner import Piece
from pipeline.schemas.vectors import column_of_vectors

__all__ = ["from_vectors", "main"]

# What stages import when they are first called. It is imported before, so that no measured time
# contains it.
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
    """Draw vectors, cluster the films and find their neighbours, as a Prefect flow.

    Args:
        real: NumPy file of unit vectors, (n_real, dim), from which vectors are drawn.
        out: Folder of the work.
        films: Number of films.
        seed: Seed of the vectors.
        overrides: Settings by section.

    Returns:
        "seconds" by stage, with "total" without the drawing; "k", "clusters", "index" and
        "recall_at_10".
    """
    from flows.mining.cluster import cluster_films, find_neighbours
    from flows.runtime.session import open_run
    from pipeline.settings import load_settings

    settings = load_settings(overrides=overrides)
    with open_run(out, settings, {"films": films}) as run:
        run.client.run(_load)
        _load()
        drawn = _draw(run, real, films, seed)
        started = time.perf_counter()
        clusters = cluster_films(run, drawn.refs("points"))
        *_, figures = find_neighbours(run, drawn.refs("embeddings"), films)
        run.seconds["total"] = time.perf_counter() - started
    return {
        "seconds": {name: round(seconds, 3) for name, seconds in run.seconds.items()},
        "k": clusters.choice["chosen"],
        "clusters": clusters.centroids.rows,
        "index": figures["index"],
        "recall_at_10": figures["recall_at_10"],
    }


def _draw(run: Any, real: str, films: int, seed: int) -> Any:
    """Run the stage `vectors`: embeddings and points of each partition, on the workers."""
    table = pa.table([column_of_vectors(np.load(real))], names=["vector"])
    inputs = {"real": (run.put("real", "all", table),)}
    pieces, first = [], 1
    for number, count in enumerate(partition_sizes(films)):
        constants = {"seed": seed, "partition": number, "first": first, "films": count}
        pieces.append(Piece(f"p{number:05d}", inputs, constants))
        first += count
    return run.stage(draw_films, pieces)


def _load() -> None:
    for library in _HEAVY:
        import_module(library)


def main(given: str, answer: str, record: str) -> None:
    """Run the flow with parameters given as JSON, and write its result as JSON to `answer`."""
    from prefect import flow

    from flows.runtime.launch import launch_served

    parameters = json.loads(given)
    decorate = flow(
        name="from-vectors",
        flow_run_name="cluster {films} vectors into {out}",
        validate_parameters=False,
    )
    with record_stages(record):
        result = launch_served(decorate(from_vectors), Path(parameters["out"]), parameters)
    Path(answer).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
