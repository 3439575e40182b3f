"""The steps that make shelves of clusters: names and moves of films in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from flows.mining.cluster import Clusters
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, only_file, piece_per_partition, step
from pipeline import cluster, label
from pipeline.execution.runner import Piece, StageResult
from pipeline.fileio.manifest import FileRef
from pipeline.label.shelves import (
    SHARP,
    count_rest,
    margin_weights,
    mean_points,
    measure_films,
    move_films,
    move_weights,
    nameless_clusters,
    padded,
    propose_shelf_names,
    pull_of,
    renumbered,
    rest_shelves,
    select_pull,
    settle_films,
)
from pipeline.label.words.tables import read_user_file
from pipeline.schemas.name_parts import NameParts
from pipeline.settings import ClusterSettings

__all__ = ["NamingParts", "Shelves", "find_naming_parts", "propose_names", "shape_shelves"]

_ROUNDS = 4  # the last one with names that could be printed
_LAST = 1.3  # weights of the last move, in those of the others
_LEAST_THEME = 4  # a shelf has at least 1 / this of the films of an average cluster
_DROPS = 3  # further moves at most, if clusters have become too small
_CLUSTERS_PER_PIECE = 32  # of the stage `shelf-names`


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
    """

    clusters: Clusters
    thin: dict[int, NameParts]
    sure: np.ndarray


@dataclass(frozen=True)
class NamingParts:
    """What names consist of, and what is true of the films.

    Attributes
    ----------
    vocabulary : FileRef
        PARTS.
    film_parts, facets, terms, held : tuple of FileRef
        FILM_PARTS, FACETS, and TERMS and HELD of `find_film_terms`, of each partition.
    words : tuple of FileRef
        WORD_COUNTS of each partition.
    films : int
        Number of films of the catalogue.
    language : str
        Language of the names, ISO 639-1.
    languages : tuple of str
        Languages of the texts and of the names, ISO 639-1.
    lexicon : str
        Text of the user's file of words; see `read_user_file`.
    """

    vocabulary: FileRef
    film_parts: Refs
    facets: Refs
    terms: Refs
    held: Refs
    words: Refs
    films: int
    language: str
    languages: tuple[str, ...]
    lexicon: str

    @property
    def width(self) -> int:
        """Number of parts."""
        return self.vocabulary.rows or 0


@step("find parts of names")
def find_naming_parts(run: RunContext, movies: Refs, languages: Refs) -> NamingParts:
    """Find the subjects, genres and facets of all films, from which names are built."""
    section = run.settings.label
    known = label.catalogue_languages(run.read(ref, ["text_language"]) for ref in languages)
    language = label.name_language(section.language, known)
    lexicon = read_user_file(section.lexicon)
    pieces = piece_per_partition(("movies", movies), ("languages", languages))
    facets = run.stage(label.find_facets, pieces, shown=False).refs("facets")
    found = run.stage(
        label.find_film_terms,
        add_to_all(pieces, constants={"known_languages": known, "lexicon": lexicon}),
    )
    names = ("terms", "forms", "words", "found", "noun_genres")
    constants = {"lexicon": lexicon, "language": language}
    adult = run.settings.fetch.include_adult
    inputs = {name: found.refs(name) for name in names} | {"facets": facets}
    built = run.stage(
        label.find_name_parts,
        [Piece("all", inputs, {"known_languages": known, "adult": adult, **constants})],
        shown=False,
    )
    vocabulary = only_file(built, "parts")
    columns = [(name, found.refs(name)) for name in ("terms", "held", "found", "text_words")]
    own = piece_per_partition(("movies", movies), ("facets", facets), *columns)
    true = run.stage(
        label.find_film_parts, add_to_all(own, {"parts": (vocabulary,)}, constants), shown=False
    )
    return NamingParts(
        vocabulary,
        true.refs("film_parts"),
        facets,
        found.refs("terms"),
        found.refs("held"),
        found.refs("words"),
        sum(ref.rows or 0 for ref in movies),
        language,
        tuple(dict.fromkeys(["en", language, *known])),
        lexicon,
    )


