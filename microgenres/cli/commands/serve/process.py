"""How a service starts: this process becomes the service, so that signals reach it at once."""

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
    """The release that was named; else the output folder, known to hold one."""
    found = find_release_folder(out, release)
    return found if release is not None else out.absolute()


def become(module: str, *arguments: str) -> None:
    # -P: a folder `serve` where the user stands is not ours
    sys.stdout.flush()
    sys.stderr.flush()
    # PyTorch and FAISS are given their threads by a setting. The other libraries' would outnumber
    # the cores, and OpenMP's threads then sleep between products: an answer takes a quarter longer.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])
