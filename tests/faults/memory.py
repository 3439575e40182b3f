"""Stage functions that allocate memory, for workers to import."""

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
    """Allocate `batch` MiB for the piece `hungry`, too much for `always`, and wait."""
    Path(folder, f"{name}-{batch}-{uuid.uuid4().hex}.called").touch()
    wanted = {hungry: batch, always: 900}.get(name, 1)
    memory = bytearray(b"\1") * (wanted * MIB)
    if wanted > 500:
        time.sleep(20)  # the nanny checks several times a second
    return {"out": movies.slice(0, movies.num_rows * min(1, len(memory)))}


@stage("greedy", inputs=("movies",), outputs=("out",))
def fails_for_memory(movies: pa.Table, *, batch: int = 64, least: int = 8) -> dict[str, pa.Table]:
    """Raise MemoryError by an impossible allocation, unless the batch is small."""
    if batch > least:
        bytearray(2**62)
    return {"out": movies}
