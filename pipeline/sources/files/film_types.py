"""Types of films in columns: movie, TV show, short; `config/lexicon/types.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline.schemas.words.lexicon_file import read_lexicon
from pipeline.sources.files.column_names import normalize

__all__ = ["fold_type", "known_kinds"]


@cache
def known_kinds() -> frozenset[str]:
    """Return the kinds that the lexicon has."""
    return frozenset(_types().values())


@cache
def _types() -> Mapping[str, str]:
    return {
        normalize(word).replace("_", ""): kind
        for kind, words in read_lexicon("types").items()
        for word in words
    }


def fold_type(cell: str) -> str:
    """Return the kind of a type of film, or its letters if it is not known.

    Examples
    --------
    >>> fold_type("Movie") == fold_type("film"), fold_type("TV Show") == fold_type("tvSeries")
    (True, True)
    """
    key = normalize(cell).replace("_", "")
    return _types().get(key, key)
