"""A stage cut into pieces: what a piece is, which rows fall into it, and how one is worked.

No cluster in here: `work` runs in whatever process calls it.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel

from pipeline.errors import StageError
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.observability.log_records import logged_as, named
from pipeline.observability.memory import give_back
from pipeline.storage.work_store import Store

__all__ = [
    "Piece",
    "Stage",
    "StageResult",
    "partition_count",
    "partition_ids",
    "partition_of",
    "piece_fingerprint",
    "work",
]

logger = logging.getLogger(__name__)

# Bytes of inputs from which a piece begins and ends with no more memory than it needs.
_LARGE = 2**24
SMALL_ROWS, SMALL_PIECES, FULL_ROWS = 256, 16, 8_192


@dataclass(frozen=True)
class Stage:
    """One step of the route: a pure function over the tables of a piece.

    Parameters
    ----------
    name : names its folder in `work/`.
    version : raised by hand whenever the function's answer changes.
    function : importable at the top level of a module; takes the piece's tables and constants by
        keyword, and `settings` where there are any; returns tables by name.
    settings : the stage's own section; part of the fingerprint.
    conserves : names of an input, an output and a rejects table; the rows of the first must be
        those of the other two together.
    streamed : names of inputs that the function takes as `vectors.Parts`, not whole.
    lean : constants of a try after one that took too much memory, which make the function take
        less and answer the same; not part of the fingerprint.
    """

    name: str
    version: int
    function: Callable[..., Mapping[str, pa.Table]]
    settings: BaseModel | None = None
    conserves: tuple[str, str, str] | None = None
    lean: Mapping[str, Any] = field(default_factory=dict)
    streamed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        name = getattr(self.function, "__qualname__", "")
        found: Any = sys.modules.get(getattr(self.function, "__module__", ""))
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is not self.function:
            raise StageError(
                f"stage {self.name!r}: {self.function!r} cannot be imported by a worker; "
                "use a function at the top level of a module"
            )


@dataclass(frozen=True)
class Piece:
    """One unit of work: a key unique in its stage, input files by name, JSON constants."""

    key: str
    inputs: Mapping[str, tuple[FileRef, ...]]
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """What a stage made: manifests in the order of the pieces, without the quarantined ones.

    `reused` pieces were committed before; `quarantined` maps a key to its reason; `seconds` is
    wall time.
    """

    stage: str
    manifests: tuple[Manifest, ...]
    reused: int
    quarantined: Mapping[str, str]
    seconds: float

    def refs(self, output: str) -> tuple[FileRef, ...]:
        """The files of one output, in the order of the pieces; `StageError` if there is none."""
        for manifest in self.manifests:
            if output not in manifest.outputs:
                raise StageError(
                    f"stage {self.stage!r}, piece {manifest.key!r}: no output {output!r}; "
                    f"it made {sorted(manifest.outputs)}"
                )
        return tuple(manifest.outputs[output] for manifest in self.manifests)

    def rows(self, output: str) -> int:
        """Rows of one output, all pieces together."""
        return sum(ref.rows or 0 for ref in self.refs(output))


def piece_fingerprint(stage: Stage, piece: Piece, revision: str = "") -> str:
    """What the output of a piece depends on, as one SHA-256 (hex); its key is not among it."""
    settings = None if stage.settings is None else stage.settings.model_dump(mode="json")
    inputs = {name: [ref.sha256 for ref in refs] for name, refs in piece.inputs.items()}
    return fingerprint(stage.name, stage.version, settings, revision, inputs, dict(piece.constants))


def work(
    root: str, stage: Stage, piece: Piece, mark: str, lean: bool = False, run: str = ""
) -> Manifest:
    """Work one piece and commit it; `mark` is its fingerprint, `lean` takes `stage.lean` along.

    What is logged meanwhile names the run, the stage and the piece. Work that an attempt committed
    before its worker was lost is found, not done again.

    Raises
    ------
    StageError
        when the function returns no tables, or rows are lost or made.
    CorruptFileError
        when an input is not as committed.
    Exception
        whatever the function raises.
    """
    large = sum(ref.bytes for refs in piece.inputs.values() for ref in refs) > _LARGE
    with logged_as(run=run or named("run"), stage=stage.name, piece=piece.key):
        if large:
            give_back()
        try:
            return _work(Store(Path(root)), stage, piece, mark, lean)
        finally:
            if large:
                give_back()


def _work(store: Store, stage: Stage, piece: Piece, mark: str, lean: bool) -> Manifest:
    done = store.lookup(stage.name, piece.key, mark)
    if done is not None:
        logger.info("found done already")
        return done
    tables = {
        name: store.parts(refs) if name in stage.streamed else store.read(refs, verify=True)
        for name, refs in piece.inputs.items()
    }
    settings = {} if stage.settings is None else {"settings": stage.settings}
    constants = {**piece.constants, **(stage.lean if lean else {})}
    start = time.perf_counter()
    made = stage.function(**tables, **settings, **constants)
    seconds = time.perf_counter() - start
    _check_tables(stage, piece, made)
    if stage.conserves is None:
        rows_in = sum(table.num_rows for table in tables.values())
    else:
        rows_in = _conserved(stage, piece, tables, made)
    rows_out = sum(table.num_rows for table in made.values())
    logger.info("%d rows in, %d rows out, %.2f s", rows_in, rows_out, seconds)
    return store.commit(
        stage.name,
        piece.key,
        mark,
        made,
        rows_in=rows_in,
        seconds=seconds,
        extra={"version": stage.version},
    )


def _check_tables(stage: Stage, piece: Piece, made: Any) -> None:
    if not isinstance(made, Mapping) or not all(isinstance(t, pa.Table) for t in made.values()):
        raise StageError(
            f"stage {stage.name!r}, piece {piece.key!r}: its function must return tables by name"
        )


def _conserved(
    stage: Stage, piece: Piece, tables: Mapping[str, pa.Table], made: Mapping[str, pa.Table]
) -> int:
    source, output, rejects = stage.conserves or ("", "", "")
    where = f"stage {stage.name!r}, piece {piece.key!r}"
    for name, known in ((source, tables), (output, made), (rejects, made)):
        if name not in known:
            raise StageError(f"{where}: no table {name!r} to count; there are {sorted(known)}")
    rows_in = int(tables[source].num_rows)
    out, rejected = made[output].num_rows, made[rejects].num_rows
    if rows_in != out + rejected:
        raise StageError(
            f"{where}: {rows_in} rows of {source!r} became {out} of {output!r} "
            f"and {rejected} of {rejects!r}; none may be lost or made"
        )
    return rows_in


def partition_of(movie_id: str, partitions: int) -> int:
    """The partition of a film, 0 to `partitions` - 1: a stable 64-bit hash of its id."""
    digest = hashlib.blake2b(movie_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") % partitions


def partition_ids(ids: pa.ChunkedArray | pa.Array | Iterable[str], n: int) -> npt.NDArray[np.int32]:
    """`partition_of` for many ids: int32 of shape (rows,).

    Raises
    ------
    StageError
        naming the first row without an id.
    """
    values = ids.to_pylist() if isinstance(ids, pa.ChunkedArray | pa.Array) else list(ids)
    for row, value in enumerate(values):
        if not isinstance(value, str):
            raise StageError(f"row {row}: movie_id is {value!r}; every row needs an id of text")
    numbers = (partition_of(value, n) for value in values)
    return np.fromiter(numbers, dtype=np.int32, count=len(values))


def partition_count(rows: int) -> int:
    """How many partitions `rows` rows are cut into: a function of the data, never of the workers.

    One below 257 rows, then one per 256 rows up to 16, then 16 until each holds 8,192 rows.
    """
    small = min(SMALL_PIECES, -(-rows // SMALL_ROWS))
    return max(1, small, -(-rows // FULL_ROWS))
