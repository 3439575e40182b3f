"""One person's ratings: the exports of Letterboxd, IMDb, Trakt, TMDB and MovieLens, or any list.

Films have titles and years, and ids of IMDb and TMDB where the service gives them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.errors import SourceError
from pipeline.sources.movielens.columns import fold_name
from pipeline.sources.movielens.data_files import DAMAGED, DataFile, list_files
from pipeline.sources.movielens.films import imdb_id, tmdb_id
from pipeline.sources.movielens.layout import Layout, find_encoding, find_layout
from pipeline.sources.movielens.rows import read_rows
from pipeline.sources.movielens.values import parse_score
from pipeline.sources.parsing.titles import title_and_year

__all__ = ["PersonalRating", "PersonalRatings", "read_personal_ratings"]

# Field -> folded names of columns of the exports, the most certain first.
_NAMES: dict[str, tuple[str, ...]] = {
    "rating": (
        "yourrating",
        "yourate",
        "yourated",
        "myrating",
        "userrating",
        "rating",
        "stars",
        "score",
    ),
    "title": ("title", "name", "movietitle", "filmtitle", "movie", "film", "originaltitle"),
    "year": ("year", "releaseyear", "movieyear", "releasedate", "released"),
    "imdb": ("const", "imdbid", "imdb", "imdburl", "tconst"),
    "tmdb": ("tmdbid", "tmdb"),
    "kind": ("titletype", "type"),
}
_TEN = {"const", "traktid", "traktrating", "tmdbid"}  # columns of services that rate up to 10
_FIVE = {"letterboxduri", "movieid"}  # Letterboxd and MovieLens: up to 5 stars
_SERIES = ("tv", "show", "episode", "season", "series", "video game", "podcast")
_WATCHED = ("watched", "diary", "reviews")  # of Letterboxd, beside ratings.csv
_YEAR = re.compile(r"(?<!\d)(?:18[89]|19\d|20\d)\d(?!\d)")
_LIMIT = 64 * 2**20  # bytes of a JSON document


@dataclass(frozen=True)
class PersonalRating:
    """A film that the person has rated or watched.

    Attributes
    ----------
    title : str
        Without the year.
    year : int or None
        Year of release.
    stars : float or None
        0.5 to 5; None if it is watched and not rated.
    imdb_id, tmdb_id : str or None
        Such as `tt0114709` and `862`.
    """

    title: str
    year: int | None
    stars: float | None
    imdb_id: str | None = None
    tmdb_id: str | None = None


@dataclass(frozen=True)
class PersonalRatings:
    """What a person has rated and watched.

    Attributes
    ----------
    films : tuple of PersonalRating
        In the order of the file.
    notes : tuple of str
        How the file is read, and what is left out.
    """

    films: tuple[PersonalRating, ...]
    notes: tuple[str, ...]


def read_personal_ratings(place: Path) -> PersonalRatings:
    """Read the ratings of one person.

    Parameters
    ----------
    place : Path
        CSV or JSON file, or the folder or zip archive of an export of Letterboxd or Trakt.

    Returns
    -------
    PersonalRatings
        At least one film has stars.

    Raises
    ------
    SourceError
        If there is no such file, or it has no titles and ratings; the message names the file, its
        columns and what is expected.
    """
    files = list_files(place)
    if place.is_file() and len(files) == 1 and not files[0].member:
        rated, watched = files, []
    else:
        depth = min((file.folder.count("/") for file in files), default=0)
        outer = [file for file in files if file.folder.count("/") <= depth + 1]
        rated = [f for f in outer if _named(f, ("ratings", "ratings-movies", "ratings_movies"))]
        watched = [file for file in outer if _named(file, _WATCHED)]
    if not rated:
        raise SourceError(
            f"{place}: has no ratings: give ratings.csv of Letterboxd or IMDb, ratings of Trakt, "
            "or a CSV file with the columns title, year, rating"
        )
    films: list[PersonalRating] = []
    notes: list[str] = []
    for file in rated[:1]:
        found, said = _read(file, rated=True)
        films += found
        notes += said
    for file in watched:
        films += [replace(film, stars=None) for film in _read(file, rated=False)[0]]
    if not any(film.stars is not None for film in films):
        raise SourceError(f"{rated[0].shown}: none of its rows has a title and a rating")
    return PersonalRatings(tuple(films), tuple(notes))


def _named(file: DataFile, names: Sequence[str]) -> bool:
    stem, _, suffix = file.name.lower().rpartition(".")
    return stem in names and suffix in ("csv", "json", "tsv")


def _read(file: DataFile, *, rated: bool) -> tuple[list[PersonalRating], list[str]]:
    try:
        with file.open() as handle:
            start = handle.read(2**12).lstrip(b"\xef\xbb\xbf \t\r\n")
    except DAMAGED as error:
        raise SourceError(f"{file.shown}: cannot be read: {error}; fetch it again") from error
    if start[:1] in (b"[", b"{"):
        rows, names, columns = _json_rows(file)
    else:
        rows, names, columns = _table_rows(file)
    if "title" not in columns or (rated and "rating" not in columns):
        raise SourceError(
            f"{file.shown}: its columns are {', '.join(names)}; ratings of a person have a title "
            "and a rating, such as title, year, rating: rename its columns"
        )
    return _films(file.name, rows, {fold_name(name) for name in names}, rated=rated)


def _table_rows(file: DataFile) -> tuple[Iterator[dict[str, str]], Sequence[str], set[str]]:
    layout = find_layout(file)
    if layout.kind == "text":
        layout = replace(layout, encoding=find_encoding(file))
    fields = _find(layout.columns)
    return _cells(file, layout, fields), layout.columns, set(fields)


def _cells(file: DataFile, layout: Layout, fields: Mapping[str, int]) -> Iterator[dict[str, str]]:
    if not fields:
        return
    for chunk in read_rows(file, layout, fields):
        yield from chunk.cells.to_pylist()


def _find(names: Sequence[str]) -> dict[str, int]:
    folded = [fold_name(name) for name in names]
    found = {}
    for field, synonyms in _NAMES.items():
        at = next((folded.index(name) for name in synonyms if name in folded), None)
        if at is not None:
            found[field] = at
    return found


def _json_rows(file: DataFile) -> tuple[Iterator[dict[str, str]], Sequence[str], set[str]]:
    """Return the entries of an export of Trakt, or of any list of objects, as rows."""
    try:
        with file.open() as handle:
            text = handle.read(_LIMIT + 1)
        if len(text) > _LIMIT:
            raise SourceError(f"{file.shown}: is larger than 64 MiB: one person has fewer ratings")
        document = json.loads(text.decode("utf-8-sig", "replace"))
    except DAMAGED as error:
        raise SourceError(f"{file.shown}: cannot be read: {error}; fetch it again") from error
    except ValueError as error:
        raise SourceError(f"{file.shown}: is no JSON: {error}; export it again") from error
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        document = max(lists, key=len, default=[document])
    entries = [_flat(entry) for entry in document if isinstance(entry, dict)]
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    columns = {field: names[at] for field, at in _find(names).items()}
    rows = ({f: entry.get(name, "") for f, name in columns.items()} for entry in entries)
    return rows, names, set(columns)


def _flat(entry: Mapping[str, Any]) -> dict[str, str]:
    """Return an entry with the cells of its film and the film's ids; all as text."""
    flat = {
        name: str(value)
        for name, value in entry.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    for name, value in entry.items():
        if name in ("movie", "film") and isinstance(value, dict):
            flat = _flat(value) | flat
        elif name == "ids" and isinstance(value, dict):
            flat |= {f"{kind}_id": str(one) for kind, one in value.items() if one}
    return flat


def _films(
    name: str, rows: Iterable[Mapping[str, str]], columns: set[str], *, rated: bool
) -> tuple[list[PersonalRating], list[str]]:
    found: list[tuple[PersonalRating, float | None, int | None]] = []
    series = unreadable = 0
    for row in rows:
        kind = (row.get("kind") or "").lower()
        title, year = title_and_year((row.get("title") or "").strip())
        if kind and any(word in kind for word in _SERIES) and "movie" not in kind:
            series += 1
            continue
        value, highest = parse_score(row.get("rating") or "")
        if not title or (rated and not value):
            unreadable += 1
            continue
        if written := _YEAR.search(row.get("year") or ""):
            year = int(written[0])
        film = PersonalRating(
            title, year, None, imdb_id(_id(row.get("imdb"))), tmdb_id(row.get("tmdb"))
        )
        found.append((film, value, highest))
    scale = _scale(columns, [value for _, value, own in found if value and own is None])
    films = [
        replace(film, stars=None if not value else min(5.0, max(0.5, value * 5 / (own or scale))))
        for film, value, own in found
    ]
    notes = []
    if rated and scale != 5:
        notes.append(f"{name}: ratings up to {scale} are scaled to 5 stars")
    if series:
        notes.append(f"{name}: {series:,} rows of series and episodes are left out")
    if unreadable:
        notes.append(f"{name}: {unreadable:,} rows without a title or a rating are left out")
    return films, notes


def _id(cell: str | None) -> str | None:
    """Return the cell unless it is a number of fewer digits than an id of IMDb has."""
    return cell if cell and ("tt" in cell or len(cell) >= 5) else None


def _scale(columns: set[str], values: Sequence[float]) -> int:
    """Return the highest rating of the service, or what the ratings themselves show."""
    if columns & _FIVE:
        return 5
    most = max(values, default=0)
    if columns & _TEN or 5 < most <= 10:
        return 10
    return 5 if most <= 5 else 100
