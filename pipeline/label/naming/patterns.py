"""How names are written: the data of `config/lexicon/naming.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["EnglishRules", "PlaceRules", "english_rules", "naming_data", "place_rules"]


@dataclass(frozen=True)
class EnglishRules:
    """How English subjects stand before a noun; the file describes each list.

    Attributes
    ----------
    written : dict of str to str
        Spelling before a noun, by phrase in lower case.
    roots : dict of str to frozenset of str
        Words that say a genre, by genre.
    """

    plural: frozenset[str]
    open: frozenset[str]
    proper: frozenset[str]
    common: frozenset[str]
    first: frozenset[str]
    empty: frozenset[str]
    sources: tuple[str, ...]
    relatives: frozenset[str]
    mass: frozenset[str]
    uncountable: frozenset[str]
    endings: tuple[str, ...]
    written: Mapping[str, str]
    plurals: Mapping[str, str]
    singulars: Mapping[str, str]
    roots: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class PlaceRules:
    """Which of a language and a country stands in a name; the file describes each list."""

    world_languages: frozenset[str]
    by_language: frozenset[str]
    languages: Mapping[str, tuple[str, ...]]


@cache
def naming_data() -> dict[str, Any]:
    """Return the tables of `config/lexicon/naming.toml`, read once."""
    return read_lexicon("naming")


@cache
def english_rules() -> EnglishRules:
    """Return the rules of English subjects."""
    data = naming_data()["english"]
    return EnglishRules(
        plural=frozenset(data["plural"]),
        open=frozenset(data["open"]),
        proper=frozenset(data["proper"]),
        common=frozenset(data["common"]),
        first=frozenset(data["first"]),
        empty=frozenset(data["empty"]),
        sources=tuple(data["sources"]),
        relatives=frozenset(data["relatives"]),
        mass=frozenset(data["mass"]),
        uncountable=frozenset(data["sentences"]["uncountable"]),
        endings=tuple(data["sentences"]["endings"]),
        written=data["written"],
        plurals=data["plurals"],
        singulars=data["singulars"],
        roots={genre: frozenset(words) for genre, words in data["roots"].items()},
    )


@cache
def place_rules() -> PlaceRules:
    """Return the rules of languages and countries."""
    data = naming_data()["places"]
    return PlaceRules(
        world_languages=frozenset(data["world_languages"]),
        by_language=frozenset(data["by_language"]),
        languages={code: tuple(own) for code, own in data["languages"].items()},
    )
