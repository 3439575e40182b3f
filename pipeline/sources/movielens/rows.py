"""Read a MovieLens file in chunks of constant memory: typed rows, and rejects with a reason."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from pipeline.errors import SourceError
from pipeline.schemas.ratings import RATING_REJECTS

__all__ = ["RatingRows", "read_rows"]

_BLOCK = 8 * 2**20  # bytes parsed at a time
_INTEGER, _NUMBER = r"^\s*[0-9]{1,18}\s*$", r"^\s*[0-9]{1,6}(\.[0-9]{1,12})?\s*$"


@dataclass(frozen=True)
class RatingRows:
    """Consecutive rows of a file.

    Attributes
    ----------
    good : pa.Table
        Rows in the schema of the file, and their numbers in `row`, from 1.
    rejects : pa.Table
        Table of RATING_REJECTS.
    """

    good: pa.Table
    rejects: pa.Table


def read_rows(
    path: Path, header: Mapping[str, str], schema: pa.Schema, *, double_colon: bool = False
) -> Iterator[RatingRows]:
    """Yield the rows of a CSV file, or of a `::` file without a header line.

    Parameters
    ----------
    path : Path
        The file.
    header : Mapping of str to str
        Column of the file to column of `schema`, in the order of the file.
    schema : pa.Schema
        Types of the columns.
    double_colon : bool
        Whether the file has `::` between cells, no header line, and is Latin-1.

    Yields
    ------
    RatingRows
        Consecutive rows.

    Raises
    ------
    SourceError
        If the file is missing, has another header, or cannot be read to its end; the message names
        it.
    """
    malformed: list[tuple[int, str]] = []

    def skip(row: Any) -> str:
        detail = f"{row.actual_columns} cells where there are {row.expected_columns}"
        malformed.append((int(row.number) - (0 if double_colon else 1), detail))
        return "skip"

    at, names = 0, list(header.values())
    try:
        with _open(path, double_colon) as handle:
            reader = pcsv.open_csv(
                handle,
                # with several threads the number of a malformed row is unknown
                read_options=pcsv.ReadOptions(
                    use_threads=False,
                    block_size=_BLOCK,
                    column_names=list(header) if double_colon else None,
                    encoding="latin1" if double_colon else "utf8",
                ),
                parse_options=pcsv.ParseOptions(
                    delimiter="\t" if double_colon else ",",
                    quote_char=False if double_colon else '"',
                    newlines_in_values=pa.string() in schema.types and not double_colon,
                    invalid_row_handler=skip,
                ),
                convert_options=pcsv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
                ),
            )
            if reader.schema.names != list(header):
                raise SourceError(
                    f"{path}: its columns are {', '.join(reader.schema.names)}; a MovieLens file "
                    f"has {', '.join(header)}"
                )
            for batch in reader:
                chunk = pa.Table.from_batches([batch]).rename_columns(names)
                rows, ended = _numbers(at, chunk.num_rows, [number for number, _ in malformed])
                own = [row for row in malformed if row[0] <= ended]
                malformed = [row for row in malformed if row[0] > ended]
                at = ended
                yield _convert(path.name, chunk, rows, schema, own)
            if malformed:
                empty = pa.table({name: pa.array([], pa.string()) for name in names})
                yield _convert(path.name, empty, np.zeros(0, np.int64), schema, malformed)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file; give the folder of MovieLens") from error
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"{path}: cannot be read past data row {at}: {error}; fetch it again"
        ) from error


def _open(path: Path, double_colon: bool) -> IO[bytes]:
    return io.BufferedReader(_TabReader(path)) if double_colon else open(path, "rb")


class _TabReader(io.RawIOBase):
    """Read a `::` file with tabs as separators; no separator is split between two blocks."""

    def __init__(self, path: Path) -> None:
        self._file, self._left = open(path, "rb"), b""  # noqa: SIM115 - closed by close()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read converted bytes into `buffer`."""
        if not self._left:
            block = self._file.read(2**20)
            if block.endswith(b":"):
                block += self._file.readline()
            self._left = block.replace(b"::", b"\t")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def _numbers(at: int, count: int, bad: list[int]) -> tuple[np.ndarray, int]:
    """Return the numbers (int64) of the next `count` good rows after row `at`, and the last one."""
    if not count:
        return np.zeros(0, np.int64), at
    numbers = np.arange(at + 1, at + 1 + count + len(bad), dtype=np.int64)
    if bad:
        numbers = numbers[~np.isin(numbers, bad)][:count]
    return numbers, int(numbers[-1])


def _convert(
    name: str,
    chunk: pa.Table,
    rows: np.ndarray,
    schema: pa.Schema,
    malformed: list[tuple[int, str]],
) -> RatingRows:
    wrong: dict[int, str] = {}
    columns = {}
    for field in schema:
        cells = chunk.column(field.name)
        try:
            columns[field.name] = pc.cast(pc.utf8_trim_whitespace(cells), field.type)
        except pa.ArrowInvalid:
            pattern = _INTEGER if pa.types.is_integer(field.type) else _NUMBER
            fits = pc.match_substring_regex(cells, pattern)
            for at in np.flatnonzero(~fits.to_numpy()):
                cell = cells[int(at)].as_py()
                wrong.setdefault(int(at), f"{field.name} is {cell[:40]!r}")
            numbers = pc.if_else(fits, pc.utf8_trim_whitespace(cells), pa.scalar(None, pa.string()))
            columns[field.name] = pc.cast(numbers, field.type)
    good = pa.table({**columns, "row": rows})
    rejects = [
        *({"row": row, "reason": "malformed_row", "detail": detail} for row, detail in malformed),
        *({"row": int(rows[i]), "reason": "wrong_type", "detail": t} for i, t in wrong.items()),
    ]
    if wrong:
        keep = np.ones(len(rows), bool)
        keep[list(wrong)] = False
        good = good.filter(pa.array(keep))
    rejects.sort(key=lambda reject: int(str(reject["row"])))
    return RatingRows(
        good, pa.Table.from_pylist([{"file": name, **r} for r in rejects], RATING_REJECTS)
    )
