"""The steps that cluster the points, and that find the nearest films of each film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from flows.events import Note, emit
from flows.runtime.context import RunContext
from flows.runtime.tasks import (
    Refs,
    add_to_all,
    grouped,
    only_file,
    piece_per_partition,
    step,
    submit,
)
from pipeline import cluster
from pipeline.execution.runner import Piece
from pipeline.fileio.manifest import FileRef
from pipeline.neighbours import all_films, ivf_stream
from pipeline.neighbours import index as film_index
from pipeline.neighbours import search as neighbours
from pipeline.neighbours.recall import recall_of_lists
from pipeline.neighbours.refinement import is_settled, refine

__all__ = ["Clusters", "cluster_films", "find_neighbours"]


# Number of pieces of an exact search, where each piece reads the whole index, and of film ids.
# With more than `_SEARCHES * _GROUP` partitions there is a piece per `_GROUP` partitions.
_SEARCHES, _GROUP = 16, 8
# A piece of the search of an inverted file has `_RUNS` runs of lists (some 340,000 films of 384
# bytes), one of a small index or for more than `_SHORT` neighbours; it reads the whole index once.
_RUNS, _SHORT = 2, 20


@dataclass(frozen=True)
class Clusters:
    """The result of clustering.

    Attributes
    ----------
    assignments : tuple of FileRef
        ASSIGNMENTS of each partition.
    centroids : FileRef
        CENTROIDS.
    choice : dict
        How k was chosen; see `cluster.choose_k`.
    """

    assignments: Refs
    centroids: FileRef
    choice: dict[str, Any]


@step("cluster films")
def cluster_films(run: RunContext, points: Refs) -> Clusters:
    """Choose k by leaf size and stability, fit the centroids, and assign the films to them."""
    training = points[: run.training(points)]
    trained = sum(ref.rows or 0 for ref in training)
    _warn_if_few(trained)
    section = cluster.adapt(run.settings.cluster, trained)
    close, wide = cluster.candidate_ks(trained, section)
    halves = submit(_label_halves, run, training, close)
    whole = Piece("all", {"points": training})
    smoothed = run.stage(cluster.smooth_points, [whole], settings=section)
    inputs = {"points": training} | {name: smoothed.refs(name) for name in ("positions", "seeds")}
    curve = run.stage(
        cluster.train, [Piece(f"k{k}", inputs, {"k": k}) for k in wide], settings=section
    )
    first, second = (run.read(ref) for ref in halves.result())
    rows = [row for ref in curve.refs("curve") for row in run.read(ref).to_pylist()]
    stability, errors = cluster.agreement(first, second), cluster.agreement_errors(first, second)
    choice = cluster.choose_k(rows, stability, section, errors)
    centroids = curve.refs("centroids")[wide.index(choice["chosen"])]
    pieces = add_to_all(piece_per_partition(("points", points)), {"centroids": (centroids,)})
    assigned = run.stage(cluster.assign, pieces, shown=True)
    return Clusters(assigned.refs("assignments"), centroids, choice)


@step("cluster halves")
def _label_halves(run: RunContext, training: Refs, ks: Sequence[int]) -> Refs:
    """Cluster two halves of the films, whose agreement says how stable each k is."""
    section = cluster.adapt(run.settings.cluster, sum(ref.rows or 0 for ref in training))
    constants = {"ks": list(ks), "seed": run.settings.seed}
    pieces = [Piece(f"part{n}", {"points": training}, {**constants, "part": n}) for n in (0, 1)]
    return run.stage(cluster.label_subsample, pieces, settings=section).refs("labels")


@step("find neighbours")
def find_neighbours(
    run: RunContext, embeddings: Refs, films: int
) -> tuple[Refs, Refs, dict[str, Any]]:
    """Build the index of all films; return the nearest films of each, the index and its recall."""
    section = run.settings.neighbours
    kind = film_index.index_kind(films, section)
    groups = grouped(embeddings, max(_SEARCHES, -(-len(embeddings) // _GROUP)))
    pieces = piece_per_partition(("embeddings", groups))
    everyone = run.put_all(
        "everyone",
        (
            (piece.key, run.read(group, ["movie_id"]).combine_chunks())
            for piece, group in zip(pieces, groups, strict=True)
        ),
    )
    if kind in film_index.IVF_CODECS:
        near, index = _search_inverted_file(run, embeddings, pieces, everyone, films, kind)
    else:
        built = run.stage(
            film_index.build_index,
            [Piece("all", {"embeddings": embeddings}, {"films": films})],
            settings=section,
        )
        index = built.refs("index")
        shared: dict[str, Refs] = {"everyone": everyone, "index": index}
        found = run.stage(neighbours.nearest_films, add_to_all(pieces, shared), settings=section)
        near = found.refs("neighbours")
    recall = 1.0
    if kind != "flat":  # an exact search finds all
        inputs = {"embeddings": embeddings, "everyone": everyone, "neighbours": near}
        measured = run.stage(
            recall_of_lists,
            [Piece("all", inputs, {"seed": run.settings.seed})],
            settings=section,
        )
        recall = float(run.read(only_file(measured, "recall")).column("recall")[0].as_py())
    return near, index, {"index": kind, "recall_at_10": recall, "count": section.count}


def _search_inverted_file(
    run: RunContext,
    embeddings: Refs,
    pieces: Sequence[Piece],
    everyone: Refs,
    films: int,
    kind: str,
) -> tuple[Refs, Refs]:
    """Return the nearest films of each film, and the index, in parts that no worker has all of."""
    section = run.settings.neighbours
    head, runs, rows, bounds = _inverted_file(run, embeddings, pieces, films, kind)
    index = (head, *runs)
    each = _RUNS if section.count <= _SHORT else 1
    most = max(_SEARCHES // 2, -(-len(runs) // each))
    lists = [
        Piece(f"p{number:05d}", {"own": own}, {"start": limits[0][0], "stop": limits[-1][1]})
        for number, (own, limits) in enumerate(
            zip(grouped(runs, most), grouped(bounds, most), strict=True)
        )
    ]
    searched = run.stage(
        all_films.search_lists, add_to_all(lists, {"index": index}), settings=section
    )
    near = searched.refs("near")
    for _ in range(section.refinements):
        shared: dict[str, Refs] = {"near": near, "index": index}
        refined = run.stage(refine, add_to_all(_with(lists, "mine", near), shared))
        near = refined.refs("near")
        changed = sum(run.read(ref)["changed"][0].as_py() for ref in refined.refs("changed"))
        if is_settled(changed, films, section.count):
            break
    named = run.stage(
        all_films.name_films,
        [
            Piece(piece.key, {"own": own, "near": (ref,), "rows": rows, "everyone": everyone})
            for piece, own, ref in zip(lists, grouped(rows, most), near, strict=True)
        ],
    )
    return named.refs("neighbours"), index


def _with(pieces: Sequence[Piece], name: str, refs: Refs) -> list[Piece]:
    """Return the pieces, each with one more input."""
    return [
        Piece(piece.key, {**piece.inputs, name: (ref,)}, piece.constants)
        for piece, ref in zip(pieces, refs, strict=True)
    ]


def _inverted_file(
    run: RunContext, embeddings: Refs, pieces: Sequence[Piece], films: int, kind: str
) -> tuple[FileRef, Refs, Refs, list[tuple[int, int]]]:
    """Build the index of `film_index.build_index` without the whole index in memory.

    Returns
    -------
    head : FileRef
        What precedes the lists.
    runs : tuple of FileRef
        The lists, run by run.
    rows : tuple of FileRef
        ROWS of each run.
    bounds : list of (int, int)
        First list of each run, and one past its last.
    """
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
    lists = coded.manifests[0].outputs["lengths"].rows or 0
    bounds = ivf_stream.run_bounds(lists, len(runs))
    return only_file(head, "index"), laid.refs("index"), laid.refs("rows"), bounds


def _warn_if_few(films: int) -> None:
    """Say that a catalogue is too small for its micro-genres to say much."""
    if films < cluster.TOO_FEW:
        emit(
            Note(
                f"warning: {films:,} films are too few for micro-genres that say much; mine at "
                f"least {cluster.TOO_FEW}, better some hundreds"
            )
        )
