"""The dialects of catalogues: which column of a file is which column of MOVIES.

Each dialect is a table, so a new one is a new table. A catalogue in no known dialect needs only
`source.column_map`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.errors import SettingsError, SourceError
from pipeline.schemas import mining as tables
from pipeline.settings import SourceSettings
from pipeline.sources.parsing import cells, dates
from pipeline.sources.parsing.literals import text

__all__ = ["DIALECTS", "Column", "Dialect", "Plan", "detect", "make_plan"]

Parser = Callable[[object], object]
REQUIRED = ("title", "overview")


@dataclass(frozen=True)
class Column:
    """The columns of a file that give one column of MOVIES.

    Attributes
    ----------
    names : tuple of str
        Columns of the file; the first cell that is not missing is used.
    parse : callable or None
        Converts a cell. None for the date of release, which is parsed together with the year of
        the row; see `rows`.
    gather : bool
        Whether to join the lists of all columns instead.
    """

    names: tuple[str, ...]
    parse: Parser | None
    gather: bool = False


@dataclass(frozen=True)
class Dialect:
    """The columns of a dialect.

    Attributes
    ----------
    name : str
        Value of the setting `source.dialect`.
    columns : Mapping of str to Column
        Column of MOVIES to columns of the file.
    signatures : tuple of frozenset of str
        A file that has all columns of one of these sets is in this dialect.
    """

    name: str
    columns: Mapping[str, Column]
    signatures: tuple[frozenset[str], ...] = field(default=())


_OWN = {
    "movie_id": Column(("movie_id",), cells.identifier),
    "title": Column(("title",), text),
    "year": Column(("year",), dates.year),
    "release_date": Column(("release_date",), None),
    "overview": Column(("overview",), text),
    "tagline": Column(("tagline",), text),
    "genres": Column(("genres",), cells.names),
    "keywords": Column(("keywords",), cells.names),
    "directors": Column(("directors",), cells.directors),
    "cast": Column(("cast",), cells.cast),
    "language": Column(("language",), text),
    "countries": Column(("countries",), cells.countries),
    "runtime_minutes": Column(("runtime_minutes",), cells.minutes),
    "vote_average": Column(("vote_average",), cells.number),
    "vote_count": Column(("vote_count",), cells.count),
    "popularity": Column(("popularity",), cells.number),
    "budget_usd": Column(("budget_usd",), cells.money),
    "revenue_usd": Column(("revenue_usd",), cells.money),
    "poster_path": Column(("poster_path",), text),
}

# A film of TMDB's API, also flattened, also with `append_to_response=credits,keywords`.
# Text without separators in `cast` ("Oscar Isaac Jacob Elordi") cannot be split: one entry.
_TMDB = _OWN | {
    "movie_id": Column(("movie_id", "id", "tmdb_id"), cells.identifier),
    "title": Column(("title", "original_title", "name"), text),
    "year": Column(("year", "release_year"), dates.year),
    "release_date": Column(("release_date", "first_air_date"), None),
    "directors": Column(("directors", "director", "crew", "credits"), cells.directors),
    "cast": Column(("cast", "credits"), cells.cast),
    "language": Column(("original_language", "language"), text),
    "countries": Column(("production_countries", "origin_country", "countries"), cells.countries),
    "runtime_minutes": Column(("runtime", "runtime_minutes"), cells.minutes),
    "budget_usd": Column(("budget", "budget_usd"), cells.money),
    "revenue_usd": Column(("revenue", "revenue_usd"), cells.money),
}

_UDACITY = _TMDB | {
    "movie_id": Column(("id",), cells.identifier),
    "title": Column(("original_title", "title"), text),
    "year": Column(("release_year",), dates.year),
    "genres": Column(("genres",), cells.piped_names),
    "keywords": Column(("keywords",), cells.piped_names),
    "directors": Column(("director",), cells.piped_names),
    "cast": Column(("cast",), cells.piped_names),
}

# The many "IMDb by genre" and "IMDb top N" tables, whose column names differ.
_IMDB = {
    "movie_id": Column(("movie_id", "tconst", "imdb_id", "const"), cells.identifier),
    "title": Column(("movie_name", "series_title", "primarytitle", "title", "name"), text),
    "year": Column(("year", "released_year", "startyear"), dates.year),
    "overview": Column(("description", "overview", "plot"), cells.imdb_overview),
    "genres": Column(("genre", "genres"), cells.names),
    "directors": Column(("director", "directors"), cells.names),
    "cast": Column(
        ("star", "stars", "actors", "star1", "star2", "star3", "star4"), cells.names, gather=True
    ),
    "runtime_minutes": Column(("runtime", "runtime_minutes", "runtimeminutes"), cells.minutes),
    "vote_average": Column(("rating", "imdb_rating", "averagerating"), cells.number),
    "vote_count": Column(("votes", "no_of_votes", "numvotes"), cells.count),
    "revenue_usd": Column(("gross", "gross_in"), cells.money),
}
_IMDB_MILLIONS = _IMDB | {"revenue_usd": Column(("revenue_millions",), cells.millions)}


def _any_of(always: str, *one_of: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(f"{always} {name}".split()) for name in one_of)


# In the order of detection: the first with a matching signature.
DIALECTS: tuple[Dialect, ...] = (
    Dialect(
        "columns",
        _OWN,
        _any_of(
            "title overview", "directors countries", "runtime_minutes", "budget_usd", "micro_genre"
        ),
    ),
    Dialect(
        "imdb", _IMDB_MILLIONS, _any_of("revenue_millions title genre", "description", "overview")
    ),
    Dialect(
        "imdb",
        _IMDB,
        _any_of("genre", "description", "series_title overview", "movie_name plot")
        + _any_of("description", "movie_name", "tconst"),
    ),
    Dialect("udacity", _UDACITY, _any_of("id original_title overview", "release_year")),
    Dialect(
        "kaggle",
        _TMDB,
        _any_of("id title overview spoken_languages production_companies", "genres keywords"),
    ),
    Dialect("tmdb", _TMDB, _any_of("title overview", "id", "movie_id", "tmdb_id")),
    Dialect("columns", _OWN, _any_of("title", "overview")),
)


@dataclass(frozen=True)
class Plan:
    """How to read the rows of one file.

    Attributes
    ----------
    dialect : str
        Name of the dialect.
    columns : Mapping of str to Column
        Column of MOVIES to columns of the file, in order of preference.
    """

    dialect: str
    columns: Mapping[str, Column]


def _normalize(name: str) -> str:
    """Return one spelling of a column: `Runtime (Minutes)` becomes `runtime_minutes`."""
    return re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def detect(columns: Sequence[str]) -> Dialect | None:
    """Return the dialect of a file with these columns, or None.

    Examples
    --------
    >>> detect(["id", "title", "overview"]).name
    'tmdb'
    """
    normalized = {_normalize(name) for name in columns}
    return next((d for d in DIALECTS if any(s <= normalized for s in d.signatures)), None)


def make_plan(
    columns: Sequence[str], settings: SourceSettings, *, file: str, sparse: bool = False
) -> Plan:
    """Choose the dialect of a file and find the columns of MOVIES in it.

    Parameters
    ----------
    columns : sequence of str
        Columns of the file.
    settings : SourceSettings
        `dialect` and `column_map`.
    file : str
        Name of the file in messages.
    sparse : bool
        Whether later rows may have other columns, as in JSON Lines.

    Raises
    ------
    SourceError
        If the file has no title or overview, or lacks a mapped column.
    SettingsError
        If `source.column_map` names a column that MOVIES does not have.
    """
    mapped = _mapped(columns, settings, file=file)
    if settings.dialect == "auto":
        dialect = detect(columns) or DIALECTS[-1]
    else:
        named = [d for d in DIALECTS if d.name == settings.dialect]
        dialect = next((d for d in named if d == detect(columns)), named[-1])
    present: dict[str, str] = {}
    for name in columns:
        present.setdefault(_normalize(name), name)
    chosen = {}
    for target, column in dialect.columns.items():
        names = tuple(present[name] for name in column.names if name in present)
        if sparse and (names or target not in REQUIRED):
            names = tuple(dict.fromkeys(present.get(name, name) for name in column.names))
        if names:
            chosen[target] = Column(names, column.parse, column.gather)
    for target, name in mapped.items():
        known = dialect.columns if dialect.name == "udacity" and target in dialect.columns else _OWN
        chosen[target] = Column((name,), known[target].parse)
    missing = [target for target in REQUIRED if target not in chosen]
    if missing:
        raise SourceError(
            f"{file}: no column for {' and '.join(missing)} (dialect {dialect.name!r}); the file "
            f"has {', '.join(map(repr, columns)) or 'no columns'}. Say which column is which, for "
            'example [source] column_map = { title = "Name", overview = "Plot" } in the settings'
        )
    chosen = {name: chosen[name] for name in tables.MOVIES.names if name in chosen}
    used = [name for column in chosen.values() for name in column.names]
    twice = sorted({name for name in used if list(columns).count(name) > 1})
    if twice:
        raise SourceError(f"{file}: the header has {twice} more than once; rename one of each")
    return Plan(dialect.name, chosen)


def _mapped(columns: Sequence[str], settings: SourceSettings, *, file: str) -> dict[str, str]:
    """Return the column map if it applies to this file, else an empty one."""
    wanted = dict(settings.column_map)
    allowed = [name for name in tables.MOVIES.names if name in _OWN]
    unknown = sorted(set(wanted) - set(allowed))
    if unknown:
        raise SettingsError(f"setting source.column_map: {unknown} unknown; there are {allowed}")
    absent = sorted(set(wanted.values()) - set(columns))
    # One map may be set for several sources: a file with none of its columns is in a dialect.
    if settings.dialect != "columns" and len(absent) == len(set(wanted.values())):
        return {}
    if absent:
        raise SourceError(
            f"{file}: source.column_map names {absent}, which the file lacks; it has "
            f"{list(columns)}"
        )
    return wanted
