"""Answers to a Parquet table of films; its bytes depend on the answers, not on when they came."""

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
from pipeline.sources.tmdb.response_cache import Answers

__all__ = ["Written", "write_films"]

_ROW_GROUP = 2_048  # films with their casts, crews and reviews held at once


@dataclass
class Written:
    """A table that was written, and what became of the films asked for."""

    file: str
    films: int = 0
    sha256: str = ""
    bytes: int = 0
    not_there: list[int] = field(default_factory=list)  # TMDB has no such film (any more)
    few_votes: int = 0  # left out by fetch.min_votes
    missing: list[int] = field(default_factory=list)  # without an answer


def write_films(
    path: Path, films: Iterable[int], answers: Answers, settings: FetchSettings
) -> Written:
    """Write the rows of films, in the order of `films`, and put the file in place at once.

    Raises
    ------
    StoreError
        when there is no room for it; the file that was there before stands.
    """
    written = Written(path.name)
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
            for rows in _batches(_rows(films, answers, settings, written)):
                writer.write_table(pa.Table.from_pylist(rows, schema))
                written.films += len(rows)
        sync_file(temporary)
        written.sha256, written.bytes = file_sha256(temporary), temporary.stat().st_size
    return written


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROW_GROUP)):
        yield batch


def _rows(
    films: Iterable[int], answers: Answers, settings: FetchSettings, written: Written
) -> Iterator[dict[str, Any]]:
    for film in films:
        key = film_request(film, settings).key
        if not answers.has(key):
            written.missing.append(film)
            continue
        answer = answers.get(key)
        if answer.status != 200:
            written.not_there.append(film)
            continue
        told = answer.json()
        keys = [review_request(film, n, settings).key for n in review_pages(told, settings)]
        row = film_row(told, [answers.get(key).json() for key in keys if answers.has(key)])
        row["id"] = film
        if (row["vote_count"] or 0) < settings.min_votes:
            written.few_votes += 1
            continue
        yield row
