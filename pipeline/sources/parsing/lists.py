"""Parsers of lists of names in every notation: JSON, Python, PostgreSQL, text with separators."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from pipeline.sources.parsing.literals import CellError, decode, is_null, text

__all__ = [
    "NAME_KEYS",
    "Folded",
    "countries",
    "cut",
    "entries",
    "first_of_each",
    "folded_name",
    "keywords",
    "listed",
    "names",
    "piped_names",
]

# "Sammy Davis, Jr." is one name in a list joined by commas.
_COMMA = re.compile(r",(?!\s*(?:Jr|Sr|II|III|IV|Inc|Ltd|M\.?D)\b\.?)")
# Names joined by commas, without any mark of another notation: the most frequent kind of cell, cut
# in a third of the time that `decode` and `cut` take. No word for "unknown" has a comma.
_PLAIN_LIST = re.compile(r"[\w ,.'-]+")
_EASTERN = re.compile("[、，،]")  # commas of Chinese, Japanese and Arabic
# Names of Chinese, Japanese and Korean have no slashes, so that one separates them.
_HAN_SLASH = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])[/\uff0f](?=[\u3040-\uffff])"
)
# A link or a share behind a name: "Ada Quill (https://...)", "Drama (80%)".
_BEHIND = re.compile(r"\s*\((?:https?://[^\s()]*|\d{1,3}(?:[.,]\d+)?\s*%)\)$")
_LINKED = re.compile(r"\[([^\[\]]+)\]\(https?://[^\s()]*\)")
_SEMICOLON = re.compile("[；؛]")
_BULLET = re.compile(r"[•●▪‣⁃∙]|(?<=\s)·(?=\s)")


def _split_commas(cell: str) -> list[str]:
    # `str.split` takes a fifth of the time, and few cells have one of these.
    if (
        "Jr" in cell
        or "Sr" in cell
        or "II" in cell
        or "IV" in cell
        or "Inc" in cell
        or "Ltd" in cell
        or "MD" in cell
        or "M.D" in cell
    ):
        return _COMMA.split(cell)
    return cell.split(",")


# In this order; the first that cuts the text does.
_SEPARATORS: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    (";", lambda cell: cell.split(";")),
    ("•", lambda cell: cell.split("•")),
    ("\n", re.compile(r"(?:^|\n)[ \t]*[-*][ \t]+").split),
    (",", _split_commas),
    ("/", re.compile(r"(?<=\s)/(?=\s)").split),
    ("\n", lambda cell: cell.split("\n")),
)
NAME_KEYS = (
    "name",
    "full_name",
    "fullName",
    "primaryName",
    "title",
    "label",
    "value",
    "tag",
    "text",
    "Name",
    "genre",
    "country",
)
_HASHTAGS = re.compile(r"\s*#[^\s#]+(?:\s+#[^\s#]+)*\s*")
_LONGEST = 300  # characters of a name that may have a note behind it
_DEEPEST = 5  # lists within lists
Folded = tuple[str, str]
_CACHED = 2**16  # names in memory; catalogues name the same persons and keywords again and again
_ET_AL = re.compile(r"[,;]?\s+(?:et al|u\. ?a|и др|usw|etc)\.?$|\s*(?:\.{3}|…)$", re.IGNORECASE)
_MORE = re.compile(
    r"(?:and|&|\+)?\s*(?:\d+\s+)?(?:more|others)(?:\.{3}|…)?|et al\.?|etc\.?|u\. ?a\.?"
    r"|и др\.?|\.{3}|…",
    re.IGNORECASE,
)


def cut(cell: str, *, commas: bool = True) -> list[str]:
    """Return the parts of a text, cut at the first kind of separator that it has.

    Parameters
    ----------
    cell : str
        Names joined by `|`, `;`, bullets, commas (also of Chinese, Japanese or Arabic), ` / ` or
        line ends.
    commas : bool
        Whether a name has no comma; otherwise the list is joined by `|` only.

    Examples
    --------
    >>> cut("Drama • War"), cut("Sammy Davis, Jr., Dean Martin")
    (['Drama ', ' War'], ['Sammy Davis, Jr.', ' Dean Martin'])
    """
    if "&" in cell and ";" in cell:
        cell = html.unescape(cell)
    if "|" in cell or not commas:
        return cell.split("|")
    if not cell.isascii():
        cell = _BULLET.sub("•", _SEMICOLON.sub(";", _EASTERN.sub(",", cell)))
    for mark, split in _SEPARATORS:
        if mark in cell and len(parts := split(cell)) > 1:
            return parts
    return [cell] if cell.isascii() else _HAN_SLASH.split(cell)


def entries(value: object, *, part: str = "", commas: bool = True) -> list[object]:
    """Return the entries of a list; of a JSON object, those of `part` or of its first list.

    An object without a list and a name holds the names as its values, as in Freebase.

    Raises
    ------
    CellError
        If the cell is no list, or one that cannot be read.
    """
    if commas and isinstance(value, str) and "," in value and _PLAIN_LIST.fullmatch(value):
        return list(_split_commas(value))
    decoded = decode(value)
    if decoded is None:
        return []
    if isinstance(decoded, str):
        return list(cut(decoded, commas=commas))
    if isinstance(decoded, Mapping):
        return _of_object(decoded, part)
    return list(_flat(decoded))


def _of_object(decoded: Mapping[str, object], part: str) -> list[object]:
    inner = decoded.get(part) if part else None
    if inner is None and not part:
        inner = next((v for v in decoded.values() if isinstance(v, list)), None)
    if isinstance(inner, list):
        return list(_flat(inner))
    if any(key in decoded for key in NAME_KEYS) or "id" in decoded:
        return [decoded]
    if part and all(" " in key for key in decoded):  # {"Bo Lint": "The Captain"}
        return list(decoded)
    values = list(decoded.values())
    if values and all(isinstance(v, bool) for v in values):  # {"Drama": true, "War": false}
        return [key for key, chosen in decoded.items() if chosen]
    if any(isinstance(v, Mapping) for v in values):  # {"0": {"name": "Drama"}}
        return list(_flat(values))
    return [v for v in values if isinstance(v, str)]


def _flat(decoded: Iterable[object], depth: int = 1) -> Iterator[object]:
    """Yield entries, those of inner lists in place; a text may itself be a list."""
    for entry in decoded:
        inner = entry
        if isinstance(entry, str) and entry[:1] in ("{", "[") and entry[-1:] in ("}", "]"):
            try:
                inner = decode(entry)
            except CellError:  # "[REC]" is a name
                inner = entry
            if not isinstance(inner, Mapping) and not (isinstance(inner, list) and '"' in entry):
                inner = entry
        if isinstance(inner, list | tuple):
            if depth == _DEEPEST:
                raise CellError("is a list of lists that is too deep")
            yield from _flat(inner, depth + 1)
        else:
            yield inner


def _name(entry: object, keys: tuple[str, ...]) -> str | None:
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in keys if entry.get(key)), None)
    if entry is None or (isinstance(entry, float) and math.isnan(entry)):
        return None
    if not isinstance(entry, str):
        raise CellError("holds an entry that is not a name")
    return text(entry)


def _tidy(name: str) -> str | None:
    if "&" in name and ";" in name:
        name = html.unescape(name)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'" and name.count(name[0]) == 2:
        name = name[1:-1].strip()
    if len(name) > _LONGEST:
        return name
    if name[-1:] == ")":
        link = _LINKED.fullmatch(name)
        name = link[1] if link else _BEHIND.sub("", name) or name
    if not name[-1:].isalnum() and name[-1:] in ".…":
        name = "" if _MORE.fullmatch(name) else _ET_AL.sub("", name)
    return (
        None
        if is_null(name) or (name[-4:].lower() in ("more", "hers") and _MORE.fullmatch(name))
        else name
    )


def listed(found: Iterable[object], keys: tuple[str, ...] = NAME_KEYS) -> list[str] | None:
    """Return the names of entries, without those that mean "unknown"; None if there are none.

    Of names that differ in case only, the first is returned.

    Raises
    ------
    CellError
        If an entry is not a name.
    """
    return first_of_each(
        [
            _short_name(entry)
            if entry.__class__ is str and len(entry) <= _LONGEST
            else folded_name(entry, keys)
            for entry in found
        ]
    )


def first_of_each(named: list[Folded | None]) -> list[str] | None:
    """Return the names of `folded_name`, each once; None if there are none."""
    known = [pair for pair in named if pair is not None]
    chosen = dict(known)
    if len(chosen) < len(known):  # rare: the last of equal names was chosen, not the first
        chosen = dict(reversed(known))
        chosen = {folded: chosen[folded] for folded, _ in known}
    return list(chosen.values()) or None


def folded_name(entry: object, keys: tuple[str, ...] = NAME_KEYS) -> Folded | None:
    """Return a name without upper case, to compare it, and as it is written; None if unknown.

    Raises
    ------
    CellError
        If the entry is not a name.
    """
    name = _name(entry, keys)
    if name is None or not (name := _tidy(name)):
        return None
    return name.casefold(), name


@lru_cache(_CACHED)
def _short_name(entry: str) -> Folded | None:
    """Return `folded_name` of a text, each text once; it takes most of the time of a list."""
    return folded_name(entry)


def names(value: object) -> list[str] | None:
    """Return names from JSON, a Python list, or text joined with `|`, `;`, commas or bullets.

    Examples
    --------
    >>> names("Drama|War"), names('[{"id": 18, "name": "Drama"}]'), names("unknown")
    (['Drama', 'War'], ['Drama'], None)
    >>> names('{"/m/01jfsb": "Thriller", "/m/06n90": "Science Fiction"}')
    ['Thriller', 'Science Fiction']
    """
    return listed(entries(value))


def keywords(value: object) -> list[str] | None:
    """Return keywords from a list in any notation, also as tags with a number sign.

    Examples
    --------
    >>> keywords("#sad #slow-burn #sea"), keywords("#sad, sea")
    (['sad', 'slow-burn', 'sea'], ['sad', 'sea'])
    """
    found: list[object] = []
    for entry in entries(value):
        if isinstance(entry, str) and "#" in entry and _HASHTAGS.fullmatch(entry):
            found += [tag.lstrip("#") for tag in entry.split()]
        else:
            found.append(entry)
    return listed(found)


def piped_names(value: object) -> list[str] | None:
    """Return names joined with `|` only, so that a name may contain a comma."""
    return listed(entries(value, commas=False))


def countries(value: object) -> list[str] | None:
    """Return ISO 3166-1 alpha-2 codes if the cell has them, else names."""
    found = entries(value)
    if len(found) == 1 and isinstance(found[0], str) and "/" in found[0]:
        found = list(found[0].split("/"))
    return listed(found, ("iso_3166_1", *NAME_KEYS))
