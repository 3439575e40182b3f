"""`microgenres serve app`: serve the explorer for a browser."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.serve.process import Host, Port, become, served_place

__all__ = ["explorer"]


def explorer(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    host: Host = "127.0.0.1",
    port: Port = 8501,
    settings_file: o.SettingsFile = None,
    debug: o.Debug = False,
) -> None:
    """Serve the explorer for a browser: search, maps, trends, a page for each micro-genre.

    With --out the latest release is shown, and a newer one as soon as it is published. There is no
    key: anyone who can reach the address can read the release.

    [bold]Examples[/bold]
    microgenres serve app
    microgenres serve app --release films/releases/ID --port 8080
    """
    chosen = [] if settings_file is None else ["--settings", str(settings_file)]
    become(
        "serve.explorer.app",
        str(served_place(out, release)),
        "--host",
        host,
        "--port",
        str(port),
        *chosen,
    )
