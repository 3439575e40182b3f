"""Stage functions that workers can import; each leaves a marker file for every call of it."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from pipeline.schemas.stage import stage


class Factor(BaseModel):
    """The settings of `scale`."""

    by: int = 2


def calls(folder: str | Path, name: str = "") -> int:
    """Return the number of markers with that name in `folder`."""
    return len(list(Path(folder).glob(f"{name}*.called")))


def _mark(folder: str, name: str) -> None:
    Path(folder, f"{name}-{uuid.uuid4().hex}.called").touch()


@stage(
    "scale",
    inputs=("movies",),
    outputs=("scaled", "rejects"),
    conserves=("movies", "scaled", "rejects"),
)
def scale(
    movies: pa.Table, *, settings: Factor, calls_in: str = "", name: str = ""
) -> dict[str, pa.Table]:
    """Multiply `n`; rows whose `n` is a multiple of 10 are rejected."""
    if calls_in:
        _mark(calls_in, name)
    keep = pa.array([n % 10 != 0 for n in movies["n"].to_pylist()], pa.bool_())
    out = movies.filter(keep)
    scaled = out.set_column(1, "n", pc.multiply(out["n"], settings.by))
    return {"scaled": scaled, "rejects": movies.filter(pc.invert(keep))}


@stage(
    "lose", inputs=("movies",), outputs=("out", "rejects"), conserves=("movies", "out", "rejects")
)
def lose_a_row(movies: pa.Table) -> dict[str, pa.Table]:
    """Leave the last row out of both the output and the rejects."""
    return {"out": movies.slice(0, movies.num_rows - 1), "rejects": movies.slice(0, 0)}


@stage("echo", inputs=("movies",), outputs=("out",))
def echo(movies: pa.Table, *, name: str = "") -> dict[str, pa.Table]:
    """Return the input."""
    return {"out": movies}


@stage("linger", inputs=("movies",), outputs=("out",))
def linger(movies: pa.Table, *, name: str = "") -> dict[str, pa.Table]:
    """Return the input after half a second."""
    time.sleep(0.5)
    return {"out": movies}


@stage("none", inputs=("movies",), outputs=())
def no_tables(movies: pa.Table) -> list[pa.Table]:
    """Return a list, which a stage must not."""
    return [movies]


@stage("die-once", inputs=("movies",), outputs=("out",))
def die_once(movies: pa.Table, *, name: str, folder: str, victim: str) -> dict[str, pa.Table]:
    """Kill the worker at the first call for the victim."""
    _mark(folder, name)
    if name == victim and calls(folder, name) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"out": movies}


@stage("die-always", inputs=("movies",), outputs=("out",))
def die_always(movies: pa.Table, *, name: str, folder: str, victim: str) -> dict[str, pa.Table]:
    """Kill the worker at every call for the victim."""
    _mark(folder, name)
    if name == victim:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"out": movies}


@stage("company", inputs=("movies",), outputs=("out",))
def die_in_company(
    movies: pa.Table, *, name: str, folder: str, victim: str, company: int
) -> dict[str, pa.Table]:
    """Kill the worker for the victim while `company` other pieces run on it."""
    _mark(folder, name)
    deadline = time.monotonic() + 10
    if name == victim:
        while calls(folder) - calls(folder, victim) < company and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)
    if calls(folder, name) == 1:
        time.sleep(3)  # the worker dies meanwhile
    return {"out": movies}


@stage("fail", inputs=("movies",), outputs=("out",))
def fail(movies: pa.Table, *, name: str, victim: str) -> dict[str, pa.Table]:
    """Raise a permanent error for the victim."""
    if name == victim:
        raise ZeroDivisionError(f"{name} cannot be divided")
    return {"out": movies}


@stage("stumble", inputs=("movies",), outputs=("out",))
def stumble(movies: pa.Table, *, name: str, folder: str, times: int) -> dict[str, pa.Table]:
    """Raise a temporary error, the first `times` times."""
    _mark(folder, name)
    if calls(folder, name) <= times:
        raise ConnectionResetError(f"{name} lost its connection")
    return {"out": movies}


@stage("full", inputs=("movies",), outputs=("out",))
def disk_full(movies: pa.Table, *, folder: str) -> dict[str, pa.Table]:
    """Raise the error of a full disk."""
    _mark(folder, "full")
    raise OSError(28, "No space left on device")
