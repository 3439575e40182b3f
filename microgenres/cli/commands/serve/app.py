"""`microgenres serve app`: serve the explorer for a browser."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.serve.process import Host, Port, become, served_place

__all__ = ["explorer"]


def explorer(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    debug: o.Debug = False,
) -> None:
    """Serve the explorer for a browser: search, maps, trends, a page for each micro-genre.

    With --out the latest release is shown, and a newer one as soon as it is published. There is no
    key: anyone who can reach the address can read the release.

    [bold]Examples[/bold]
    microgenres serve app
    microgenres serve app --release films/releases/ID --port 8080
    """
    place = served_place(out, release)
    for name in ("MICROGENRES_RELEASE", "MICROGENRES_OUT"):
        os.environ.pop(name, None)
    os.environ["MICROGENRES_OUT" if release is None else "MICROGENRES_RELEASE"] = str(place)
    found = find_spec("serve")
    folder = Path(next(iter(found.submodule_search_locations or ()))) if found else Path("serve")
    flags = {
        "server.address": host,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    options = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
    typer.echo(f"The explorer is at http://{host}:{port}; Ctrl-C ends it", err=True)
    become("serve.explorer.launcher", str(folder / "explorer" / "app.py"), *options)
