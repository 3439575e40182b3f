"""The parts of names of micro-genres, the parts that are true of a film, and names.

A part is a subject ("haunted house"), a genre ("Horror") or a facet ("decade:1970"). A film is, for
naming, the set of the parts that are true of it by its metadata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

__all__ = [
    "FACET",
    "FILM_PARTS",
    "GENRE",
    "PARTS",
    "SHELVES",
    "SUBJECT",
    "WORD",
    "NameParts",
    "name_parts_of",
    "shelf_table",
]

SUBJECT, GENRE, FACET = "subject", "genre", "facet"  # kinds of parts
WORD = "word"  # another word for a subject, which a name may print instead: "cop", police officer

# The parts that names of this catalogue may have; `number` is the row, from 0.
PARTS = pa.schema(
    [
        ("number", pa.int32()),
        ("kind", pa.string()),  # SUBJECT, WORD, GENRE or FACET
        ("key", pa.string()),  # "haunted house", "Horror", "decade:1970"; unique within its kind
        ("printed", pa.string()),  # the subject as the catalogue writes it most often, lower case
        ("terms", pa.list_(pa.string())),  # of a subject: the words and phrases that count as it
        ("films", pa.int64()),  # number of films for which the part is true
        ("keyword_films", pa.int64()),  # of a subject: films whose keywords say it
        ("weight", pa.float32()),  # 0 to 1: how good a part of a name it is; 1 in the lexicon
        ("same_as", pa.int32()),  # of a WORD: number of its subject; otherwise `number`
    ]
)

# The parts that are true of each film; row by row the same films as CLEAN_MOVIES.
FILM_PARTS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("parts", pa.list_(pa.int32())),  # subjects, genres and facets, ascending
        # subjects and words whose printed form is in keywords, overview or tagline, ascending
        ("literal", pa.list_(pa.int32())),
    ]
)

# The name of each cluster, by numbers of PARTS.
SHELVES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("subjects", pa.list_(pa.int32())),
        ("words", pa.list_(pa.int32())),
        ("genres", pa.list_(pa.int32())),
        ("every_genre", pa.bool_()),
        ("facets", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True, order=True)
class NameParts:
    """The parts of one name, by numbers of PARTS.

    Attributes
    ----------
    subjects : tuple of int
        At least one of them is true of a film for which the name is true: "Ghost & Haunted-House
        Horror". Empty for a name without subject.
    genres : tuple of int
        None, one or two genres.
    every_genre : bool
        Of two genres, whether both are true ("Crime Dramas") or one suffices ("Comedies & Dramas").
    facets : tuple of int
        Facets; each of them is true.
    words : tuple of int
        What the name prints for each subject: the subject itself, or a WORD of it.
    """

    subjects: tuple[int, ...] = ()
    genres: tuple[int, ...] = ()
    every_genre: bool = False
    facets: tuple[int, ...] = ()
    words: tuple[int, ...] = field(default=(), compare=False)

    @property
    def all_numbers(self) -> tuple[int, ...]:
        """All parts of the name."""
        return (*self.facets, *self.subjects, *self.genres)

    def is_true_of(self, parts: frozenset[int] | set[int]) -> bool:
        """Return whether the whole name is true of a film with these parts.

        Examples
        --------
        >>> ghosts = NameParts(subjects=(4, 7), genres=(20,), facets=(31,))
        >>> ghosts.is_true_of({7, 20, 31}), ghosts.is_true_of({7, 20})
        (True, False)
        """
        some = any if not self.every_genre else all
        return (
            (not self.subjects or any(part in parts for part in self.subjects))
            and (not self.genres or some(part in parts for part in self.genres))
            and all(part in parts for part in self.facets)
        )


def shelf_table(names: Sequence[NameParts]) -> pa.Table:
    """Return names as SHELVES, the cluster of each is its position.

    Examples
    --------
    >>> table = shelf_table([NameParts((3,), (8,))])
    >>> name_parts_of(table) == [NameParts((3,), (8,))]
    True
    """
    rows = [
        {
            "cluster": cluster,
            "subjects": list(name.subjects),
            "words": list(name.words or name.subjects),
            "genres": list(name.genres),
            "every_genre": name.every_genre,
            "facets": list(name.facets),
        }
        for cluster, name in enumerate(names)
    ]
    return pa.Table.from_pylist(rows, SHELVES)


def name_parts_of(shelves: pa.Table) -> list[NameParts]:
    """Return the names of SHELVES, in the order of its rows."""

    columns = [
        map(tuple, shelves.column(name).to_pylist())
        for name in ("subjects", "genres", "facets", "words")
    ]
    every = shelves.column("every_genre").to_pylist()
    return [
        NameParts(subjects, genres, bool(all_genres), facets, words)
        for subjects, genres, facets, words, all_genres in zip(*columns, every, strict=True)
    ]
