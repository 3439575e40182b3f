"""The step that finds what names consist of, and the proposals of names for groups of films."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, only_file, piece_per_partition, step
from pipeline import label
from pipeline.execution.runner import Piece
from pipeline.fileio.manifest import FileRef
from pipeline.label.shelves import propose_shelf_names
from pipeline.label.words.tables import read_user_file

__all__ = ["NamingParts", "find_naming_parts", "propose_names"]

_CLUSTERS_PER_PIECE = 32  # of the stage `shelf-names`


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
    column: str = "cluster",
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
    column : str
        Column of `assigned` by which the films are grouped.
    """
    members = run.read(parts.film_parts[: len(assigned)], ["parts", "literal"])
    clusters = run.read(assigned, [column]).column(column)
    members = members.append_column("cluster", clusters)
    members = members.append_column("weight", pa.array(sure, pa.float32()))
    groups = {
        f"g{number:05d}": group
        for number, group in enumerate(label.split_clusters(members, k, _CLUSTERS_PER_PIECE))
    }
    constants = {"films": parts.films, "final": final, "family": family}
    pieces = [
        Piece(piece, {"members": (ref,), "parts": (parts.vocabulary,)}, constants)
        for piece, ref in zip(
            groups, run.put_all(f"shelf-members-{key}", groups.items()), strict=True
        )
    ]
    result = run.stage(propose_shelf_names, pieces, name=f"shelf-names-{key}", shown=False)
    return run.read(result.refs("proposals"))
