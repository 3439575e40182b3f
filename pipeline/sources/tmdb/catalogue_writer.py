"""Write responses as a Parquet table of films; the bytes depend on the responses only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.fileio.atomic import replacing, sync_file
from pipeline.fileio.manifest import file_sha256
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.film_mapping import (
    CATALOGUE,
    film_request,
    film_row,
    review_pages,
    review_request,
)
from pipeline.sources.tmdb.response_cache import ResponseCache

__all__ = ["CatalogueSummary", "write_films"]

_ROW_GROUP = 2_048  # films with their casts, crews and reviews in memory at once


@dataclass
class CatalogueSummary:
    """A table that was written, and the result of each requested film; part of the manifest.

    Attributes
    ----------
    file : str
        Name of the file.
    films : int
        Number of rows.
    sha256 : str
        SHA-256 of the file (hex).
    bytes : int
        Size of the file.
    not_there : list of int
        Ids that TMDB does not have (any more).
    few_votes : int
        Number of films excluded by `fetch.min_votes`.
    missing : list of int
        Ids without a response.
    """

    file: str
    films: int = 0
    sha256: str = ""
    bytes: int = 0
    not_there: list[int] = field(default_factory=list)
    few_votes: int = 0
    missing: list[int] = field(default_factory=list)


def write_films(
    path: Path, films: Iterable[int], cache: ResponseCache, settings: FetchSettings
) -> CatalogueSummary:
    """Write the rows of films and replace the file atomically.

    Parameters
    ----------
    path : Path
        The Parquet file, a table of CATALOGUE.
    films : iterable of int
        TMDB ids, in the order of the rows.
    cache : ResponseCache
        The responses.
    settings : FetchSettings
        Language, pages of reviews and fewest votes.

    Raises
    ------
    StoreError
        If the disk is full; the previous file is unchanged.
    """
    summary = CatalogueSummary(path.name)
    schema = CATALOGUE.with_metadata({"attribution": ATTRIBUTION})
    with replacing(path, alone=True) as temporary:
        with pq.ParquetWriter(
            temporary,
            schema,
            version="2.6",
            data_page_version="1.0",
            compression="zstd",
            compression_level=3,
            write_page_checksum=True,
        ) as writer:
            for rows in _batches(_rows(films, cache, settings, summary)):
                writer.write_table(pa.Table.from_pylist(rows, schema))
                summary.films += len(rows)
        sync_file(temporary)
        summary.sha256, summary.bytes = file_sha256(temporary), temporary.stat().st_size
    return summary


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROW_GROUP)):
        yield batch


def _rows(
    films: Iterable[int], cache: ResponseCache, settings: FetchSettings, summary: CatalogueSummary
) -> Iterator[dict[str, Any]]:
    """Yield the row of each film; count the others in `summary`."""
    for film in films:
        key = film_request(film, settings).key
        if not cache.has(key):
            summary.missing.append(film)
            continue
        response = cache.get(key)
        if response.status != 200:
            summary.not_there.append(film)
            continue
        details = response.json()
        keys = [review_request(film, n, settings).key for n in review_pages(details, settings)]
        row = film_row(details, [cache.get(key).json() for key in keys if cache.has(key)])
        row["id"] = film
        if (row["vote_count"] or 0) < settings.min_votes:
            summary.few_votes += 1
            continue
        yield row
