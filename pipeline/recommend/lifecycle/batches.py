"""Weekly batches of ratings: each is ingested once, completely or not at all, in order or late.

The file is written first and is named by its content; the row in the database makes it count. If a
process is killed in between, the same command writes the same file again and adds the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.errors import CorruptFileError, SourceError
from pipeline.fileio.atomic import replacing
from pipeline.fileio.parquet import read_table, table_digest, write_table
from pipeline.recommend.data.ingest import add_row_numbers, deduplicate
from pipeline.recommend.data.temporal_split import split_by_week, week_name
from pipeline.recommend.documents import BatchResult, BatchStatistics, IngestionRow
from pipeline.recommend.lifecycle.database import UpkeepDatabase
from pipeline.recommend.lifecycle.drift import count_ratings
from pipeline.schemas.mining import validate
from pipeline.schemas.ratings import RATING_REJECTS, RATINGS
from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.layout import find_layout
from pipeline.sources.movielens.ratings_file import RatingRows, check_ratings
from pipeline.sources.movielens.source import MovieLens

__all__ = ["ingest_by_week", "list_batches", "list_rating_files", "read_ratings_file"]

_FOLDER = "batches"
_SUFFIXES = (".csv", ".tsv", ".dat", ".data", ".parquet")
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")


def list_rating_files(places: Sequence[str]) -> list[Path]:
    """Return files of ratings: those named, and those in the folders named, sorted by name.

    Parameters
    ----------
    places : sequence of str
        Files and folders.

    Raises
    ------
    SourceError
        If a file or folder does not exist; the message names it.
    """
    files: list[Path] = []
    for place in map(Path, places):
        if not place.exists():
            raise SourceError(f"{place}: there is no such file or folder of ratings")
        if place.is_dir():
            files += sorted(path for path in place.iterdir() if _may_be_ratings(path))
        else:
            files.append(place)
    return files


def _may_be_ratings(path: Path) -> bool:
    """Return whether a file of a folder is not known to be something else, such as films."""
    name = path.name.lower()
    packed = name.endswith(_COMPRESSED)
    if not path.is_file() or not (packed or name.endswith(_SUFFIXES)):
        return False
    try:
        return name.endswith(".zip") or find_layout(DataFile(path)).role in ("ratings", None)
    except SourceError:
        return True  # reading it says what is wrong


def read_ratings_file(path: Path) -> tuple[pa.Table, dict[str, int]]:
    """Read a file of ratings in any layout of MovieLens, or a Parquet file of RATINGS.

    Parameters
    ----------
    path : Path
        The file; it may be compressed, or a zip archive with one file of ratings.

    Returns
    -------
    ratings : pa.Table of RATINGS
        The last rating of each user for each film.
    rejected : dict of str to int
        Number of rejected rows by reason.

    Raises
    ------
    SourceError
        If the file cannot be read, or has no valid rating or no times; the message names it.
    """
    chunks = _read_released(path) if path.suffix == ".parquet" else None
    if chunks is None:
        source = MovieLens(path).ratings_file
        chunks = list(source.rows())
        if source.survey.unit is None and any(chunk.good.num_rows for chunk in chunks):
            raise SourceError(
                f"{path}: has no times, and a batch belongs to a week: add the column timestamp"
            )
    rejected: dict[str, int] = {}
    columns = [*RATINGS.names, "row"]
    empty = add_row_numbers(RATINGS.empty_table())
    raw = pa.concat_tables([empty, *(c.good.select(columns).cast(empty.schema) for c in chunks)])
    ratings, repeated = deduplicate(raw, path.name)
    for table in (*(chunk.rejects for chunk in chunks), repeated):
        for reason in table.column("reason").to_pylist():
            rejected[reason] = rejected.get(reason, 0) + 1
    if not ratings.num_rows:
        reasons = rejected or "the file has no rows"
        raise SourceError(f"{path}: none of its rows is a rating: {reasons}")
    return ratings, rejected


def _read_released(path: Path) -> list[RatingRows] | None:
    """Return the rows of a Parquet file of RATINGS; None if it has other columns."""
    try:
        table = read_table(path)
    except CorruptFileError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    if table.schema.names != RATINGS.names:
        return None
    table = validate(table, RATINGS, name=path.name)
    rows = RatingRows(add_row_numbers(table), RATING_REJECTS.empty_table())
    return [check_ratings(rows, path.name)]


def ingest_by_week(
    folder: Path,
    database: UpkeepDatabase,
    name: str,
    ratings: pa.Table,
    rejected: dict[str, int],
) -> list[BatchResult]:
    """Ingest ratings into `DIR/ratings`, as one batch per week.

    Parameters
    ----------
    folder : Path
        `DIR/ratings`.
    database : UpkeepDatabase
        Its database.
    name : str
        Name of the source; only 200 characters are stored.
    ratings : pa.Table of RATINGS
        In any row order.
    rejected : dict of str to int
        Number of rejected rows of the source by reason; stored with its first week.

    Returns
    -------
    list of BatchResult
        One per week, in order. A week with the very same ratings as before is not new.
    """
    place = folder / _FOLDER
    place.mkdir(parents=True, exist_ok=True)
    results: list[BatchResult] = []
    for number, (start, part) in enumerate(split_by_week(ratings)):
        week, digest = week_name(start), table_digest(part)
        path = place / f"{week}-{digest[:16]}.parquet"
        known = [row["week"] for row in database.ingestions()]
        if not path.is_file():
            with replacing(path, alone=True) as temporary:
                write_table(temporary, part)
        late = bool(known) and week < max(known)
        own = rejected if number == 0 else {}  # counts of a source, so they are stored only once
        seconds = part.column("timestamp").to_numpy()
        statistics: BatchStatistics = {
            "users": len(set(part.column("user_id").to_pylist())),
            "counts": list(count_ratings(part.column("rating").to_numpy()).counts),
            "first_second": int(seconds.min()),
            "last_second": int(seconds.max()),
        }
        new = database.add_once(
            "ingestions",
            digest=digest,
            name=name[:200],
            week=week,
            file=f"{_FOLDER}/{path.name}",
            rows_in=part.num_rows + sum(own.values()),
            kept=part.num_rows,
            rejected=own,
            late=late,
            statistics=statistics,
        )
        results.append({"week": week, "kept": part.num_rows, "late": late and new, "new": new})
    return results


def list_batches(folder: Path, database: UpkeepDatabase) -> list[tuple[IngestionRow, Path]]:
    """Return the ingested batches and their files, by week and then in order of arrival.

    Parameters
    ----------
    folder : Path
        `DIR/ratings`.
    database : UpkeepDatabase
        Its database.
    """
    rows = sorted(database.ingestions(), key=lambda row: (row["week"], row["id"]))
    return [(row, folder / row["file"]) for row in rows]
