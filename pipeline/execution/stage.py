"""Stages, their pieces and results, and how one piece runs. Nothing here needs a cluster."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from pipeline.errors import MicrogenresError, StageError
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.observability.log_records import context_value, log_context
from pipeline.observability.memory import release_memory
from pipeline.schemas.stage import StageSpec, spec_of
from pipeline.storage.commit_attempt import ComputedPiece
from pipeline.storage.work_store import WorkStore

__all__ = [
    "Piece",
    "Stage",
    "StageResult",
    "piece_fingerprint",
    "run_piece",
    "run_pieces",
]

logger = logging.getLogger(__name__)

# From this many bytes of inputs, unused memory is released before and after a piece.
_LARGE_BYTES = 2**24


@dataclass(frozen=True)
class Stage:
    """A declared stage with the settings of one run.

    Attributes
    ----------
    spec : StageSpec
        The declaration beside the function, under the name of this run.
    function : callable
        Importable at the top level of a module. It takes the tables and constants of a piece by
        keyword, and `settings` where there are any; it returns tables by name.
    settings : BaseModel, optional
        The stage's own section of the settings; part of the fingerprint.
    lean : Mapping
        Constants for a retry after a piece ran out of memory. The function then uses less memory
        and returns the same values, so they are not part of the fingerprint.
    """

    spec: StageSpec
    function: Callable[..., Mapping[str, pa.Table]]
    settings: BaseModel | None = None
    lean: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        function: Callable[..., Mapping[str, pa.Table]],
        settings: BaseModel | None = None,
        *,
        name: str | None = None,
        lean: Mapping[str, Any] = MappingProxyType({}),
    ) -> Stage:
        """Return the stage that `@stage` declares for `function`, renamed to `name` if given."""
        spec = spec_of(function)
        return cls(replace(spec, name=name or spec.name), function, settings, dict(lean))

    @property
    def name(self) -> str:
        """Name of the stage: its folder in `work/`."""
        return self.spec.name

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
    """One unit of work of a stage.

    Attributes
    ----------
    key : str
        Its name, unique in the stage.
    inputs : Mapping of str to tuple of FileRef
        Input files by the name of the parameter.
    constants : Mapping
        Further arguments of the function; JSON values.
    """

    key: str
    inputs: Mapping[str, tuple[FileRef, ...]]
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """The result of a stage.

    Attributes
    ----------
    stage : str
        Name of the stage.
    manifests : tuple of Manifest
        One per piece, in the order of the pieces.
    reused : int
        Number of pieces that were already committed.
    seconds : float
        Wall time.
    """

    stage: str
    manifests: tuple[Manifest, ...]
    reused: int
    seconds: float

    def refs(self, output: str) -> tuple[FileRef, ...]:
        """Return the files of one output, in the order of the pieces.

        Raises
        ------
        StageError
            If a piece does not have that output.
        """
        for manifest in self.manifests:
            if output not in manifest.outputs:
                raise StageError(
                    f"stage {self.stage!r}, piece {manifest.key!r}: no output {output!r}; "
                    f"its outputs are {sorted(manifest.outputs)}"
                )
        return tuple(manifest.outputs[output] for manifest in self.manifests)

    def rows(self, output: str) -> int:
        """Return the number of rows of one output in all pieces."""
        return sum(ref.rows or 0 for ref in self.refs(output))


def piece_fingerprint(stage: Stage, piece: Piece) -> str:
    """Return the SHA-256 (hex) of all that the outputs of a piece depend on.

    The key of the piece is not part of it.
    """
    settings = None if stage.settings is None else stage.settings.model_dump(mode="json")
    inputs = {name: [ref.sha256 for ref in refs] for name, refs in piece.inputs.items()}
    return fingerprint(stage.name, stage.spec.version, settings, "", inputs, dict(piece.constants))


def run_piece(
    root: str, stage: Stage, piece: Piece, fingerprint: str, lean: bool = False, run: str = ""
) -> Manifest:
    """Compute one piece and commit it; return its manifest.

    If an earlier attempt committed the piece before its worker was lost, its manifest is returned.

    Parameters
    ----------
    root : str
        The output folder.
    stage : Stage
        The stage.
    piece : Piece
        The piece.
    fingerprint : str
        The result of `piece_fingerprint`.
    lean : bool
        Pass the constants `stage.lean` to the function.
    run : str
        Id of the run; log records contain it, the stage and the piece.

    Raises
    ------
    StageError
        If the function does not return tables, or loses or adds rows.
    CorruptFileError
        If an input was altered after it was committed.
    Exception
        Any error of the function.
    """
    store = WorkStore(Path(root))
    large = sum(ref.bytes for refs in piece.inputs.values() for ref in refs) > _LARGE_BYTES
    with log_context(run=run or context_value("run"), stage=stage.name, piece=piece.key):
        if large:
            release_memory()
        try:
            found = _compute(store, stage, piece, fingerprint, lean)
            if isinstance(found, Manifest):
                return found
            return store.commit_all(stage.name, [found])[0]
        finally:
            if large:
                release_memory()


def run_pieces(
    root: str, stage: Stage, pieces: Sequence[tuple[Piece, str]], run: str = ""
) -> list[Manifest | None]:
    """Compute small pieces one after the other, and commit them together.

    Parameters
    ----------
    root : str
        The output folder.
    stage : Stage
        The stage.
    pieces : sequence of tuple of Piece and str
        The pieces, and their fingerprints.
    run : str
        Id of the run.

    Returns
    -------
    list of Manifest or None
        In the order of the pieces; None for a piece that failed, and for all pieces that are not
        committed if the commit failed. `run_piece` gives the error of such a piece.
    """
    store = WorkStore(Path(root))
    found: list[Manifest | ComputedPiece | None] = []
    for piece, mark in pieces:
        with log_context(run=run or context_value("run"), stage=stage.name, piece=piece.key):
            try:
                found.append(_compute(store, stage, piece, mark, lean=False))
            except Exception as error:
                logger.info("failed beside others, and is tried alone: %s", error)
                found.append(None)
    computed = {
        number: item for number, item in enumerate(found) if isinstance(item, ComputedPiece)
    }
    try:
        committed = store.commit_all(stage.name, list(computed.values()))
    except (OSError, MicrogenresError) as error:
        logger.info("stage %s: a common commit failed: %s", stage.name, error)
        return [item if isinstance(item, Manifest) else None for item in found]
    manifests: dict[int, Manifest] = dict(zip(computed, committed, strict=True))
    return [
        item if isinstance(item, Manifest) else manifests.get(number)
        for number, item in enumerate(found)
    ]


def _compute(
    store: WorkStore, stage: Stage, piece: Piece, fingerprint: str, lean: bool
) -> Manifest | ComputedPiece:
    """Compute a piece; return its manifest if it is committed already."""
    done = store.lookup(stage.name, piece.key, fingerprint)
    if done is not None:
        logger.info("already committed")
        return done
    tables = {
        name: store.parts(refs) if name in stage.spec.streamed else store.read(refs, verify=True)
        for name, refs in piece.inputs.items()
    }
    settings = {} if stage.settings is None else {"settings": stage.settings}
    constants = {**piece.constants, **(stage.lean if lean else {})}
    start = time.perf_counter()
    outputs = stage.function(**tables, **settings, **constants)
    seconds = time.perf_counter() - start
    _check_tables(stage, piece, outputs)
    if stage.spec.conserves is None:
        rows_in = sum(table.num_rows for table in tables.values())
    else:
        rows_in = _conserved(stage, piece, tables, outputs)
    rows_out = sum(table.num_rows for table in outputs.values())
    logger.info("%d rows in, %d rows out, %.2f s", rows_in, rows_out, seconds)
    extra = {"version": stage.spec.version}
    return ComputedPiece(piece.key, fingerprint, outputs, rows_in, seconds, extra)


def _check_tables(stage: Stage, piece: Piece, outputs: Any) -> None:
    by_name = isinstance(outputs, Mapping)
    if not by_name or not all(isinstance(table, pa.Table) for table in outputs.values()):
        raise StageError(
            f"stage {stage.name!r}, piece {piece.key!r}: its function must return tables by name"
        )
    undeclared = sorted(name for name in outputs if not stage.spec.declares_output(name))
    if undeclared:
        raise StageError(
            f"stage {stage.name!r}, piece {piece.key!r}: the function returned {undeclared}, "
            f"declared are {list(stage.spec.outputs)}"
        )


def _conserved(
    stage: Stage, piece: Piece, tables: Mapping[str, pa.Table], outputs: Mapping[str, pa.Table]
) -> int:
    """Return the rows read, after a check that each one is in the output or among the rejects."""
    source, output, rejects = stage.spec.conserves or ("", "", "")
    where = f"stage {stage.name!r}, piece {piece.key!r}"
    for name, known in ((source, tables), (output, outputs), (rejects, outputs)):
        if name not in known:
            raise StageError(f"{where}: no table {name!r} to count, only {sorted(known)}")
    rows_in = int(tables[source].num_rows)
    out, rejected = outputs[output].num_rows, outputs[rejects].num_rows
    if rows_in != out + rejected:
        raise StageError(
            f"{where}: {rows_in} rows of {source!r} became {out} of {output!r} "
            f"and {rejected} of {rejects!r}; no row may be lost or added"
        )
    return rows_in
