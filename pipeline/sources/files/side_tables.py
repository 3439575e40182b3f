"""The columns of a side table that may fill films: persons, keywords, one or many rows a film."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pipeline.sources.files.column_names import normalize
from pipeline.sources.files.column_plan import KEYS, ColumnPlan, ColumnUse

__all__ = ["JOBS", "is_of_other_titles", "side_plan"]

# The jobs of persons that give a column, where a table has a person in each row.
JOBS: Mapping[str, frozenset[str]] = {
    "directors": frozenset({"director", "directed by", "regie", "realisateur", "regista"}),
    "cast": frozenset({"actor", "actress", "acting", "cast", "self", "actors"}),
}
_JOB = frozenset({"job", "department", "category", "profession", "position", "credit"})
_CHARACTER = frozenset({"character", "characters", "charactername", "rolename", "castid"})
# Columns and names of tables that say who the persons are, where no column of jobs does.
_ROLE = "role"
_OTHER_JOBS = frozenset(
    {"writer", "producer", "editor", "composer", "screenplay", "cinematography"}
)
_PERSONS_FILE = (
    ("directors", re.compile(r"(?:^|[^a-z])(?:directors?|regie|realisateurs?)(?![a-z])")),
    ("cast", re.compile(r"(?:^|[^a-z])(?:actors?|actress(?:es)?|cast|stars?)(?![a-z])")),
)
_PERSONS = ("name", "person", "person_name", "full_name", "actor_name", "crew_name", "primary_name")
# In a table of many rows a film, other columns belong to the many, not to the film.
_GATHERED = frozenset({"genres", "keywords", "directors", "cast", "overview", "tagline"})
_ONE_ROW = 0.9  # share of distinct ids from which a table has one row for each film
_OTHER_TITLES = frozenset({"isoriginaltitle", "ordering", "titlekind", "aka", "akas"})
_TITLES_FILE = re.compile(r"(?:^|[^a-z])(?:akas?|alias(?:es)?|alternative|translations?)(?![a-z])")


def is_of_other_titles(label: str, plan: ColumnPlan) -> str:
    """Return why a table has other titles of films, such as translated ones; empty if it has not.

    Parameters
    ----------
    label : str
        Name of the table.
    plan : ColumnPlan
        Its columns.
    """
    if "title" not in plan.uses:
        return ""
    other = [name for name in plan.not_used if normalize(name).replace("_", "") in _OTHER_TITLES]
    if other:
        return f"it has other titles of films (column {other[0]!r})"
    named = _TITLES_FILE.search(label.lower().replace("_", " "))
    return "it has other titles of films, by its name" if named else ""


def side_plan(plan: ColumnPlan, label: str = "") -> ColumnPlan:
    """Return the columns of a side table that may fill films.

    Names that mean something else in many files are left out. In a table of persons, the name is
    that of an actor or director, not a title. In a table of many rows a film, only what can be
    gathered is used.

    Parameters
    ----------
    plan : ColumnPlan
        The columns of the table.
    label : str
        Name of the table, which may say who its persons are, such as `actors.csv`.
    """
    plan = _persons(plan.without_weak(), label)
    own = plan.uses.get("movie_id") or next((plan.uses[k] for k in KEYS if k in plan.uses), None)
    if own is None or own.names[0] not in plan.evidence:
        return plan
    if plan.evidence[own.names[0]].distinct >= _ONE_ROW:
        return plan
    allowed = {"movie_id", *KEYS, *_GATHERED}
    if "title" not in plan.uses:  # countries of titles are not those of films
        allowed.add("countries")
    uses = {target: use for target, use in plan.uses.items() if target in allowed}
    return _only(plan, uses, "differs between rows of one film")


def _persons(plan: ColumnPlan, label: str) -> ColumnPlan:
    by_key = {normalize(name): name for name in plan.evidence}
    keys = {key.replace("_", ""): name for key, name in by_key.items()}
    job = next((keys[key] for key in sorted(_JOB) if key in keys), "")
    plays = any(key in keys for key in _CHARACTER)
    person = next((by_key[key] for key in _PERSONS if key in by_key), "")
    if not job and _ROLE in by_key and _has_jobs(plan, by_key[_ROLE]):
        job = by_key[_ROLE]
    named = [target for target, pattern in _PERSONS_FILE if pattern.search(label.lower())]
    if not person or not plan.has_id or not (job or plays or named):
        return plan
    uses = {target: use for target, use in plan.uses.items() if person not in use.names}
    targets = ("directors", "cast") if job else ("cast",) if plays else tuple(named[:1])
    for target in targets:
        uses.setdefault(target, ColumnUse((person,), "a person in each row"))
    unused = {name: why for name, why in plan.not_used.items() if name != person}
    return replace(plan, uses=uses, not_used=unused, job=job)


def _has_jobs(plan: ColumnPlan, name: str) -> bool:
    """Return whether the cells of a column `role` are jobs, not characters."""
    jobs = frozenset().union(*JOBS.values(), _OTHER_JOBS) - {"self"}
    cells = {str(cell).strip().lower() for cell in plan.evidence[name].cells if cell}
    return bool(cells & jobs)


def _only(plan: ColumnPlan, uses: Mapping[str, ColumnUse], why: str) -> ColumnPlan:
    left = {name for use in uses.values() for name in use.names}
    gone = {n: why for use in plan.uses.values() for n in use.names if n not in left}
    return replace(plan, uses=uses, not_used={**plan.not_used, **gone})
