"""Start a service: this process becomes the service, so that it gets signals directly."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli.releases import find_release_folder

__all__ = ["Host", "Port", "become", "served_place"]


Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")]


Port = Annotated[int, typer.Option("--port", min=1, max=65_535, metavar="N", help="The port.")]


def served_place(out: Path, release: str | None) -> Path:
    """Return the folder of the given release, else the output folder, which contains a release."""
    found = find_release_folder(out, release)
    return found if release is not None else out.absolute()


def become(module: str, *arguments: str) -> None:
    """Replace this process by `python -m MODULE ARGUMENTS`."""
    sys.stdout.flush()
    sys.stderr.flush()
    # A setting gives PyTorch and FAISS their threads. Threads of other libraries would outnumber
    # the cores; OpenMP threads then sleep between products, and a response takes a quarter longer.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Else each thread of the server keeps freed memory for itself: 0.25 GiB at 100,000 films.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # -P: a folder `serve` in the current folder is not this package
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])
