"""`microgenres serve api|app`: this process becomes the service, and signals reach it at once.

The services are a package of their own, which this one does not import: it names their modules.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.release.lookups import find
from microgenres.cli.exit_codes import Commands

__all__ = ["app"]

app = typer.Typer(
    name="serve",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Serve a release, read only: the web explorer or the API.",
)

Host = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65_535, metavar="N", help="The port.")]


@app.command()
def api(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    settings_file: o.SettingsFile = None,
    debug: o.Debug = False,
) -> None:
    """Answer over HTTP; /docs lists every endpoint.

    With --out the newest release is served, and a newer one as soon as it is there. An address
    that other machines reach needs a key: MICROGENRES_SERVE__API_KEY.

    [bold]Examples[/bold]
    microgenres serve api
    microgenres serve api --out films --port 8080
    """
    chosen = [] if settings_file is None else ["--settings", str(settings_file)]
    _become(
        "serve.api.app", str(_place(out, release)), "--host", host, "--port", str(port), *chosen
    )


@app.command(name="app")
def explorer(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    debug: o.Debug = False,
) -> None:
    """Open the catalogue to a browser: search, maps, trends, a page for each micro-genre.

    With --out the newest release is shown, and a newer one as soon as it is there. There is no
    key: an address that other machines reach shows the release to whoever comes.

    [bold]Examples[/bold]
    microgenres serve app
    microgenres serve app --release films/releases/ID --port 8080
    """
    place = _place(out, release)
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
    _become("serve.explorer.launcher", str(folder / "explorer" / "app.py"), *options)


def _place(out: Path, release: str | None) -> Path:
    """The release that was named; else the output folder, known to hold one."""
    found = find(out, release)
    return found if release is not None else out.absolute()


def _become(module: str, *arguments: str) -> None:
    # -P: a folder `serve` where the user stands is not ours
    sys.stdout.flush()
    sys.stderr.flush()
    # PyTorch and FAISS are given their threads by a setting. The other libraries' would outnumber
    # the cores, and OpenMP's threads then sleep between products: an answer takes a quarter longer.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])
