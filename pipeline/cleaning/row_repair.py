"""Repair all columns of a partition, and count what the repair loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.columns import PLAIN, PROSE, TITLE, repair_lists, repair_texts
from pipeline.cleaning.numbers import BOUNDS, bound_number, bound_year, year_of_date
from pipeline.cleaning.placeholders import find_placeholders
from pipeline.cleaning.text_repair import CHARS_PER_WORD, UNSPACED
from pipeline.schemas.mining import MOVIES
from pipeline.schemas.reading import CUT, DROPPED, UNKNOWN, LossTally
from pipeline.settings import CleanSettings

__all__ = ["Repaired", "repair_rows"]

_TEXTS = {
    "title": TITLE,
    "overview": PROSE,
    "tagline": PROSE,
    "language": PLAIN,
    "poster_path": PLAIN,
    "release_date": PLAIN,
}
_LISTS = ("genres", "keywords", "directors", "cast", "countries")
_CODE_CHARS = 2  # length of a language code
_TITLE_CHARS = 500  # the longest real title has about 200


@dataclass(frozen=True)
class Repaired:
    """The repaired rows of a partition.

    Attributes
    ----------
    rows : pa.Table
        Table of MOVIES in the order of the input.
    words : np.ndarray
        Words of each overview; 0 without one.
    placeholders : np.ndarray
        Positions of the overviews that only say that there is none.
    losses : pa.Table
        Table of CELL_LOSSES.
    """

    rows: pa.Table
    words: np.ndarray
    placeholders: np.ndarray
    losses: pa.Table


class _Losses:
    """Counts the lost cells of a table by their positions."""

    def __init__(self, movies: pa.Table) -> None:
        self._movies = movies
        self._tally = LossTally()

    def add(self, column: str, loss: str, positions: np.ndarray, detail: str) -> None:
        if not len(positions):
            return
        lost = self._movies.select(list(dict.fromkeys(["source", "row", column]))).take(positions)
        for row in lost.to_pylist():
            self._tally.add(
                row["source"], column, None, loss, row["row"] or 0, _shown(row[column]), detail
            )

    def table(self) -> pa.Table:
        return self._tally.table()


def repair_rows(movies: pa.Table, settings: CleanSettings) -> Repaired:
    """Repair the cells of all rows; an impossible value becomes null.

    Parameters
    ----------
    movies : pa.Table
        Table of MOVIES, each column in one chunk.
    settings : CleanSettings
        The limits.
    """
    columns = {name: _whole(movies.column(name)) for name in MOVIES.names}
    losses = _Losses(movies)
    limit = settings.max_overview_chars
    for name, kind in _TEXTS.items():
        most = min(limit, _TITLE_CHARS) if name == "title" else limit
        texts = repair_texts(columns[name], kind, most)
        losses.add(name, DROPPED, texts.dropped, "has control characters")
        losses.add(name, CUT, texts.cut, f"is longer than {most:,} characters")
        columns[name] = texts.values
    for name in _LISTS:
        lists = repair_lists(columns[name], min(limit, _TITLE_CHARS), settings.max_list_items)
        losses.add(name, DROPPED, lists.dropped, "has control characters")
        losses.add(
            name,
            CUT,
            lists.cut,
            f"has more than {settings.max_list_items:,} entries, or one longer than "
            f"{min(limit, _TITLE_CHARS):,} characters",
        )
        columns[name] = lists.values
    for name, (low, high) in BOUNDS.items():
        columns[name], impossible = bound_number(name, columns[name])
        bounds = f"{low:g} to {high:g}" if np.isfinite(high) else "0 or more"
        losses.add(name, UNKNOWN, impossible, f"is not {bounds}")
    columns["vote_average"] = _rating(columns["vote_average"], columns["vote_count"])
    _repair_dates(columns, settings, losses)
    columns["language"] = _lower_codes(columns["language"])
    placeholders = find_placeholders(columns["overview"], columns["title"])
    columns["tagline"] = _without(columns["tagline"], find_placeholders(columns["tagline"]))
    return Repaired(
        pa.table([columns[name] for name in MOVIES.names], schema=MOVIES),
        _count_words(columns["overview"]),
        placeholders,
        losses.table(),
    )


def _repair_dates(columns: dict[str, pa.Array], settings: CleanSettings, losses: _Losses) -> None:
    """Replace impossible years and dates by null; a date gives the year where it is unknown."""
    first, last = settings.first_year, settings.last_year
    detail = f"is not from {first} to {last}"
    years, impossible = bound_year(columns["year"], first, last)
    losses.add("year", UNKNOWN, impossible, detail)
    of_date = year_of_date(columns["release_date"])
    bounded, impossible = bound_year(of_date, first, last)
    losses.add("release_date", UNKNOWN, impossible, detail)
    lost = pc.and_(of_date.is_valid(), bounded.is_null())
    columns["release_date"] = pc.if_else(
        lost, pa.scalar(None, pa.string()), columns["release_date"]
    )
    columns["year"] = pc.coalesce(years, bounded)


def _rating(averages: pa.Array, counts: pa.Array) -> pa.Array:
    """Replace 0 by null where there are no votes: then it is not a rating."""
    unrated = pc.and_(pc.equal(averages, 0), pc.equal(pc.fill_null(counts, 0), 0)).fill_null(False)
    return pc.if_else(unrated, pa.scalar(None, pa.float64()), averages)


def _lower_codes(languages: pa.Array) -> pa.Array:
    is_code = pc.equal(pc.utf8_length(languages), _CODE_CHARS)
    return pc.if_else(is_code, pc.utf8_lower(languages), languages)


def _count_words(overviews: pa.Array) -> np.ndarray:
    """`text_repair.count_words` of texts on one line without spaces at their ends."""
    words = pc.add(pc.count_substring(overviews, " "), 1).fill_null(0).to_numpy()
    counts: np.ndarray = words.astype(np.int64)
    other = np.flatnonzero(~pc.string_is_ascii(overviews).fill_null(True).to_numpy(False))
    if len(other):
        unspaced = pc.count_substring_regex(overviews.take(pa.array(other)), UNSPACED).to_numpy()
        counts[other] = np.maximum(counts[other], unspaced // CHARS_PER_WORD)
    return counts


def _without(texts: pa.Array, positions: np.ndarray) -> pa.Array:
    mask = np.zeros(len(texts), bool)
    mask[positions] = True
    return pc.if_else(pa.array(mask), pa.scalar(None, pa.string()), texts)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.combine_chunks()
    return chunks.chunk(0) if isinstance(chunks, pa.ChunkedArray) else chunks


def _shown(value: object) -> object:
    return value[:3] if isinstance(value, list) else value
