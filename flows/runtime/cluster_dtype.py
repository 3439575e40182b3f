"""One number type for the workers of a run, measured on them and committed with its work."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import pyarrow as pa
from distributed import Client

from pipeline.embedding.dtype_choice import (
    DtypeChoice,
    choose,
    find_processor,
    measure_worker,
    shape_of,
)
from pipeline.embedding.product_speed import ProductSpeed
from pipeline.embedding.weights import ModelIdentity
from pipeline.errors import MicrogenresError, StageError
from pipeline.fileio.manifest import fingerprint
from pipeline.settings import EmbedSettings
from pipeline.storage.work_store import WorkStore

__all__ = ["choose_for_cluster"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

_STAGE, _KEY = "number-type", "all"
_SCHEMA = pa.schema(
    [
        ("dtype", pa.string()),
        ("reason", pa.string()),
        ("float32", pa.float64()),  # GFLOP/s of the slowest worker; null if not measured
        ("bfloat16", pa.float64()),
    ]
)
_TRIES = 3  # a worker that dies while it measures is replaced


def choose_for_cluster(
    connect: Callable[[], Client],
    work: WorkStore,
    settings: EmbedSettings,
    model: ModelIdentity,
    *,
    resume: bool = True,
    wait_seconds: float = 60.0,
) -> DtypeChoice:
    """Choose the number type for all workers of a cluster.

    The choice is committed under the kinds of their processors and the model. A later run in the
    folder takes it from there: another one would make all committed vectors worthless. A cluster
    with another kind of processor measures again.

    Parameters
    ----------
    connect : callable
        Returns a client of the cluster; called only if the choice needs the workers.
    work : WorkStore
        Where the choice is committed.
    settings : EmbedSettings
        The section `embed`; if its dtype is not "auto", it is the choice.
    model : ModelIdentity
        The model, in any number type.
    resume : bool
        Use a committed choice; False measures again.
    wait_seconds : float
        How long to wait for a worker.

    Returns
    -------
    DtypeChoice

    Raises
    ------
    StageError
        If no worker comes, or none can measure.
    ModelError
        If the setting is `embed.device = "cuda"` and a worker has no CUDA device.
    """
    if settings.dtype != "auto":
        return DtypeChoice(settings.dtype, "set by embed.dtype")
    client = connect()
    # Each worker first answers which processor it has, and imports PyTorch for that: then all
    # measure at the same time, as they will encode.
    processors = _run_on_workers(client, find_processor, settings.device, wait_seconds=wait_seconds)
    kinds = sorted({f"{one.device}: {one.name}" for one in processors})
    shape = shape_of(model)
    mark = fingerprint(_STAGE, kinds, model.revision, shape)
    if not resume:
        work.drop(_STAGE, _KEY, mark)
    found = work.lookup(_STAGE, _KEY, mark)
    if found is None:
        speeds = _run_on_workers(
            client, measure_worker, settings.device, *shape, wait_seconds=wait_seconds
        )
        table = _table(choose(speeds))
        found = work.commit(_STAGE, _KEY, mark, {"choice": table}, rows_in=len(speeds), seconds=0.0)
        logger.info("products of the model on %s: %s", ", ".join(kinds), speeds)
    return _choice(work.read(found.outputs["choice"]))


def _run_on_workers(
    client: Client, function: Callable[..., T], *arguments: Any, wait_seconds: float
) -> list[T]:
    """Run a function on all workers, and return the results of those that did not die meanwhile."""
    for _ in range(_TRIES):
        answers = client.run(function, *arguments, on_error="return").values()
        for answer in answers:
            if isinstance(answer, MicrogenresError):
                raise answer
        results = [answer for answer in answers if not isinstance(answer, BaseException)]
        if results:
            return results
        logger.warning("no worker could run %s: %s", function.__name__, list(answers))
        try:
            client.wait_for_workers(1, timeout=wait_seconds)
        except TimeoutError as error:
            raise StageError(
                f"no worker on the cluster for {wait_seconds:g} s; start workers there and resume"
            ) from error
    raise StageError(
        "no worker could measure its number types; their logs say why, or set embed.dtype"
    )


def _table(choice: DtypeChoice) -> pa.Table:
    row = {
        "dtype": choice.dtype,
        "reason": choice.reason,
        "float32": None if choice.speed is None else choice.speed.float32,
        "bfloat16": None if choice.speed is None else choice.speed.bfloat16,
    }
    return pa.Table.from_pylist([row], _SCHEMA)


def _choice(table: pa.Table) -> DtypeChoice:
    (row,) = table.to_pylist()
    measured = row["float32"] is not None
    speed = ProductSpeed(row["float32"], row["bfloat16"]) if measured else None
    return DtypeChoice(row["dtype"], row["reason"], speed)
