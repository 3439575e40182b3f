"""`microgenres serve api`: serve the HTTP API."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.serve.process import Host, Port, become, served_place

__all__ = ["api"]


def api(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    settings_file: o.SettingsFile = None,
    debug: o.Debug = False,
) -> None:
    """Serve the HTTP API; /docs lists every endpoint.

    With --out the latest release is served, and a newer one as soon as it is published. An address
    that other machines can reach needs a key: MICROGENRES_SERVE__API_KEY.

    [bold]Examples[/bold]
    microgenres serve api
    microgenres serve api --out films --port 8080
    """
    chosen = [] if settings_file is None else ["--settings", str(settings_file)]
    become(
        "serve.api.app",
        str(served_place(out, release)),
        "--host",
        host,
        "--port",
        str(port),
        *chosen,
    )