@step("shape shelves")
def shape_shelves(run: RunContext, points: Refs, parts: NamingParts, clusters: Clusters) -> Shelves:
    """Move films to near clusters of whose likely names more is true of them; return the clusters.

    In each round, names are proposed for the clusters as they are, films move, and each centroid
    becomes the mean of its films. The rounds take place on the training films; then all films are
    assigned by the same rule. Thin films, whose theme is not known, are shelved by language,
    genre and time.
    """
    trained = run.training(points)
    assigned, centroids = clusters.assignments[:trained], run.read(clusters.centroids)
    section = cluster.adapt(run.settings.cluster, sum(ref.rows or 0 for ref in assigned))
    margins = run.read(assigned, ["margin"]).column("margin").to_numpy()
    weights = move_weights(margins[~np.isnan(margins)])
    moves = _Moves(run, parts, weights, section)
    sure = margin_weights(margins, weights["unit"])
    for number in range(1, _ROUNDS + 1):
        key, final = f"round-{number}", number == _ROUNDS
        proposals = propose_names(run, key, parts, assigned, sure, len(centroids), final=final)
        moved, centroids, _ = moves.without_small(
            key, points[:trained], centroids, pull_of(proposals)
        )
        assigned = moved.refs("assignments")
        sure = run.read(moved.refs("weights")).column("weight").to_numpy()
    proposals = propose_names(run, "settled", parts, assigned, sure, len(centroids), final=True)
    named = np.setdiff1d(np.arange(len(centroids)), nameless_clusters(proposals, len(centroids)))
    centroids, pull = renumbered(centroids, named), pull_of(proposals, SHARP)
    stronger = {kind: _LAST * weight for kind, weight in weights.items() if kind != "unit"}
    last = replace(moves, weights={**weights, **stronger})
    return last.settle(clusters, points, centroids, select_pull(pull, named))


