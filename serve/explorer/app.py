"""The explorer: a web application to browse a release; `microgenres serve app` runs it.

The server renders every page, and every state of a page is an address, so that Back, Forward,
reload, bookmarks and copied links work as in any web site. Small modules add what needs a script.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import MicrogenresError, SettingsError
from pipeline.release.lookup import NotInReleaseError
from pipeline.settings import ServeSettings, UpkeepSettings, load_settings
from serve.api.snapshot import Snapshots
from serve.explorer import suggestions
from serve.explorer.charts import plotly
from serve.explorer.colours import family_css
from serve.explorer.optional_pages import OptionalContent
from serve.explorer.pages import (
    compare,
    film,
    film_map,
    films,
    for_you,
    genres,
    home,
    micro_genre,
    micro_genres,
    monitoring,
    overview,
    quality,
    trends,
)
from serve.explorer.query import WrongValueError
from serve.explorer.rendering import POSTERS, render
from serve.explorer.static_files import FOLDER, DatedFiles

__all__ = ["create_app", "main"]


def create_app(
    place: Path, settings: ServeSettings, upkeep: UpkeepSettings | None = None
) -> Starlette:
    """Return the ASGI application of the explorer.

    Parameters
    ----------
    place : Path
        The folder of a release, or an output folder, whose newest release is shown.
    settings : ServeSettings
        Memory limit, threads and reload interval.
    upkeep : UpkeepSettings or None
        Database and thresholds of the recommender's upkeep; None for those of the settings.

    Raises
    ------
    MicrogenresError
        If there is no release, or it cannot be served.
    """
    snapshots = Snapshots(place, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        snapshots.watch()
        yield
        snapshots.stop()

    app = Starlette(
        routes=[
            *home.routes,
            *films.routes,
            *film.routes,
            *micro_genres.routes,
            *micro_genre.routes,
            *compare.routes,
            *suggestions.routes,
            *film_map.routes,
            *overview.routes,
            *for_you.routes,
            *trends.routes,
            *quality.routes,
            *genres.routes,
            *monitoring.routes,
            *plotly.routes,
            Route("/families.css", _family_styles),
            Route("/health", _health),
            Mount("/static", DatedFiles(directory=FOLDER)),
        ],
        exception_handlers={
            HTTPException: _on_http_error,
            NotInReleaseError: _on_unknown,
            WrongValueError: _on_wrong_value,
        },
        lifespan=lifespan,
    )
    app.state.snapshots = snapshots
    app.state.optional_content = OptionalContent(place, settings, upkeep or load_settings().upkeep)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(SecurityHeaders, policy=content_policy(os.environ.get(POSTERS, "")))
    return app


def content_policy(posters: str) -> str:
    """Return the Content-Security-Policy: this server only, and images of the host of posters.

    Examples
    --------
    >>> content_policy("https://images.example/w342").split("; ")[1]
    "img-src 'self' data: https://images.example"
    """
    parts = urlsplit(posters)
    host = f" {parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
    return (
        f"default-src 'self'; img-src 'self' data:{host}; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


class SecurityHeaders:
    """ASGI middleware that adds the security headers to each response.

    Parameters
    ----------
    app : ASGI application
        The application.
    policy : str
        The Content-Security-Policy.
    """

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _family_styles(request: Request) -> Response:
    count = len(request.app.state.snapshots.current.catalogue.families())
    return Response(family_css(count), media_type="text/css")


def _problem(request: Request, status: int, title: str, reason: str) -> Response:
    return render(
        request, "problem.html", {"title": title, "reason": reason, "page": ""}, status=status
    )


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _problem(request, 404, "No such page", "The explorer has no page at this address.")
    return _problem(request, error.status_code, "The request failed", error.detail)


def _on_unknown(request: Request, error: Exception) -> Response:
    return _problem(request, 404, "Not in this release", f"There is {error}.")


def _on_wrong_value(request: Request, error: Exception) -> Response:
    return _problem(request, 400, "The address has a wrong value", f"{error}.")


def _health(request: Request) -> Response:
    """Answer that the explorer works, and which release it shows."""
    snapshots: Snapshots = request.app.state.snapshots
    found = {"status": "ok", "release_id": snapshots.current.id, "problem": snapshots.problem}
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; `microgenres serve app` starts it. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m serve.explorer.app", description=__doc__)
    parser.add_argument("place", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--settings", type=Path, default=None, help="a TOML file with settings")
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(file=options.settings)
        app = create_app(options.place, settings.serve, settings.upkeep)
    except MicrogenresError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 4
    config = uvicorn.Config(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # as the API
        timeout_graceful_shutdown=round(settings.serve.drain_seconds),
        log_level="warning",
    )
    print(
        f"the explorer is at http://{options.host}:{options.port}; Ctrl-C ends it", file=sys.stderr
    )
    try:
        uvicorn.Server(config).run()
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
