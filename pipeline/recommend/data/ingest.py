"""MovieLens to Parquet: ratings in partitions by user, films, rejects; whole or not at all.

Rows are read once, chunk by chunk, dealt to partitions by a hash of the user, and each partition is
then sorted and rid of what was rated again. Memory depends on the size of a partition only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from pipeline.schemas.ratings import RATING_REJECTS, RATINGS
from pipeline.sources.movielens.source import MovieLens
from pipeline.storage.model_folder import new_folder, read_told, sums_of, write_told

__all__ = ["MANIFEST", "Prepared", "numbered", "partition_of", "prepare", "settled"]

VERSION = 1  # raised by hand whenever the same files would give other partitions
MANIFEST = "manifest.json"
FORMAT = 1
PARTITION_BYTES = 48 * 2**20  # of the file of ratings, for each partition
_RAW = pa.schema([*RATINGS, ("row", pa.int64())])
_EXAMPLES = 20  # rejects of each reason that the manifest shows

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Prepared:
    """A folder of prepared ratings: `films.parquet`, `ratings-NNN.parquet`, `rejects.parquet`."""

    folder: Path

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Counts, files and checksums; raises as `read_told` does."""
        absent = f"{self.folder} holds no prepared ratings: run `microgenres ratings train`"
        return read_told(self.folder / MANIFEST, FORMAT, absent, "remove it and prepare again")

    @property
    def partitions(self) -> list[Path]:
        """The files of ratings, in order."""
        return sorted(self.folder.glob("ratings-*.parquet"))

    def films(self) -> pa.Table:
        """FILMS."""
        return read_table(self.folder / "films.parquet")

    def rejects(self) -> pa.Table:
        """RATING_REJECTS."""
        return read_table(self.folder / "rejects.parquet")

    def ratings(self) -> Iterator[pa.Table]:
        """RATINGS, one partition after the other."""
        for path in self.partitions:
            yield read_table(path)

    def whole(self) -> pa.Table:
        """RATINGS of all partitions."""
        return pa.concat_tables([RATINGS.empty_table(), *self.ratings()])


def partition_of(user_ids: np.ndarray, count: int) -> np.ndarray:
    """The partition of each user, int64 below `count`: Fibonacci hashing of the id."""
    mixed = user_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(40)) % np.uint64(count)).astype(np.int64)


def prepare(source: Path, out: Path, progress: Progress | None = None) -> Prepared:
    """The ratings of a MovieLens folder as Parquet below `out`; what is there already is taken.

    Parameters
    ----------
    progress : told how many rows have been read, after each chunk.

    Raises
    ------
    SourceError
        naming the file and the cause, when it cannot be read or holds no rating at all.
    """
    movielens = MovieLens(source)
    files = sorted(p for p in source.iterdir() if p.suffix in (".csv", ".dat") and p.is_file())
    mark = fingerprint(VERSION, PARTITION_BYTES, {p.name: file_sha256(p) for p in files})[:16]
    folder = out / f"ratings-{mark}"
    if (folder / MANIFEST).is_file():
        return Prepared(folder)
    with new_folder(folder) as attempt:
        _fill(movielens, attempt, progress)
    return Prepared(folder)


def _fill(movielens: MovieLens, folder: Path, progress: Progress | None) -> None:
    count = max(1, -(-movielens.ratings_file.stat().st_size // PARTITION_BYTES))
    films, film_rejects = movielens.films()
    write_table(folder / "films.parquet", films)
    rejects = pq.ParquetWriter(folder / "rejects.parquet", RATING_REJECTS)
    rejects.write_table(film_rejects)
    counts = dict.fromkeys(("rows_in", "kept", "rejected"), 0)
    reasons: dict[str, int] = {}
    shown: list[dict[str, Any]] = []

    def reject(table: pa.Table) -> None:
        counts["rejected"] += table.num_rows
        for reason in table.column("reason").value_counts().to_pylist():
            reasons[reason["values"]] = reasons.get(reason["values"], 0) + reason["counts"]
            own = table.slice(0, 2_000).to_pylist()
            shown.extend([r for r in own if r["reason"] == reason["values"]][:_EXAMPLES])
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
                _deal(chunk.good.select(_RAW.names).cast(_RAW), writers)
                if progress is not None:
                    progress(counts["rows_in"])
        seconds: list[tuple[int, int]] = []
        for number, path in enumerate(raw):
            kept, again = settled(read_table(path), movielens.ratings_file.name)
            if again.num_rows:
                reject(again)
            counts["kept"] += kept.num_rows
            if kept.num_rows:
                time = kept.column("timestamp").to_numpy()
                seconds.append((int(time.min()), int(time.max())))
            write_table(folder / f"ratings-{number:03d}.parquet", kept)
            path.unlink()
    if not counts["kept"]:
        raise SourceError(
            f"{movielens.ratings_file}: none of its {counts['rows_in']:,} rows is a rating: "
            f"{reasons or 'there are none'}"
        )
    told = {
        "format": FORMAT,
        "source": movielens.folder.name,
        "films": films.num_rows,
        **counts,
        "rejects": dict(sorted(reasons.items())),
        "examples": shown[: 5 * _EXAMPLES],
        "first_second": min(first for first, _ in seconds),
        "last_second": max(last for _, last in seconds),
        "files": sums_of(folder, sorted(folder.glob("*.parquet"))),
    }
    write_told(folder / MANIFEST, told)


def _deal(table: pa.Table, writers: list[pq.ParquetWriter]) -> None:
    if len(writers) == 1:
        writers[0].write_table(table)
        return
    part = partition_of(table.column("user_id").to_numpy(), len(writers))
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(len(writers) + 1))
    dealt = table.take(pa.array(order))
    for number, writer in enumerate(writers):
        own = dealt.slice(bounds[number], bounds[number + 1] - bounds[number])
        if own.num_rows:
            writer.write_table(own)


def numbered(ratings: pa.Table) -> pa.Table:
    """Ratings with their numbers from 1 as `row`, which `settled` needs."""
    return ratings.append_column("row", pa.array(np.arange(1, ratings.num_rows + 1)))


def settled(raw: pa.Table, name: str) -> tuple[pa.Table, pa.Table]:
    """Ratings with `row`, in any order, to RATINGS of which each user rates a film once.

    The last rating of a film counts, of two in the same second the later row. Sorted by user, time
    and film. Also the rejects: what was rated again.
    """
    user, film, time, row = (
        raw.column(name).to_numpy() for name in ("user_id", "film_id", "timestamp", "row")
    )
    order = np.lexsort((row, time, film, user))
    user, film = user[order], film[order]
    last = np.ones(len(order), bool)
    last[:-1] = (user[1:] != user[:-1]) | (film[1:] != film[:-1])
    again = np.sort(row[order[~last]])
    kept = order[last]
    kept = kept[np.lexsort((film[last], time[kept], user[last]))]
    count = len(again)
    rejects = [[name] * count, again, ["rated_again"] * count, [None] * count]
    return (
        raw.select(RATINGS.names).take(pa.array(kept)).combine_chunks(),
        pa.table(rejects, schema=RATING_REJECTS),
    )
