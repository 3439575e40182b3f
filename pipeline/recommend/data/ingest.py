"""MovieLens to Parquet: partitions of ratings by user, films and rejects; all of it or nothing.

The rows are read once, chunk by chunk, and distributed to partitions by a hash of the user. Each
partition is then sorted and deduplicated. Memory depends only on the size of a partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.fileio.manifest import file_sha256, fingerprint
from pipeline.fileio.parquet import read_table, write_table
from pipeline.recommend.documents import PreparedManifest, RejectExample, parse_document
from pipeline.schemas.ratings import RATING_REJECTS, RATINGS
from pipeline.sources.movielens.source import MovieLens
from pipeline.storage.model_folder import file_checksums, new_folder, read_json, write_json

__all__ = [
    "MANIFEST",
    "PreparedRatings",
    "add_row_numbers",
    "deduplicate",
    "partition_of",
    "prepare",
]

VERSION = 2  # raised by hand whenever the same files would give other partitions
MANIFEST = "manifest.json"
FORMAT = 1
PARTITION_BYTES = 48 * 2**20  # bytes of the file of ratings per partition
_RAW = pa.schema([*RATINGS, ("row", pa.int64())])
_EXAMPLES = 20  # rejects of each reason that the manifest shows


@dataclass(frozen=True)
class PreparedRatings:
    """A folder of prepared ratings: `films.parquet`, `ratings-NNN.parquet`, `rejects.parquet`."""

    folder: Path

    @property
    def manifest(self) -> PreparedManifest:
        """Counts, files and checksums; raises ModelError or CorruptFileError."""
        path = self.folder / MANIFEST
        absent = f"{self.folder} has no prepared ratings: run `microgenres ratings train`"
        fields = read_json(path, FORMAT, absent, "remove it and prepare again")
        return parse_document(PreparedManifest, fields, path)

    @property
    def partitions(self) -> list[Path]:
        """The files of ratings, in order."""
        return sorted(self.folder.glob("ratings-*.parquet"))

    def films(self) -> pa.Table:
        """Read FILMS."""
        return read_table(self.folder / "films.parquet")

    def rejects(self) -> pa.Table:
        """Read RATING_REJECTS."""
        return read_table(self.folder / "rejects.parquet")

    def ratings(self) -> Iterator[pa.Table]:
        """Read RATINGS, one partition after the other."""
        for path in self.partitions:
            yield read_table(path)

    def whole(self) -> pa.Table:
        """Read RATINGS of all partitions into one table."""
        return pa.concat_tables([RATINGS.empty_table(), *self.ratings()])


def partition_of(user_ids: np.ndarray, count: int) -> np.ndarray:
    """Return the partition of each user, by a hash of the id.

    Parameters
    ----------
    user_ids : ndarray of shape (n,), int64
        Ids of users.
    count : int
        Number of partitions.

    Returns
    -------
    ndarray of shape (n,), int64
        0 to count - 1.

    Notes
    -----
    Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4.
    """
    mixed = user_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(40)) % np.uint64(count)).astype(np.int64)


def prepare(source: Path, out: Path) -> PreparedRatings:
    """Convert ratings in any layout of MovieLens to Parquet, unless that is done already.

    Parameters
    ----------
    source : Path
        Folder or zip archive of MovieLens, or a file of ratings beside its list of films.
    out : Path
        The result is a folder in it, named by a hash of the source files.

    Raises
    ------
    SourceError
        If a file cannot be read or has no valid rating; the message names the file and the cause.
    """
    movielens = MovieLens(source)
    hashes = {file.path: "" for file in movielens.files.values()}
    hashes = {path: file_sha256(path) for path in hashes}
    used = {role: [f.name, f.member, hashes[f.path]] for role, f in movielens.files.items()}
    mark = fingerprint(VERSION, PARTITION_BYTES, used)[:16]
    folder = out / f"ratings-{mark}"
    if (folder / MANIFEST).is_file():
        return PreparedRatings(folder)
    with new_folder(folder) as attempt:
        _fill(movielens, attempt)
    return PreparedRatings(folder)


def _fill(movielens: MovieLens, folder: Path) -> None:
    count = max(1, -(-movielens.ratings_file.file.text_bytes // PARTITION_BYTES))
    films, film_rejects = movielens.films()
    write_table(folder / "films.parquet", films)
    rejects = pq.ParquetWriter(folder / "rejects.parquet", RATING_REJECTS)
    rejects.write_table(film_rejects)
    counts = dict.fromkeys(("rows_in", "kept", "rejected"), 0)
    reasons: dict[str, int] = {}
    examples: list[dict[str, Any]] = []

    def reject(table: pa.Table) -> None:
        counts["rejected"] += table.num_rows
        for reason in table.column("reason").value_counts().to_pylist():
            reasons[reason["values"]] = reasons.get(reason["values"], 0) + reason["counts"]
            first = table.slice(0, 2_000).to_pylist()
            examples.extend([r for r in first if r["reason"] == reason["values"]][:_EXAMPLES])
        rejects.write_table(table)

    raw = [folder / f".raw-{number:03d}.parquet" for number in range(count)]
    with ExitStack() as stack:
        stack.callback(rejects.close)
        with ExitStack() as open_raw:
            writers = [open_raw.enter_context(pq.ParquetWriter(path, _RAW)) for path in raw]
            for chunk in movielens.ratings():
                counts["rows_in"] += chunk.good.num_rows + chunk.rejects.num_rows
                if chunk.rejects.num_rows:
                    reject(chunk.rejects)
                _distribute(chunk.good.select(_RAW.names).cast(_RAW), writers)
        seconds: list[tuple[int, int]] = []
        for number, path in enumerate(raw):
            ratings, repeated = deduplicate(read_table(path), movielens.ratings_file.name)
            if repeated.num_rows:
                reject(repeated)
            counts["kept"] += ratings.num_rows
            if ratings.num_rows:
                time = ratings.column("timestamp").to_numpy()
                seconds.append((int(time.min()), int(time.max())))
            write_table(folder / f"ratings-{number:03d}.parquet", ratings)
            path.unlink()
    if not counts["kept"]:
        raise SourceError(
            f"{movielens.ratings_file.file.shown}: none of its {counts['rows_in']:,} rows is a "
            f"rating: {reasons or 'the file has no rows'}"
        )
    manifest = PreparedManifest(
        format=FORMAT,
        source=movielens.place.name,
        films=films.num_rows,
        rows_in=counts["rows_in"],
        kept=counts["kept"],
        rejected=counts["rejected"],
        rejects=dict(sorted(reasons.items())),
        examples=[RejectExample(**row) for row in examples[: 5 * _EXAMPLES]],
        first_second=min(first for first, _ in seconds),
        last_second=max(last for _, last in seconds),
        notes=movielens.notes,
        has_links=movielens.has_links,
        files=file_checksums(folder, sorted(folder.glob("*.parquet"))),
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))


def _distribute(table: pa.Table, writers: list[pq.ParquetWriter]) -> None:
    if len(writers) == 1:
        writers[0].write_table(table)
        return
    part = partition_of(table.column("user_id").to_numpy(), len(writers))
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(len(writers) + 1))
    ordered = table.take(pa.array(order))
    for number, writer in enumerate(writers):
        rows = ordered.slice(bounds[number], bounds[number + 1] - bounds[number])
        if rows.num_rows:
            writer.write_table(rows)


def add_row_numbers(ratings: pa.Table) -> pa.Table:
    """Append the column `row`, int64, with numbers from 1; `deduplicate` needs it.

    Parameters
    ----------
    ratings : pa.Table
        Any rows.
    """
    return ratings.append_column("row", pa.array(np.arange(1, ratings.num_rows + 1)))


def deduplicate(raw: pa.Table, name: str) -> tuple[pa.Table, pa.Table]:
    """Keep the last rating of each user for each film.

    Parameters
    ----------
    raw : pa.Table of RATINGS and `row`
        In any row order. If two ratings have the same second, the later row counts.
    name : str
        Name of the file, for the rejects.

    Returns
    -------
    ratings : pa.Table of RATINGS
        Sorted by user, time and film.
    rejects : pa.Table of RATING_REJECTS
        The repeated ratings, by ascending row.
    """
    user, film, time, row = (
        raw.column(name).to_numpy() for name in ("user_id", "film_id", "timestamp", "row")
    )
    order = np.lexsort((row, time, film, user))
    user, film = user[order], film[order]
    last = np.ones(len(order), bool)
    last[:-1] = (user[1:] != user[:-1]) | (film[1:] != film[:-1])
    repeated = np.sort(row[order[~last]])
    rows = order[last]
    rows = rows[np.lexsort((film[last], time[rows], user[last]))]
    count = len(repeated)
    rejects = [[name] * count, repeated, ["rated_again"] * count, [None] * count]
    return (
        raw.select(RATINGS.names).take(pa.array(rows)).combine_chunks(),
        pa.table(rejects, schema=RATING_REJECTS),
    )
