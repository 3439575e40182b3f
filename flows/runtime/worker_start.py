"""The first step of a mining: its workers have one number type, libraries and model in memory."""

from __future__ import annotations

import logging
import time
from threading import Thread

from flows.events import StageDone, StageStarted, emit
from flows.runtime.context import RunContext
from pipeline.errors import MicrogenresError
from pipeline.imports import load
from pipeline.warmup import warm

__all__ = ["start_workers"]

logger = logging.getLogger(__name__)

# Imported in this process while the workers compute.
_HEAVY = ("plotly.graph_objects", "sklearn.metrics")


def start_workers(run: RunContext) -> None:
    """Start the workers, choose their number type, and load libraries and the model in each.

    So no stage's time includes it.
    """
    emit(StageStarted("start-workers"))
    started = time.perf_counter()
    settings, weights, chosen = run.settings.embed, run.weights, run.dtype_choice
    ends = run.client.run(warm, settings, weights.revision, chosen.dtype, on_error="return")
    for worker, error in ends.items():
        if isinstance(error, MicrogenresError):
            raise error
        if error is not None:  # a worker that died is replaced by one that loads when needed
            logger.warning("worker %s did not start: %s", worker, error)
    run.seconds["start-workers"] = time.perf_counter() - started
    detail = f"{weights.device}, {chosen.describe()}"
    emit(StageDone("start-workers", run.seconds["start-workers"], detail))
    # the report needs them at the end, and this process mostly waits for the workers
    Thread(target=load, args=(_HEAVY,), name="imports", daemon=True).start()
