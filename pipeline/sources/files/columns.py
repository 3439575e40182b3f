"""Which columns of a file give which columns of MOVIES: by their names, checked by their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.sources.files.column_names import (
    NamedLike,
    column_number,
    find_names,
    normalize,
)
from pipeline.sources.files.column_plan import KEYS, TARGETS, ColumnPlan, ColumnUse
from pipeline.sources.files.details.cells import MEASURED, unit_of
from pipeline.sources.files.details.choice import LISTS, detailed
from pipeline.sources.files.details.currency import currency_column
from pipeline.sources.files.details.later import unfilled
from pipeline.sources.files.evidence import Evidence, objection, same_years
from pipeline.sources.files.nested import expand, pick

__all__ = ["choose_columns"]

# Columns that have no fallback: a number of another authority has another scale.
_SINGLE = (
    "vote_average",
    "vote_count",
    "popularity",
    "budget_usd",
    "revenue_usd",
    "tagline",
    "type",
)
_BETTER = 1.5  # a column of overviews with this many times the text is used before another
_LONG = 600  # characters beyond which a longer overview is not better
_FALLBACK_WORDS = 5  # fewest words of texts that may stand in for an overview
_DERIVED = 1_000
# Names that a dialect prefers, where a file has several.
_PREFERRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "udacity": {"movie_id": ("id",), "title": ("original_title",)},
    "imdb": {
        "movie_id": ("movie_id", "tconst", "imdb_id", "const"),
        "title": ("movie_name", "series_title", "primary_title"),
        "overview": ("description",),
    },
}
# Columns that say that the rows are opinions of users, or other titles of films.
_USERS = frozenset({"userid", "user", "username", "uid", "reviewer", "reviewerid", "reviewid"})


# Columns of programmes of cinemas, whose dates are not those of release.
_SCREENINGS = frozenset(
    {"uhrzeit", "saal", "kinosaal", "showtime", "showtimes", "screen", "screening", "venue"}
    | {"auditorium", "salle", "seance", "sala", "zaal", "zal", "зал", "сеанс"}
)


@dataclass(frozen=True)
class _Candidate:
    name: str
    like: NamedLike
    seen: Evidence

    @property
    def level(self) -> int:
        return self.like.rank // _DERIVED


def choose_columns(
    columns: Sequence[str],
    sample: Mapping[str, Sequence[object]],
    *,
    mapped: Mapping[str, str] | None = None,
    dialect: str = "auto",
    decimal_comma: bool = False,
    why_mapped: str = "named by source.column_map",
) -> ColumnPlan:
    """Find the columns of MOVIES in a table.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table.
    sample : Mapping of str to sequence of object
        Column -> cells of the first rows.
    mapped : Mapping of str to str, optional
        Column of MOVIES -> column of the table, as the settings say; these are used unchecked.
    dialect : str
        Names that this dialect prefers come first, where a file has several.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    why_mapped : str
        Reason of the columns in `mapped`.

    Returns
    -------
    ColumnPlan

    Examples
    --------
    >>> plan = choose_columns(["Titel", "Inhalt"], {"Titel": ["Wall"], "Inhalt": ["It falls."]})
    >>> plan.uses["overview"].names
    ('Inhalt',)
    """
    paths = expand(columns, sample)
    cells = {name: sample.get(name, ()) for name in columns} | {
        name: [pick(cell, path[1:]) for cell in sample.get(path[0], ())]
        for name, path in paths.items()
    }
    seen = {name: Evidence(own, decimal_comma=decimal_comma) for name, own in cells.items()}
    mapped = dict(mapped or {})
    strong, weak, objections = _candidates(seen, mapped, dialect)
    uses: dict[str, ColumnUse] = {}
    for target in (*TARGETS, *KEYS, "type"):
        if target in mapped:
            uses[target] = ColumnUse((mapped[target],), why_mapped)
        elif strong.get(target):
            uses[target] = _use(target, strong[target])
    used = {name for use in uses.values() for name in use.names}
    uses |= _numbered(seen, uses, used)
    for target, found in weak.items():
        free = [c for c in found if c.name not in used]
        if target == "release_date" and free and _has_screenings(columns):
            objections[free[0].name] = "its dates are those of screenings"
            continue
        if target == "release_date" and free and not _agrees(free[0].seen, uses, seen):
            objections[free[0].name] = "its dates are not in the years of release"
            continue
        if target not in uses and free:
            uses[target] = _use(target, free[:1])
            used.add(free[0].name)
    uses = {target: detailed(target, use, seen) for target, use in uses.items()}
    _share_ids(uses, seen)
    used = {name for use in uses.values() for name in use.names}
    parents = {paths[name][0] for name in used if name in paths}
    rest = [name for name in columns if name not in used and name not in parents]
    not_used = {name: _why_not(name, objections, strong) for name in rest}
    empty = frozenset(name for name in used if name in seen and not seen[name].present)
    return ColumnPlan(
        uses={target: uses[target] for target in (*TARGETS, *KEYS, "type") if target in uses},
        not_used=not_used,
        paths={name: path for name, path in paths.items() if name in used},
        users=next((n for n in columns if normalize(n).replace("_", "") in _USERS), ""),
        examples={name: found.present[0] for name, found in seen.items() if found.present},
        evidence=seen,
        currency=currency_column(columns) if {"budget_usd", "revenue_usd"} & set(uses) else "",
        pending=(unfilled(seen, not_used) | empty) - set(paths),
    )


def _candidates(
    seen: Mapping[str, Evidence], mapped: Mapping[str, str], dialect: str
) -> tuple[dict[str, list[_Candidate]], dict[str, list[_Candidate]], dict[str, str]]:
    strong: dict[str, list[_Candidate]] = {}
    weak: dict[str, list[_Candidate]] = {}
    objections: dict[str, str] = {}
    preferred = _PREFERRED.get(dialect, {})
    taken = set(mapped.values())
    order = {name: place for place, name in enumerate(seen)}
    for name, found in seen.items():
        if name in taken:
            continue
        for like in find_names(name):
            against = objection(like.target, name, found, weak=like.weak)
            if not against and like.target in MEASURED:
                unit = unit_of(like.target, name, found, list(seen))
                against = "" if unit.factor else f"its numbers are {unit.says}"
            if not against and like.unit and _is_histogram(name, seen):
                against = "it is one of several numbered columns"
            if against:
                objections.setdefault(name, against)
                continue
            first = preferred.get(like.target, ())
            rank = first.index(normalize(name)) - len(first) if normalize(name) in first else None
            ranked = like if rank is None else replace(like, rank=rank)
            group = weak if like.weak else strong
            group.setdefault(like.target, []).append(_Candidate(name, ranked, found))
    for group in (strong, weak):
        for target in group:
            # A column whose first cells are empty stands behind the filled ones.
            group[target].sort(key=lambda c: (not c.seen.present, c.like.rank, order[c.name]))
    return strong, weak, objections


def _is_histogram(name: str, seen: Mapping[str, Evidence]) -> bool:
    """Return whether a name such as `rating_5` is beside `rating_4`: numbers of votes by stars."""
    own = column_number(name)
    if own is None:
        return False
    others = (column_number(other) for other in seen if other != name)
    return any(other is not None and other[0] == own[0] for other in others)


def _use(target: str, found: list[_Candidate]) -> ColumnUse:
    if target == "overview":
        return _overview(found)
    if target == "movie_id":
        return _identity(found)
    if target == "title":
        first, *others = found
        # `name` beside `title` is often that of a person; it stands in only where titles lack.
        rest = [c for c in others if "original" in normalize(c.name) or first.seen.fill < 1]
        return _named(target, [first, *rest])
    return _named(target, found[:1] if target in _SINGLE else found)


def _named(target: str, found: list[_Candidate], why: str = "") -> ColumnUse:
    reason = f"named like {target}" + (", and its cells fit" if found[0].like.weak else "")
    names = tuple(c.name for c in found)
    return ColumnUse(names, why or reason, weak=found[0].like.weak)


def _overview(found: list[_Candidate]) -> ColumnUse:
    def text(candidate: _Candidate) -> float:
        return candidate.seen.fill * min(candidate.seen.chars, _LONG)

    best = found[0]
    for other in found[1:]:
        if other.level == best.level and text(other) > _BETTER * text(best):
            best = other
    rest = [
        c
        for c in found
        if c is not best and (c.seen.words >= _FALLBACK_WORDS or not c.seen.present)
    ]
    why = "named like overview"
    if len(found) > 1 and best is not found[0]:
        why += (
            f"; its texts are longer ({best.seen.chars:.0f} characters) than in {found[0].name!r}"
        )
    elif best.seen.texts:
        why += f"; texts of {best.seen.chars:.0f} characters"
    return _named("overview", [best, *rest], why)


def _identity(found: list[_Candidate]) -> ColumnUse:
    unique = [c for c in found if not c.seen.repeats] or found
    first = unique[0]
    rest = [
        c
        for c in unique[1:]
        if first.seen.fill < 1 and any(like.target == "imdb_id" for like in find_names(c.name))
    ]
    why = "named like movie_id"
    if first is not found[0]:
        why += f"; the values of {found[0].name!r} repeat"
    return _named("movie_id", [first, *rest], why)


def _has_screenings(columns: Sequence[str]) -> bool:
    return any(normalize(name).replace("_", "") in _SCREENINGS for name in columns)


def _agrees(seen: Evidence, uses: Mapping[str, ColumnUse], others: Mapping[str, Evidence]) -> bool:
    """Return whether the dates of a column called "date" lie in the years of release."""
    own = uses.get("year")
    if own is None or own.names[0] not in others:
        return True
    pairs = list(zip(others[own.names[0]].cells, seen.cells, strict=False))
    return same_years(pairs)


def _numbered(
    seen: Mapping[str, Evidence], uses: Mapping[str, ColumnUse], used: set[str]
) -> dict[str, ColumnUse]:
    """Return the lists that several columns give: star1, star2, star3."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for name, found in seen.items():
        numbered = column_number(name)
        if numbered is None or name in used:
            continue
        for like in find_names(numbered[0]):
            if like.target in LISTS and not objection(like.target, name, found, weak=False):
                groups.setdefault(like.target, []).append((numbered[1], name))
                break
    gathered = {}
    for target, members in groups.items():
        own = uses[target].names if target in uses else ()
        first = normalize(own[0]) if own else ""
        stems = {stem[0] for _, name in members if (stem := column_number(name)) is not None}
        if len(own) > 1 or (first and first not in stems):
            continue
        names = (*own, *(name for _, name in sorted(members)))
        gathered[target] = ColumnUse(names, "numbered columns, joined", gather=True)
    return gathered


def _share_ids(uses: dict[str, ColumnUse], seen: Mapping[str, Evidence]) -> None:
    """Let ids of IMDb and TMDB be the ids of a file that has no others, and the reverse."""
    own = uses.get("movie_id")
    if own is None:
        key = next((key for key in KEYS if key in uses), None)
        if key is not None:
            uses["movie_id"] = replace(uses[key], reason=f"the only id is {key}")
    elif "imdb_id" not in uses and own.names[0] in seen and seen[own.names[0]].has_imdb_ids:
        uses["imdb_id"] = ColumnUse(own.names[:1], "its cells are ids of IMDb")


def _why_not(
    name: str, objections: Mapping[str, str], strong: Mapping[str, list[_Candidate]]
) -> str:
    if name in objections:
        return objections[name]
    like = [target for target, found in strong.items() if any(c.name == name for c in found)]
    return f"another column gives {like[0]}" if like else ""
