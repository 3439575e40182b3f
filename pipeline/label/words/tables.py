"""The tables of words in `config/lexicon/`, by language, and a user's file that extends them.

A user's file (`label.lexicon`) has the same tables. Its lists are added to those of the product; a
word that begins with "-" is taken out of the list instead. Its other values replace those of the
product.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from pipeline.errors import SettingsError
from pipeline.schemas.words.lexicon_file import read_lexicon

__all__ = ["LANGUAGES", "Sense", "Tables", "read_tables", "read_user_file"]

# Languages whose words the product has, ISO 639-1.
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "ru", "hi", "ja", "zh")

# Files of the product whose tables a user's file can extend.
_FILES = (
    "adjectives",
    "banned",
    "keywords",
    "nouns",
    "subject_kinds",
    "unprinted",
    *(f"subjects/{language}" for language in LANGUAGES),
)

_Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]
_Text = Annotated[str, StringConstraints(min_length=1)]
_Words = tuple[_Text, ...]
_ByLanguage = dict[_Language, _Words]
_Texts = dict[_Language, dict[_Text, _Text]]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sense(_Table):
    """One of the subjects that an ambiguous word can mean.

    Attributes
    ----------
    subject : str
        English identity of the subject.
    context : tuple of str
        Words; one of them stands in the same text or keyword; written `with` in the file. Without
        any, the sense is that of texts that no other sense fits.
    alone : bool
        Whether it is the sense of a keyword that is this word only. The sense whose subject is the
        word itself always is.
    """

    subject: _Text
    context: _Words = Field((), alias="with")
    alone: bool = False


class _Kinds(_Table):
    settings: _Words = ()
    persons: _Words = ()
    weak: _Words = ()
    unprinted: _Words = ()
    beside_genre: _Words = ()


class Tables(_Table):
    """All tables of words; `docs/lexicon.md` describes each.

    Attributes
    ----------
    subjects : dict
        Words by language and English identity of a subject. In other languages than English, the
        first word is the printed form.
    senses : dict
        Senses of ambiguous words, by language and word.
    kinds
        Subjects that are settings, those that are roles of people, and those that names print
        rarely or never.
    broader : dict
        More general subjects that a subject implies.
    genres : dict
        The genre that says the same as a subject.
    no_verbs : dict
        Words by language that count as nouns only: their forms as verbs mean something else.
    variants : dict
        Letters of a script and the letters that stand for them in the lexicon, by language: two
        strings of the same length.
    plurals, attributives, pairs, generic, patterns, joins, feminine : dict
        Texts by language: nouns and forms at the end of a name; see `genre_nouns`.
    linking : dict
        Form of a subject as the first part of a compound, by language: "Geister" for "Geist".
    heads : tuple of str
        Genres in the order in which they take the end of a name.
    languages, countries, eras : dict
        Adjectives by language of the name and code; see `adjectives`.
    boilerplate, boilerplate_phrases, moods, famous, stop_words : dict
        Words by language; see `lexicon`.
    banned, adult, abstract, tones : dict
        Words by language; see `decency`.
    vague, vague_heads, vague_firsts, abstract_endings, places : dict
        Words by language that are no subjects: see `unprinted.toml`.
    """

    subjects: dict[_Language, dict[_Text, _Words]] = {}
    senses: dict[_Language, dict[_Text, tuple[Sense, ...]]] = {}
    kinds: _Kinds = _Kinds()
    broader: dict[_Text, _Words] = {}
    genres: dict[_Text, _Text] = {}
    no_verbs: _ByLanguage = {}
    variants: _Texts = {}
    plurals: _Texts = {}
    attributives: _Texts = {}
    pairs: _Texts = {}
    generic: _Texts = {}
    patterns: _Texts = {}
    joins: _Texts = {}
    feminine: _ByLanguage = {}
    linking: _Texts = {}
    heads: _Words = ()
    languages: _Texts = {}
    countries: _Texts = {}
    eras: _Texts = {}
    boilerplate: _ByLanguage = {}
    boilerplate_phrases: _ByLanguage = {}
    moods: _ByLanguage = {}
    famous: _ByLanguage = {}
    stop_words: _ByLanguage = {}
    banned: _ByLanguage = {}
    adult: _ByLanguage = {}
    abstract: _ByLanguage = {}
    tones: _ByLanguage = {}
    vague: _ByLanguage = {}
    vague_heads: _ByLanguage = {}
    vague_firsts: _ByLanguage = {}
    abstract_endings: _ByLanguage = {}
    places: _ByLanguage = {}

    @field_validator("variants")
    @classmethod
    def _check_lengths(cls, value: _Texts) -> _Texts:
        for pairs in value.values():
            if any(len(letters) != len(own) for letters, own in pairs.items()):
                raise ValueError("both strings of a pair must have the same length")
        return value


def read_user_file(path: str | Path | None) -> str:
    """Return the text of a user's file of words, after a check of its tables.

    The text, not the path, is what `read_tables` and its users take: a stage receives it as a
    constant, so that other words are another result.

    Parameters
    ----------
    path : str or Path or None
        TOML, the setting `label.lexicon`; empty or None if there is none.

    Returns
    -------
    str
        TOML; "" for no file.

    Raises
    ------
    SettingsError
        If the file cannot be read, is no TOML, or has a wrong table or key.
    """
    if not path:
        return ""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8"
        raise SettingsError(f"label.lexicon: {path}: {reason}; name a TOML file of words") from None
    try:
        read_tables(text)
    except SettingsError as error:
        raise SettingsError(f"label.lexicon: {path}: {error}") from None
    return text


@lru_cache(maxsize=4)
def read_tables(extra: str = "") -> Tables:
    """Return the tables of the product, extended by those of a user.

    Parameters
    ----------
    extra : str
        TOML of the same tables; `read_user_file` returns it.

    Raises
    ------
    SettingsError
        If `extra` is no TOML, or has a wrong table or key.

    Examples
    --------
    >>> tables = read_tables('''
    ... [subjects.en]
    ... "lighthouse keeper" = ["keeper of the light"]
    ... ''')
    >>> tables.subjects["en"]["lighthouse keeper"]
    ('keeper of the light',)
    """
    if not extra:
        return _checked(_product())
    try:
        own = tomllib.loads(extra)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"not TOML: {error}") from None
    _checked(own)  # names the table of the user, not of the product
    tables = _checked(_merged(_product(), own))
    _check_subjects(tables)
    return tables


@cache
def _product() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _FILES:
        found = _merged(found, read_lexicon(name))
    return found


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables: tables are merged, lists are extended, other values are replaced."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(before, value)
        elif isinstance(value, list):
            known = list(before) if isinstance(before, list) else []
            gone = {item[1:] for item in value if isinstance(item, str) and item[:1] == "-"}
            added = [item for item in value if not (isinstance(item, str) and item[:1] == "-")]
            known = [item for item in known if not (isinstance(item, str) and item in gone)]
            merged[key] = known + [item for item in added if item not in known]
        elif isinstance(value, Mapping):
            merged[key] = _merged({}, value)
        else:
            merged[key] = value
    return merged


def _checked(data: Mapping[str, Any]) -> Tables:
    try:
        return Tables.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        if first["type"] == "extra_forbidden":
            near = get_close_matches(str(first["loc"][-1]), Tables.model_fields, 1)
            hint = f"; did you mean {near[0]}?" if near else "; see docs/lexicon.md"
            raise SettingsError(f"unknown table or key {place}{hint}") from None
        if "[key]" in first["loc"]:
            cause = "is no language; write two letters of ISO 639-1, such as en"
            raise SettingsError(f"{place} {cause}") from None
        raise SettingsError(f"{place}: {first['msg'].lower()}; see docs/lexicon.md") from None


def _check_subjects(tables: Tables) -> None:
    """Senses, kinds and broader subjects must name subjects that exist."""
    known = tables.subjects.get("en", {})
    named = [("kinds.settings", name) for name in tables.kinds.settings]
    named += [("kinds.persons", name) for name in tables.kinds.persons]
    named += [("kinds.weak", name) for name in tables.kinds.weak]
    named += [("kinds.unprinted", name) for name in tables.kinds.unprinted]
    named += [("kinds.beside_genre", name) for name in tables.kinds.beside_genre]
    named += [(f"broader.{key}", name) for key, own in tables.broader.items() for name in own]
    named += [("broader", name) for name in tables.broader]
    named += [("genres", name) for name in tables.genres]
    for language, own in tables.subjects.items():
        named += [(f"subjects.{language}", name) for name in own]
    for language, words in tables.senses.items():
        for word, senses in words.items():
            named += [(f"senses.{language}.{word}", sense.subject) for sense in senses]
    for place, name in named:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingsError(
                f"{place}: {name!r} is no subject; add it to subjects.en first{hint}"
            )
