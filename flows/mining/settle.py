"""The last assignment of the films, after which the name of a shelf is true of most of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from flows.mining.cluster import Clusters
from flows.mining.naming_parts import NamingParts, propose_names
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition
from pipeline.execution.runner import StageResult
from pipeline.label.shelves import (
    RestShelf,
    appended,
    audit_films,
    count_rest,
    lasting_names,
    many_nameless,
    margin_weights,
    mean_points,
    measure_films,
    padded,
    renumbered,
    rest_shelves,
    settle_films,
    split_names,
    sum_split,
    telling_genres,
)
from pipeline.schemas.name_parts import GENRE, NameParts, shelf_table
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.schemas.vectors import matrix_of

__all__ = ["Moved", "Shelves", "settle_shelves"]

# Films of a shelf without theme, in average shelves: fewest, and number above which it is divided.
_REST_LEAST, _REST_MOST = 2, 12


@dataclass(frozen=True)
class Moved:
    """Films after the last move by likely names.

    Attributes
    ----------
    assignments : tuple of FileRef
        ASSIGNMENTS of each partition; -1 for thin films.
    centroids : pa.Table
        CENTROIDS.
    sure : ndarray of shape (n_films,), float32
        How surely each film belongs to its cluster, see `margin_weights`.
    unit : float
        Margin from which a film belongs to its cluster surely, in cosine.
    limits : ShelfLimits
        How near a shelf takes a film for which its name is true.
    least, average : int
        Fewest films of a shelf, and films of an average one.
    """

    assignments: Refs
    centroids: pa.Table
    sure: np.ndarray
    unit: float
    limits: ShelfLimits
    least: int
    average: int


@dataclass(frozen=True)
class Shelves:
    """The clusters after films have moved.

    Attributes
    ----------
    clusters : Clusters
        The new assignments and centroids.
    thin : dict of int to NameParts
        Clusters of films without a theme, and their names.
    sure : ndarray of shape (n_films,), float32
        How surely each film belongs to its cluster, see `margin_weights`.
    limits : ShelfLimits
        How near a shelf takes films that arrive later.
    """

    clusters: Clusters
    thin: dict[int, NameParts]
    sure: np.ndarray
    limits: ShelfLimits


def settle_shelves(
    run: RunContext, clusters: Clusters, points: Refs, parts: NamingParts, moved: Moved
) -> Shelves:
    """Assign all films for good; return the shelves, the largest first.

    The shelves are named, and each film is checked against the name of its shelf. A film for which
    it is not true goes to the nearest shelf whose name is, if that is near enough. Where enough of
    the films that leave a shelf have a name in common, a shelf is split off for them. Other such
    films, and thin films, have no theme: they are shelved by genre, language and time.
    """
    moved, names = _audit(run, "audit-1", points, parts, moved, {})
    moved, split = _split(run, points, parts, moved, names)
    moved, _ = _audit(run, "audit-2", points, parts, moved, split)
    rest = _rest(run, parts, moved)
    themes = len(moved.centroids)
    width = themes + len(rest)
    pieces = piece_per_partition(
        ("points", points), ("film_parts", parts.film_parts), ("assignments", moved.assignments)
    )
    shared = {
        "parts": (parts.vocabulary,),
        "centroids": (run.put("theme-centroids", "all", moved.centroids),),
    }
    constants = {
        "shelves": [list(shelf.key) for shelf in rest],
        "numbers": list(range(themes, width)),
    }
    settled = run.stage(settle_films, add_to_all(pieces, shared, constants), shown=False)
    means, films = mean_points(map(run.read, settled.refs("sums")), padded(moved.centroids, width))
    order = np.argsort(-films, kind="stable")
    order = order[films[order] > 0]
    number_of = np.full(width, -1, np.int32)
    number_of[order] = np.arange(len(order), dtype=np.int32)
    final = run.put("shelf-centroids", "all", renumbered(means, order))
    numbers = run.put("shelf-numbers", "all", pa.table([pa.array(number_of)], ["number"]))
    pieces = piece_per_partition(("points", points), ("assignments", settled.refs("assignments")))
    measured = run.stage(
        measure_films,
        add_to_all(pieces, {"centroids": (final,), "numbers": (numbers,)}),
        shown=False,
    )
    thin = {
        int(number_of[themes + row]): shelf.name
        for row, shelf in enumerate(rest)
        if number_of[themes + row] >= 0
    }
    assigned = measured.refs("assignments")
    margins = run.read(assigned, ["margin"]).column("margin").to_numpy()
    sure = np.maximum(moved.sure, margin_weights(margins, moved.unit))
    placed = replace(clusters, assignments=assigned, centroids=final)
    return Shelves(placed, thin, sure, moved.limits)


def _audit(
    run: RunContext,
    key: str,
    points: Refs,
    parts: NamingParts,
    moved: Moved,
    given: Mapping[int, NameParts],
) -> tuple[Moved, list[NameParts]]:
    """Name the shelves, and move the films for which the name of their shelf is not true."""
    k = len(moved.centroids)
    proposals = propose_names(run, key, parts, moved.assignments, moved.sure, k, final=True)
    names = lasting_names(proposals, k, moved.least, given.values())
    keep_nameless = many_nameless(proposals, names)
    names = [given.get(cluster, name) for cluster, name in enumerate(names)]
    pieces = piece_per_partition(
        ("points", points),
        ("film_parts", parts.film_parts),
        ("facets", parts.facets),
        ("assignments", moved.assignments),
    )
    shared = {
        "centroids": (run.put("audited-centroids", key, moved.centroids),),
        "names": (run.put("audited-names", key, shelf_table(names)),),
    }
    constants = {
        "width": parts.width,
        "genres": _genres(run, parts),
        "unit": moved.unit,
        "keep_nameless": keep_nameless,
        **moved.limits.model_dump(),
    }
    audited = run.stage(
        audit_films, add_to_all(pieces, shared, constants), name=f"audit-films-{key}", shown=False
    )
    centroids = _means(run, audited, moved, k)
    weights = run.read(audited.refs("weights")).column("weight").to_numpy()
    sure = np.where(np.isnan(weights), moved.sure, weights).astype(np.float32)
    assigned = audited.refs("assignments")
    return replace(moved, assignments=assigned, centroids=centroids, sure=sure), names


def _split(
    run: RunContext, points: Refs, parts: NamingParts, moved: Moved, names: Sequence[NameParts]
) -> tuple[Moved, dict[int, NameParts]]:
    """Split shelves for the films that leave them, where enough have a name in common.

    Returns
    -------
    moved : Moved
        With the centroids of the new shelves; films move there in the next audit.
    split : dict of int to NameParts
        Names of the new shelves.
    """
    k, sure = len(moved.centroids), np.ones_like(moved.sure)
    proposals = propose_names(
        run, "split", parts, moved.assignments, sure, k, final=True, column="left"
    )
    found = split_names(proposals, moved.least, names)
    if not found:
        return moved, {}
    clusters = sorted(found)
    table = shelf_table([found[cluster] for cluster in clusters])
    table = table.set_column(0, table.schema.field(0), pa.array(clusters, pa.int32()))
    pieces = piece_per_partition(
        ("points", points), ("film_parts", parts.film_parts), ("assignments", moved.assignments)
    )
    shared = {"names": (run.put("split-names", "all", table),)}
    summed = run.stage(sum_split, add_to_all(pieces, shared, {"width": parts.width}), shown=False)
    means = _means(run, summed, moved, len(clusters))
    centroids = appended(moved.centroids, matrix_of(means))
    names_of_split = {k + row: found[cluster] for row, cluster in enumerate(clusters)}
    return replace(moved, centroids=centroids), names_of_split


def _means(run: RunContext, summed: StageResult, moved: Moved, k: int) -> pa.Table:
    """CENTROIDS of k shelves; that of a shelf without films is zero, to which no film is near."""
    none = moved.centroids.slice(0, 0)
    return mean_points(map(run.read, summed.refs("sums")), padded(none, k))[0]


def _rest(run: RunContext, parts: NamingParts, moved: Moved) -> list[RestShelf]:
    """Return the shelves for the films without theme."""
    pieces = piece_per_partition(
        ("film_parts", parts.film_parts), ("assignments", moved.assignments)
    )
    counted = run.stage(count_rest, add_to_all(pieces, {"parts": (parts.vocabulary,)}), shown=False)
    keys = map(run.read, counted.refs("keys"))
    genres = telling_genres(run.read(parts.vocabulary))
    few = max(moved.least, moved.average // 2)
    sizes = few, _REST_LEAST * moved.average, _REST_MOST * moved.average
    return rest_shelves(keys, genres, *sizes)


def _genres(run: RunContext, parts: NamingParts) -> list[int]:
    """The numbers of the parts that are genres."""
    kinds = run.read(parts.vocabulary, ["kind"]).column("kind").to_pylist()
    return [number for number, kind in enumerate(kinds) if kind == GENRE]
