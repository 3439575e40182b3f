"""The parts of names, by number and by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from pipeline.schemas.name_parts import FACET, GENRE, SUBJECT, WORD

__all__ = ["Part", "PartVocabulary"]


@dataclass(frozen=True)
class Part:
    """One row of PARTS, as far as names need it.

    Attributes
    ----------
    number : int
        Its row in PARTS, from 0.
    kind : str
        SUBJECT, WORD, GENRE or FACET.
    key : str
        Unique within its kind: "haunted house", "Horror", "decade:1970".
    printed : str
        A subject as the catalogue writes it most often.
    terms : tuple of str
        The words and phrases that count as a subject.
    same_as : int
        Of a WORD the number of its subject, otherwise its own number.
    """

    number: int
    kind: str
    key: str
    printed: str
    terms: tuple[str, ...]
    same_as: int


class PartVocabulary:
    """The parts that the names of a catalogue can have.

    Parameters
    ----------
    parts : pa.Table
        PARTS; the columns number, kind, key, printed, terms and, if it is there, same_as are read.

    Examples
    --------
    >>> rows = {"number": [0, 1], "kind": ["subject", "genre"], "key": ["ghost", "Horror"]}
    >>> table = pa.table({**rows, "printed": ["ghost", "Horror"], "terms": [["ghosts"], []]})
    >>> vocabulary = PartVocabulary(table)
    >>> vocabulary.number_of("genre", "Horror"), vocabulary[0].terms
    (1, ('ghosts',))
    """

    def __init__(self, parts: pa.Table) -> None:
        names = ["number", "kind", "key", "printed", "terms"]
        columns = list(parts.select(names).to_pydict().values())
        same = "same_as" if "same_as" in parts.column_names else "number"
        columns.append(parts.column(same).to_pylist())
        self._parts = {
            number: Part(number, kind, key, printed or key, tuple(terms or ()), same_as)
            for number, kind, key, printed, terms, same_as in zip(*columns, strict=True)
        }
        self._numbers = {(part.kind, part.key): part.number for part in self._parts.values()}

    def __getitem__(self, number: int) -> Part:
        return self._parts[number]

    def __contains__(self, number: int) -> bool:
        return number in self._parts

    def __len__(self) -> int:
        return len(self._parts)

    def number_of(self, kind: str, key: str) -> int | None:
        """Return the number of a part, or None if the catalogue has no such part."""
        return self._numbers.get((kind, key))

    @property
    def subjects(self) -> Iterator[Part]:
        """The subjects, by number."""
        return self._of_kind(SUBJECT)

    @property
    def words(self) -> Iterator[Part]:
        """Other words for subjects, by number."""
        return self._of_kind(WORD)

    @property
    def genres(self) -> Iterator[Part]:
        """The genres, by number."""
        return self._of_kind(GENRE)

    @property
    def facets(self) -> Iterator[Part]:
        """The facets, by number."""
        return self._of_kind(FACET)

    def _of_kind(self, kind: str) -> Iterator[Part]:
        return (part for _, part in sorted(self._parts.items()) if part.kind == kind)
