"""Weekly batches of ratings: each ingested once, whole or not at all, in order or late.

The file comes first, named by its content; the row in the record makes it exist. Killed between
the two, the same command writes the same file again and adds the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import CorruptFileError, SourceError
from pipeline.fileio.atomic import replacing
from pipeline.fileio.parquet import read_table, table_digest, write_table
from pipeline.recommend.data.ingest import numbered, settled
from pipeline.recommend.data.temporal_split import week_name, weeks
from pipeline.recommend.lifecycle.database import Record
from pipeline.recommend.lifecycle.drift import shape_of
from pipeline.schemas.mining import validate
from pipeline.schemas.ratings import RATING_REJECTS, RATINGS
from pipeline.sources.movielens.rows import RatingRows, read_rows
from pipeline.sources.movielens.source import RATING_NAMES, judged

__all__ = ["ingest", "ingested", "rating_files", "ratings_file"]

_FOLDER = "batches"
_KINDS = (".csv", ".parquet")


def rating_files(places: Sequence[str]) -> list[Path]:
    """Files as they are named, and of a folder those it holds, by name.

    Raises
    ------
    SourceError
        naming what is not there.
    """
    found: list[Path] = []
    for place in map(Path, places):
        if not place.exists():
            raise SourceError(f"{place}: there is no such file or folder of ratings")
        inside = [p for p in place.iterdir() if p.suffix in _KINDS] if place.is_dir() else [place]
        found += sorted(inside)
    return found


def ratings_file(path: Path) -> tuple[pa.Table, dict[str, int]]:
    """The ratings of a CSV file of MovieLens's columns, or of a Parquet file of RATINGS.

    Returns
    -------
    RATINGS, and how many rows were rejected for each reason.

    Raises
    ------
    SourceError
        naming the file, when it cannot be read or no row of it is a rating.
    """
    if path.suffix == ".parquet":
        try:
            found = validate(read_table(path), RATINGS, name=path.name)
        except CorruptFileError as error:
            raise SourceError(f"{path}: cannot be read: {error}") from error
        chunks = [judged(RatingRows(numbered(found), RATING_REJECTS.empty_table()), path.name)]
    else:
        chunks = [judged(chunk, path.name) for chunk in read_rows(path, RATING_NAMES, RATINGS)]
    rejected: dict[str, int] = {}
    raw = pa.concat_tables([c.good.select([*RATINGS.names, "row"]) for c in chunks])
    kept, again = settled(raw, path.name)
    for table in (*(chunk.rejects for chunk in chunks), again):
        for reason in table.column("reason").to_pylist():
            rejected[reason] = rejected.get(reason, 0) + 1
    if not kept.num_rows:
        raise SourceError(f"{path}: none of its rows is a rating: {rejected or 'there are none'}")
    return kept, rejected


def ingest(
    folder: Path, record: Record, name: str, ratings: pa.Table, rejected: dict[str, int]
) -> list[dict[str, Any]]:
    """Ingest ratings into `DIR/ratings`, a batch for each week of them that is not there yet.

    Returns
    -------
    For each week: `week`, `kept`, `late` (an earlier week than one there was), `new` (False when
    the very same ratings had been ingested).
    """
    place = folder / _FOLDER
    place.mkdir(parents=True, exist_ok=True)
    told = []
    for number, (start, part) in enumerate(weeks(ratings)):
        week, digest = week_name(start), table_digest(part)
        path = place / f"{week}-{digest[:16]}.parquet"
        known = [row["week"] for row in record.rows("ingestions")]
        if not path.is_file():
            with replacing(path, alone=True) as temporary:
                write_table(temporary, part)
        late = bool(known) and week < max(known)
        own = rejected if number == 0 else {}  # of a file, not of a week: counted once
        stars = part.column("rating").to_numpy()
        new = record.add_once(
            "ingestions",
            digest=digest,
            name=name[:200],
            week=week,
            file=f"{_FOLDER}/{path.name}",
            rows_in=part.num_rows + sum(own.values()),
            kept=part.num_rows,
            rejected=own,
            late=late,
            told={
                "users": len(set(part.column("user_id").to_pylist())),
                "counts": list(shape_of(stars).counts),
                "first_second": int(part.column("timestamp").to_numpy().min()),
                "last_second": int(part.column("timestamp").to_numpy().max()),
            },
        )
        told.append({"week": week, "kept": part.num_rows, "late": late and new, "new": new})
    return told


def ingested(folder: Path, record: Record) -> list[tuple[dict[str, Any], Path]]:
    """What was ingested, by week and then as it came, with its files."""
    rows = sorted(record.rows("ingestions"), key=lambda row: (row["week"], row["id"]))
    return [(row, folder / row["file"]) for row in rows]
