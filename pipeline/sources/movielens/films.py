"""Films and links of a data set of ratings, from their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import SourceError
from pipeline.schemas.ratings import FILMS, RATING_REJECTS
from pipeline.sources.movielens.columns import GENRES_100K, fold_name, genre_flags
from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.layout import Layout, find_encoding, find_layout
from pipeline.sources.movielens.rows import read_rows
from pipeline.sources.movielens.values import parse_ids
from pipeline.sources.parsing.lists import names as parse_names
from pipeline.sources.parsing.literals import CellError
from pipeline.sources.parsing.titles import title_and_year

__all__ = [
    "Links",
    "imdb_id",
    "number_by_links",
    "open_text",
    "read_films",
    "read_links",
    "tmdb_id",
]

Links = Mapping[int, tuple[str | None, str | None]]

_NO_GENRES = {"(no genres listed)", "unknown", "n/a", "none"}
_OPEN = re.compile(r"\s*\((\d{4})\s*[-\u2013]\s*\d{0,4}\s*\)\s*$")  # "Salt (2006-)"
_A_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_FILM_FIELDS = ("film_id", "title", "genres", "year", "released", "imdb", "tmdb")
_DIGITS = re.compile(r"(\d{1,10})(?:\.0+)?")
_IMDB = re.compile(r"(?:.*?\b)?tt(\d{5,10})\b.*")


def open_text(file: DataFile, role: str, needed: tuple[str, ...], example: str) -> Layout:
    """Return the layout of a file, with the encoding of all its bytes.

    Raises
    ------
    SourceError
        If it lacks a needed field; the message names the file, its columns and what is expected.
    """
    layout = find_layout(file, role)
    if layout.kind == "text":
        layout = replace(layout, encoding=find_encoding(file))
    if any(field not in layout.fields for field in needed):
        raise SourceError(
            f"{file.shown}: its columns are {', '.join(layout.columns)}; a file of {role} has "
            f"{example}: rename its columns"
        )
    return layout


def imdb_id(cell: str | None) -> str | None:
    """Return an id of IMDb from digits, an id or an address; None if there is none.

    Examples
    --------
    >>> imdb_id("114709"), imdb_id("tt0114709"), imdb_id("114709.0"), imdb_id("")
    ('tt0114709', 'tt0114709', 'tt0114709', None)
    """
    cell = (cell or "").strip()
    if cell.isdecimal():
        return f"tt{cell.zfill(7)}" if int(cell) else None
    match = _DIGITS.fullmatch(cell) or _IMDB.fullmatch(cell)
    return f"tt{match[1].zfill(7)}" if match and int(match[1]) else None


def tmdb_id(cell: str | None) -> str | None:
    """Return an id of TMDB from a cell such as `862` or `862.0`; None if there is none."""
    cell = (cell or "").strip()
    if cell.isdecimal():
        return str(int(cell)) if int(cell) else None
    match = _DIGITS.fullmatch(cell)
    return str(int(match[1])) if match and int(match[1]) else None


def read_films(
    file: DataFile, links: Links, genres: DataFile | None, *, text_ids: bool
) -> tuple[pa.Table, pa.Table]:
    """Read the list of films.

    Parameters
    ----------
    file : DataFile
        A list of films, or ratings with the titles of the films in each row.
    links : Links
        From `read_links`.
    genres : DataFile or None
        `u.genre`: the names of the genres that the last columns of `u.item` stand for.
    text_ids : bool
        Whether films have ids of text.

    Returns
    -------
    films : pa.Table of FILMS
        By ascending id; the last row of a film counts.
    rejects : pa.Table of RATING_REJECTS
        Rows without an id of a film.

    Raises
    ------
    SourceError
        If the file cannot be read, or has no film or no title.
    """
    example = "a film and a title, such as movieId, title, genres"
    layout = open_text(file, "films", ("title",), example)
    found = layout.fields
    found.setdefault("film_id", found["title"])  # titles serve as ids, as in the ratings
    fields = {name: found[name] for name in _FILM_FIELDS if name in found}
    flags = _genre_names(layout, genres)
    words = "genres" in fields and fold_name(layout.columns[fields["genres"]]) == "class"
    wanted = {**fields, **{f"flag {at}": at for at in flags}}
    rows: dict[int, dict[str, object]] = {}
    rejects: list[dict[str, object]] = []
    for chunk in read_rows(file, layout, wanted):
        ids = parse_ids(chunk.cells.column("film_id"), text=text_ids)
        numbered = chunk.cells.append_column("id", ids)
        numbered = numbered.append_column("row", pa.array(chunk.rows))
        rejects += [
            {"file": file.name, "row": row, "reason": "malformed_row", "detail": detail}
            for row, detail in chunk.malformed
        ]
        if layout.role == "ratings":  # the last row of each film is enough
            last = numbered.group_by("id").aggregate([("row", "max")]).column("row_max")
            numbered = numbered.filter(pc.is_in(numbered.column("row"), last))
        for row in numbered.to_pylist():
            if row["id"] is None:
                detail = f"film_id is {row['film_id'][:40]!r}"
                rejects.append(
                    {
                        "file": file.name,
                        "row": row["row"],
                        "reason": "wrong_type",
                        "detail": detail,
                    }
                )
                continue
            if words:  # RecBole: "Animation Comedy"
                row["genres"] = "|".join(row["genres"].split())
            rows[row["id"]] = _film(row, flags, links)
    rejects.sort(key=lambda reject: int(str(reject["row"])))
    return (
        pa.Table.from_pylist([rows[key] for key in sorted(rows)], FILMS),
        pa.Table.from_pylist(rejects, RATING_REJECTS),
    )


def _film(row: dict[str, str], flags: Mapping[int, str], links: Links) -> dict[str, object]:
    title, year = _title_and_year(row["title"].strip())
    genres = list(_genres(row.get("genres", "")))
    genres += [name for at, name in flags.items() if row[f"flag {at}"].strip() in ("1", "1.0")]
    for field in ("year", "released"):
        if year is None and (match := _A_YEAR.search(row.get(field, ""))):
            year = int(match[1])
    imdb, tmdb = links.get(int(row["id"]), (None, None))
    own = row["film_id"] if row["film_id"].strip().startswith("tt") else None
    return {
        "film_id": row["id"],
        "title": title,
        "year": year,
        "genres": genres,
        "imdb_id": imdb or imdb_id(row.get("imdb")) or imdb_id(own),
        "tmdb_id": tmdb or tmdb_id(row.get("tmdb")),
    }


def _title_and_year(text: str) -> tuple[str, int | None]:
    """Return the title and year of a text such as `Seven (1995)` or `Salt (2006- )`."""
    title, written = text[:-6], text[-6:]  # most titles end with "(1995)"
    if written[:3] in ("(19", "(20") and written[-1] == ")" and written[3:5].isdecimal():
        title = title.rstrip()
        if title and not title.endswith((")", "(")):
            return title, int(written[1:5])
    title, year = title_and_year(text)
    if year is None and (match := _OPEN.search(title)):
        return title[: match.start()], int(match[1])
    return title, year


@lru_cache(maxsize=10_000)
def _genres(cell: str) -> tuple[str, ...]:
    if "[" in cell or "," in cell:
        try:
            genres = parse_names(cell) or []
        except CellError:
            genres = cell.split(",")
    elif "|" in cell:
        genres = cell.split("|")
    else:
        genres = cell.split("; ") if "; " in cell else [cell]
    stripped = (genre.strip() for genre in genres)
    return tuple(dict.fromkeys(g for g in stripped if g and g.lower() not in _NO_GENRES))


def _genre_names(layout: Layout, genres: DataFile | None) -> dict[int, str]:
    """Return the flags of genres: number of the column -> name; without "unknown"."""
    flags = genre_flags(layout.columns)
    if not flags:
        return {}
    start = min(flags)
    if genres is not None and layout.columns[start:][: len(GENRES_100K)] == GENRES_100K:
        with genres.open() as handle:
            lines = handle.read(2**16).decode("latin-1").splitlines()
        for line in lines:
            name, _, number = line.strip().rpartition("|")
            if name and number.isdigit() and start + int(number) < len(layout.columns):
                flags[start + int(number)] = name
    return {at: name for at, name in sorted(flags.items()) if fold_name(name) != "unknown"}


def read_links(file: DataFile, *, text_ids: bool) -> dict[int, tuple[str | None, str | None]]:
    """Read which film of the ratings is which of IMDb and TMDB.

    Parameters
    ----------
    file : DataFile
        Such as `links.csv`.
    text_ids : bool
        Whether films have ids of text.

    Returns
    -------
    dict of int to (str or None, str or None)
        Id of the film -> ids of IMDb (`tt0114709`) and TMDB (`862`).

    Raises
    ------
    SourceError
        If the file cannot be read, or its columns are others.
    """
    layout = open_text(file, "links", ("film_id",), "movieId, imdbId, tmdbId")
    found = layout.fields
    names: tuple[str, ...] = ("film_id", "imdb", "tmdb")
    fields = {name: found[name] for name in names if name in found}
    links: dict[int, tuple[str | None, str | None]] = {}
    for chunk in read_rows(file, layout, fields):
        ids = parse_ids(chunk.cells.column("film_id"), text=text_ids).to_pylist()
        for film, row in zip(ids, chunk.cells.to_pylist(), strict=True):
            if film is not None:
                links[film] = imdb_id(row.get("imdb")), tmdb_id(row.get("tmdb"))
    return links


def number_by_links(films: pa.Table, links: Links) -> pa.Table:
    """Return films whose ids are those of TMDB with the ids that the ratings use.

    Parameters
    ----------
    films : pa.Table of FILMS
        `film_id` is an id of TMDB.
    links : Links
        From `read_links`.

    Returns
    -------
    pa.Table of FILMS
        The films that `links` names, by ascending id.
    """
    row_of = {str(film): row for row, film in enumerate(films.column("film_id").to_pylist())}
    found = sorted((film, tmdb) for film, (_, tmdb) in links.items() if tmdb in row_of)
    chosen = films.take(pa.array([row_of[str(tmdb)] for _, tmdb in found], pa.int64()))
    ids, tmdb_ids = [film for film, _ in found], [tmdb for _, tmdb in found]
    for name, values in (("film_id", ids), ("tmdb_id", tmdb_ids)):
        at = FILMS.get_field_index(name)
        chosen = chosen.set_column(at, FILMS.field(name), pa.array(values, FILMS.field(name).type))
    return chosen