@dataclass(frozen=True)
class _Moves:
    """How films move.

    Attributes
    ----------
    run : RunContext
        The run.
    parts : NamingParts
        What names consist of.
    weights : dict of str to float
        Weights of true parts, see `move_films`.
    section : ClusterSettings
        Sizes of clusters.
    """

    run: RunContext
    parts: NamingParts
    weights: dict[str, float]
    section: ClusterSettings

    @property
    def least(self) -> int:
        """Fewest films of a shelf with a theme."""
        return max(int(self.section.min_films), int(self.section.leaf_films) // _LEAST_THEME)

    def move(
        self, key: str, points: Refs, centroids: pa.Table, pull: pa.Table
    ) -> tuple[StageResult, pa.Table, np.ndarray]:
        """Assign films once; return the result, and the means and numbers of films by cluster."""
        shared = {
            "centroids": (self.run.put("moved-centroids", key, centroids),),
            "pull": (self.run.put("pull", key, pull),),
        }
        count = len(points)
        pieces = piece_per_partition(
            ("points", points),
            ("film_parts", self.parts.film_parts[:count]),
            ("facets", self.parts.facets[:count]),
        )
        constants = {"width": self.parts.width, "weights": self.weights}
        moved = self.run.stage(
            move_films, add_to_all(pieces, shared, constants), name=f"move-films-{key}", shown=False
        )
        return moved, *mean_points(map(self.run.read, moved.refs("sums")), centroids)

    def without_small(
        self, key: str, points: Refs, centroids: pa.Table, pull: pa.Table
    ) -> tuple[StageResult, pa.Table, pa.Table]:
        """Assign films, without clusters that are too small.

        Returns
        -------
        moved : StageResult
            The assignments of the films.
        means, centroids : pa.Table
            CENTROIDS after and before the move.
        """
        for attempt in count():
            moved, means, films = self.move(f"{key}-{attempt}", points, centroids, pull)
            # after some attempts, only clusters without any film are dropped
            least = self.least if attempt < _DROPS else 1
            if films.min() >= min(least, films.max()):
                return moved, means, centroids
            large = np.flatnonzero(films >= least)
            centroids, pull = renumbered(centroids, large), select_pull(pull, large)
        raise AssertionError("unreachable")

    def settle(
        self, clusters: Clusters, points: Refs, centroids: pa.Table, pull: pa.Table
    ) -> Shelves:
        """Assign all films for good; return the shelves, the largest first."""
        moved, _, centroids = self.without_small("all", points, centroids, pull)
        film_parts, vocabulary = self.parts.film_parts, (self.parts.vocabulary,)
        inputs = [("film_parts", film_parts), ("assignments", moved.refs("assignments"))]
        counted = self.run.stage(
            count_rest,
            add_to_all(piece_per_partition(*inputs), {"parts": vocabulary}),
            shown=False,
        )
        average = int(self.section.leaf_films)
        thin = rest_shelves(map(self.run.read, counted.refs("keys")), self.least, average)
        shared = {
            "parts": vocabulary,
            "centroids": (self.run.put("theme-centroids", "all", centroids),),
        }
        constants = {"shelves": [list(shelf.key) for shelf in thin]}
        pieces = piece_per_partition(("points", points), *inputs)
        settled = self.run.stage(settle_films, add_to_all(pieces, shared, constants), shown=False)
        themes, width = len(centroids), len(centroids) + len(thin)
        means, films = mean_points(
            map(self.run.read, settled.refs("sums")), padded(centroids, width)
        )
        order = np.argsort(-films, kind="stable")
        order = order[films[order] > 0]
        number = np.full(width, -1, np.int32)
        number[order] = np.arange(len(order), dtype=np.int32)
        final = self.run.put("shelf-centroids", "all", renumbered(means, order))
        numbers = self.run.put("shelf-numbers", "all", pa.table([pa.array(number)], ["number"]))
        pieces = piece_per_partition(
            ("points", points), ("assignments", settled.refs("assignments"))
        )
        measured = self.run.stage(
            measure_films,
            add_to_all(pieces, {"centroids": (final,), "numbers": (numbers,)}),
            shown=False,
        )
        names = {
            int(number[themes + row]): shelf.name
            for row, shelf in enumerate(thin)
            if number[themes + row] >= 0
        }
        assigned = measured.refs("assignments")
        unit = self.weights["unit"]
        margins = self.run.read(assigned, ["margin"]).column("margin").to_numpy()
        moved_sure = self.run.read(moved.refs("weights")).column("weight").to_numpy()
        sure = np.maximum(moved_sure, margin_weights(margins, unit))
        return Shelves(replace(clusters, assignments=assigned, centroids=final), names, sure)


def propose_names(
    run: RunContext,
    key: str,
    parts: NamingParts,
    assigned: Refs,
    sure: np.ndarray,
    k: int,
    *,
    final: bool,
    family: bool = False,
) -> pa.Table:
    """Propose names for all clusters; return PROPOSED_NAMES.

    Parameters
    ----------
    run : RunContext
        The run.
    key : str
        What distinguishes these proposals from others of the run.
    parts : NamingParts
        What names consist of.
    assigned : tuple of FileRef
        ASSIGNMENTS of the first partitions, or of all.
    sure : ndarray of shape (n_films,), float32
        How surely each of their films belongs to its cluster, see `margin_weights`.
    k : int
        Number of clusters.
    final, family : bool
        See `propose_shelf_names`.
    """
    members = run.read(parts.film_parts[: len(assigned)], ["parts", "literal"])
    clusters = run.read(assigned, ["cluster"]).column("cluster")
    members = members.append_column("cluster", clusters)
    members = members.append_column("weight", pa.array(sure, pa.float32()))
    pieces = []
    for number, group in enumerate(label.split_clusters(members, k, _CLUSTERS_PER_PIECE)):
        piece = f"g{number:05d}"
        inputs = {
            "members": (run.put(f"shelf-members-{key}", piece, group),),
            "parts": (parts.vocabulary,),
        }
        pieces.append(
            Piece(piece, inputs, {"films": parts.films, "final": final, "family": family})
        )
    result = run.stage(propose_shelf_names, pieces, name=f"shelf-names-{key}", shown=False)
    return run.read(result.refs("proposals"))
