"""The steps from points to micro-genres, and from vectors to nearest films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from flows.runtime.context import RunContext
from flows.runtime.tasks import (
    Refs,
    add_to_all,
    first_films,
    grouped,
    only_file,
    piece_per_partition,
    step,
)
from pipeline import cluster
from pipeline.execution.runner import Piece
from pipeline.fileio.manifest import FileRef
from pipeline.neighbours import index as film_index
from pipeline.neighbours import search as neighbours

__all__ = ["Clusters", "cluster_films", "find_neighbours"]


# Pieces that neighbours are looked for in: whoever searches for one goes through the whole index.
# There are more of them where a piece would have more partitions than that.
_SEARCHES, _GROUP = 16, 8


@dataclass(frozen=True)
class Clusters:
    """What clustering made."""

    assignments: Refs
    centroids: FileRef
    choice: dict[str, Any]  # see cluster.choose_k
    seed_ari: float | None
    comparison: tuple[FileRef, ...]


@step("cluster films")
def cluster_films(run: RunContext, points: Refs) -> Clusters:
    """Points to centroids and assignments, with k chosen by leaf size and stability."""
    section, seed = run.settings.cluster, run.settings.seed
    training = points[: run.training(points)]
    trained = sum(ref.rows or 0 for ref in training)
    close, wide = cluster.candidate_ks(trained, section)
    whole = Piece("all", {"points": training}, {"seed": seed})
    smoothed = run.stage(cluster.smooth_points, [whole], settings=section)
    inputs = {"points": training} | {
        name: smoothed.refs(name) for name in ("positions", "landmarks", "tree")
    }
    curve = run.stage(
        cluster.train,
        [Piece(f"k{k}", inputs, {"k": k, "seed": seed}) for k in wide],
        settings=section,
    )
    halves = run.stage(
        cluster.label_subsample,
        [
            Piece(f"part{n}", {"points": training}, {"ks": close, "part": n, "seed": seed})
            for n in (0, 1)
        ],
        settings=section,
    )
    first, second = (run.read(ref) for ref in halves.refs("labels"))
    rows = [row for ref in curve.refs("curve") for row in run.read(ref).to_pylist()]
    choice = cluster.choose_k(rows, cluster.agreement(first, second), section)
    centroids = curve.refs("centroids")[wide.index(choice["chosen"])]
    pieces = add_to_all(piece_per_partition(("points", points)), {"centroids": (centroids,)})
    assigned = run.stage(cluster.assign, pieces, shown=True)
    return Clusters(
        assigned.refs("assignments"),
        centroids,
        choice,
        *_compared(run, inputs, assigned.refs("assignments")[: len(training)], choice["chosen"]),
    )


@step("find neighbours")
def find_neighbours(
    run: RunContext, embeddings: Refs, films: int
) -> tuple[Refs, Refs, dict[str, Any]]:
    """The index over all films, the nearest films of each, and how exact the index is."""
    section = run.settings.neighbours
    kind = film_index.index_kind(films, section)
    groups = grouped(embeddings, max(_SEARCHES, -(-len(embeddings) // _GROUP)))
    pieces = piece_per_partition(("embeddings", groups))
    if kind in film_index.IVF_CODECS:
        index = _inverted_file(run, embeddings, pieces, films, kind)
    else:
        built = run.stage(
            film_index.build_index,
            [Piece("all", {"embeddings": embeddings}, {"films": films})],
            settings=section,
        )
        index = built.refs("index")
    everyone = tuple(
        run.put("everyone", piece.key, run.read(group, ["movie_id"]).combine_chunks())
        for piece, group in zip(pieces, groups, strict=True)
    )
    shared: dict[str, Refs] = {"everyone": everyone, "index": index}
    near = run.stage(neighbours.nearest_films, add_to_all(pieces, shared), settings=section)
    recall = 1.0
    if kind != "flat":  # exact search is its own truth
        measured = run.stage(
            neighbours.recall_at_10,
            [Piece("all", {"embeddings": embeddings, "index": index}, {"seed": run.settings.seed})],
            settings=section,
        )
        recall = float(run.read(only_file(measured, "recall")).column("recall")[0].as_py())
    return (
        near.refs("neighbours"),
        index,
        {"index": kind, "recall_at_10": recall, "count": section.count},
    )


def _inverted_file(
    run: RunContext, embeddings: Refs, pieces: Sequence[Piece], films: int, kind: str
) -> Refs:
    """The index of `film_index.build_index`, built without the whole index in memory."""
    begun = run.stage(
        film_index.train_index,
        [Piece("all", {"embeddings": embeddings}, {"films": films})],
        settings=run.settings.neighbours,
    )
    trained = begun.refs("trained")
    sizes = [sum(ref.rows or 0 for ref in piece.inputs["embeddings"]) for piece in pieces]
    numbered = [
        Piece(piece.key, piece.inputs, {"first": stop - size})
        for piece, size, stop in zip(pieces, sizes, accumulate(sizes), strict=True)
    ]
    coded = run.stage(
        film_index.encode_films, add_to_all(numbered, {"trained": trained}, {"films": films})
    )
    head = run.stage(
        film_index.write_header,
        [Piece("all", {"trained": trained, "lengths": coded.refs("lengths")})],
        shown=False,
    )
    runs = sorted(set(coded.manifests[0].outputs) - {"lengths"})
    laid = run.stage(
        film_index.write_lists,
        [Piece(name, {"codes": coded.refs(name)}, {"kind": kind}) for name in runs],
    )
    return (*head.refs("index"), *laid.refs("index"))


def _compared(
    run: RunContext, inputs: dict[str, Refs], assignments: Refs, k: int
) -> tuple[float | None, Refs]:
    """Agreement with another seed, and other methods on a sample of the same films."""
    section, seed = run.settings.cluster, run.settings.seed
    few = len(first_films(inputs["points"], run.settings.report.compare_films))
    methods = [
        Piece(
            m.replace("|", ""),
            {"points": inputs["points"][:few], "assignments": assignments[:few]},
            {"method": m, "seed": seed},
        )
        for m in cluster.METHODS
    ]
    compared = run.stage(cluster.compare, methods, settings=run.settings.report)
    piece = Piece("all", {**inputs, "assignments": assignments}, {"k": k, "seed": seed + 1})
    again = run.stage(cluster.reseed, [piece], settings=section, shown=False)
    ari = run.read(only_file(again, "agreement")).column("ari")[0].as_py()
    return ari, compared.refs("comparison")
