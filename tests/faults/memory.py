"""Stage functions that take memory, for workers to import."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pyarrow as pa

from pipeline.schemas.stage import stage

__all__ = ["greedy"]

MIB = 2**20


@stage("greedy", inputs=("movies",), outputs=("out",))
def greedy(
    movies: pa.Table, *, name: str, folder: str, hungry: str, always: str, batch: int = 900
) -> dict[str, pa.Table]:
    """Take `batch` MiB for one piece, all of the memory for another, and stay there a while."""
    Path(folder, f"{name}-{batch}-{uuid.uuid4().hex}.called").touch()
    wanted = {hungry: batch, always: 900}.get(name, 1)
    held = bytearray(b"\1") * (wanted * MIB)
    if wanted > 500:
        time.sleep(20)  # the nanny looks several times a second
    return {"out": movies.slice(0, movies.num_rows * min(1, len(held)))}


@stage("greedy", inputs=("movies",), outputs=("out",))
def fails_for_memory(movies: pa.Table, *, batch: int = 64, least: int = 8) -> dict[str, pa.Table]:
    """Raise MemoryError, as an allocation beyond all bounds does, unless the batch is small."""
    if batch > least:
        bytearray(2**62)
    return {"out": movies}
