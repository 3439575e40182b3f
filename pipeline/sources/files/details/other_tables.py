"""Tables beside one of films that have titles and texts, but no films: persons, genres, reviews."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from pipeline.schemas.words.lexicon_file import read_lexicon
from pipeline.sources.files.column_names import normalize
from pipeline.sources.files.column_plan import ColumnPlan
from pipeline.sources.files.details.choice import LISTS
from pipeline.sources.files.evidence import Evidence

__all__ = ["is_lookup", "is_of_other_things", "is_of_persons"]

# Values that only films have; a table with one of them has films.
_OF_FILMS = ("year", "release_date", "runtime_minutes", "directors", "cast", "budget_usd")
_WORDS: Mapping[str, Any] = read_lexicon("tables")
_PERSON, _NAMES = frozenset(_WORDS["person_columns"]), frozenset(_WORDS["name_columns"])
_NEUTRAL = frozenset(_WORDS["neutral"])
_KINDS = {word: kind for kind, words in _WORDS["kinds"].items() for word in words}
_OWN_IDS = ("id", "code", "key", "uid", "uuid", "guid", "index")
_FOREIGN = frozenset(("movieid", "filmid", "movie", "film", "idfilm", "idmovie"))


def is_of_persons(plan: ColumnPlan) -> str:
    """Return why the rows of a table are persons, by its columns; empty if they are not.

    Parameters
    ----------
    plan : ColumnPlan
        The columns of the table.
    """
    keys = {normalize(name).replace("_", ""): name for name in plan.evidence}
    own = _used(plan, "movie_id")
    if own and (normalize(own[0]) not in _OWN_IDS or plan.evidence[own[0]].repeats):
        return ""  # persons of films, which may fill them
    named = {normalize(n).replace("_", "") for n in _used(plan, "title")} or set(keys)
    about = sorted(name for key, name in keys.items() if key in _PERSON)
    if about and named & _NAMES and not _has_films(plan):
        return f"its rows are persons, not films (column {about[0]!r})"
    return ""


def is_of_other_things(label: str, plan: ColumnPlan) -> str:
    """Return why a table beside one of films has no films itself; empty if it may have.

    Parameters
    ----------
    label : str
        Name of the table, such as `genres.csv`.
    plan : ColumnPlan
        The columns of the table.
    """
    if plan.users and not _has_films(plan):
        return f"its rows belong to users (column {plan.users!r})"
    own = _used(plan, "movie_id")
    many = bool(own) and normalize(own[0]).replace("_", "") in _FOREIGN and _repeats(plan, own[0])
    for name, seen in plan.evidence.items():
        key = normalize(name).replace("_", "")
        if many and key in _OWN_IDS and seen.distinct == 1:
            return f"its rows belong to films of another table (column {own[0]!r})"
        if own and name not in own and key in _FOREIGN and _is_key(seen):
            return f"its rows belong to films of another table (column {name!r})"
    if _has_films(plan):
        return ""
    return is_of_persons(plan) or _by_name(label)


def is_lookup(label: str, plan: ColumnPlan) -> bool:
    """Return whether a table lists each genre, country or person once, with an id of its own.

    Its ids are not those of films, as `countries.csv` with `id` and `country`.
    """
    own = _used(plan, "movie_id")
    useful = [use for target, use in plan.uses.items() if target in LISTS]
    if not own or normalize(own[0]) not in _OWN_IDS:
        return False
    if len(useful) != 1 or not _by_name(label) or len(plan.evidence) > len(_FOREIGN):
        return False
    ids, values = plan.evidence.get(own[0]), plan.evidence.get(useful[0].names[0])
    if ids is None or values is None or ids.distinct < 1 or values.distinct < 1:
        return False
    return values.share(_is_one_name) == 1.0


def _used(plan: ColumnPlan, target: str) -> tuple[str, ...]:
    return plan.uses[target].names if target in plan.uses else ()


def _has_films(plan: ColumnPlan) -> bool:
    return any(target in plan.uses and not plan.uses[target].weak for target in _OF_FILMS)


def _repeats(plan: ColumnPlan, name: str) -> bool:
    return name in plan.evidence and plan.evidence[name].distinct < 1


def _is_key(seen: Evidence) -> bool:
    """Return whether cells are ids, not titles in a column called "film"."""
    return bool(seen.present) and seen.words <= 1 and seen.chars <= len("tt00000000000")


def _is_one_name(cell: object) -> bool:
    return isinstance(cell, str) and not re.search(r"[,;|/\[{]", cell)


def _by_name(label: str) -> str:
    stem = PurePosixPath(label).name.rpartition(":")[2].lower()
    words = [word for word in re.findall(r"[^\W\d_]+", stem) if word not in _NEUTRAL]
    kinds = {_KINDS.get(word, "") for word in words}
    if words and "" not in kinds:
        return f"its rows are {_KINDS[words[-1]]}, not films, by its name"
    return ""
