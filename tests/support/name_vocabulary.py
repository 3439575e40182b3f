"""A small vocabulary of parts for tests of names."""

from __future__ import annotations

import pyarrow as pa

from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.schemas.name_parts import FACET, GENRE, PARTS, SUBJECT, WORD, NameParts

__all__ = ["FACETS", "GENRES", "SUBJECTS", "name_vocabulary", "parts_of"]

# Subjects; no two print alike, and none like a genre or facet.
SUBJECTS = (
    "ghost", "haunted house", "serial killer", "kung fu", "martial arts", "vampire", "heist",
    "father son relationship", "gay theme", "christmas", "new york city", "fbi", "coming of age",
    "nun", "shark", "civil war", "world war ii", "wolf", "twins", "high school", "women's prison",
    "spaghetti western", "time travel", "spy",
)  # fmt: skip
GENRES = (
    "Horror", "War", "Western", "Comedy", "Drama", "Crime", "Action", "Family", "Romance",
    "Thriller", "Musical", "Animation", "Science Fiction", "Documentary", "Kung Fu",
)  # fmt: skip
FACETS = (
    "decade:1970", "decade:2000", "era:silent", "era:classic", "language:hi", "language:en",
    "language:es", "country:IN", "country:US", "country:HK", "country:FR", "country:IT",
    "country:MX", "form:short",
)  # fmt: skip
_MORE = ("war", "western", "family", "hong kong", "ghost ship", "based on novel or book", "music")


def name_vocabulary() -> PartVocabulary:
    """Return PARTS with the keys above, further subjects, and the words "cop" and "spectre"."""
    rows = [(SUBJECT, key) for key in (*SUBJECTS, *_MORE, "police officer")]
    rows += [(GENRE, key) for key in GENRES]
    rows += [(FACET, key) for key in FACETS]
    terms = {"ghost": ["ghosts", "phantom"], "vampire": ["bloodsucker"]}
    keys = [key for _, key in rows]
    numbered = [(kind, key, n) for n, (kind, key) in enumerate(rows)]
    words = {"cop": "police officer", "spectre": "ghost"}
    numbered += [(WORD, word, keys.index(subject)) for word, subject in words.items()]
    table = [
        {
            "number": n,
            "kind": kind,
            "key": key,
            "printed": key,
            "terms": terms.get(key),
            "same_as": own,
        }
        for n, (kind, key, own) in enumerate(numbered)
    ]
    return PartVocabulary(pa.Table.from_pylist(table, PARTS))


def parts_of(vocabulary: PartVocabulary, keys: str, every: bool = False) -> NameParts:
    """Return the parts with these keys, separated by "|"."""
    found: dict[str, list[int]] = {SUBJECT: [], GENRE: [], FACET: []}
    for key in filter(None, keys.split("|")):
        kind, number = next(
            (kind, number)
            for kind in found
            if (number := vocabulary.number_of(kind, key)) is not None
        )
        found[kind].append(number)
    return NameParts(tuple(found[SUBJECT]), tuple(found[GENRE]), every, tuple(found[FACET]))
