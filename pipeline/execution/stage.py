"""A stage cut into pieces: what a piece is, which rows fall into it, and how one is worked.

No cluster in here: `work` runs in whatever process calls it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from pydantic import BaseModel

from pipeline.errors import StageError
from pipeline.fileio.manifest import FileRef, Manifest, fingerprint
from pipeline.observability.log_records import logged_as, named
from pipeline.observability.memory import give_back
from pipeline.schemas.stage import StageSpec, spec_of
from pipeline.storage.work_store import Store

__all__ = [
    "Piece",
    "Stage",
    "StageResult",
    "piece_fingerprint",
    "work",
]

logger = logging.getLogger(__name__)

# Bytes of inputs from which a piece begins and ends with no more memory than it needs.
_LARGE = 2**24


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
    """One unit of work: a key unique in its stage, input files by name, JSON constants."""

    key: str
    inputs: Mapping[str, tuple[FileRef, ...]]
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StageResult:
    """What a stage made: manifests in the order of the pieces.

    `reused` pieces were committed before; `seconds` is wall time.
    """

    stage: str
    manifests: tuple[Manifest, ...]
    reused: int
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


def piece_fingerprint(stage: Stage, piece: Piece) -> str:
    """What the output of a piece depends on, as one SHA-256 (hex); its key is not among it."""
    settings = None if stage.settings is None else stage.settings.model_dump(mode="json")
    inputs = {name: [ref.sha256 for ref in refs] for name, refs in piece.inputs.items()}
    return fingerprint(stage.name, stage.spec.version, settings, "", inputs, dict(piece.constants))


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
        name: store.parts(refs) if name in stage.spec.streamed else store.read(refs, verify=True)
        for name, refs in piece.inputs.items()
    }
    settings = {} if stage.settings is None else {"settings": stage.settings}
    constants = {**piece.constants, **(stage.lean if lean else {})}
    start = time.perf_counter()
    made = stage.function(**tables, **settings, **constants)
    seconds = time.perf_counter() - start
    _check_tables(stage, piece, made)
    if stage.spec.conserves is None:
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
        extra={"version": stage.spec.version},
    )


def _check_tables(stage: Stage, piece: Piece, made: Any) -> None:
    if not isinstance(made, Mapping) or not all(isinstance(t, pa.Table) for t in made.values()):
        raise StageError(
            f"stage {stage.name!r}, piece {piece.key!r}: its function must return tables by name"
        )
    undeclared = sorted(name for name in made if not stage.spec.declares_output(name))
    if undeclared:
        raise StageError(
            f"stage {stage.name!r}, piece {piece.key!r}: the function returned {undeclared}, "
            f"declared are {list(stage.spec.outputs)}"
        )


def _conserved(
    stage: Stage, piece: Piece, tables: Mapping[str, pa.Table], made: Mapping[str, pa.Table]
) -> int:
    source, output, rejects = stage.spec.conserves or ("", "", "")
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
