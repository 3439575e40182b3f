"""HTTP API of one release. `python -m serve.api.app PLACE` runs it."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Security
from fastapi.security import APIKeyHeader
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response

from pipeline.errors import MicrogenresError, SettingsError
from pipeline.genres.training.registry import FOLDER as GENRES
from pipeline.recommend import FOLDER as RATINGS
from pipeline.release.lookup import output_folder
from pipeline.settings import ServeSettings, Settings, UpkeepSettings, load_settings
from serve.api.access import KEY_HEADER, AccessControl, Keys
from serve.api.deprecation import Deprecations, succeed
from serve.api.metrics import Metrics
from serve.api.middleware import AccessLog, BodyLimit, HeadRequests
from serve.api.problems import Problem, describe_problems, handle_problems
from serve.api.revalidation import Revalidation, compress
from serve.api.routes.assign import assign_router
from serve.api.routes.catalogue import catalogue_router
from serve.api.routes.genres import genres_router
from serve.api.routes.recommend import RecommenderLoader, recommend_router
from serve.api.routes.v1.router import NOT_OF_RELEASE, v1_router
from serve.api.snapshot import Snapshots

__all__ = ["KEEP_ALIVE_SECONDS", "create_app", "main", "serve"]

logger = logging.getLogger("serve")

# A client that uses an idle connection while the server closes it gets an error: longer than
# clients and proxies commonly wait, 60 s.
KEEP_ALIVE_SECONDS = 75

_DESCRIPTION = """Read-only access to the films and micro-genres of one release.

Responses name the release that they come from. Errors are problem details (RFC 9457)."""

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read, or exceeds a limit"},
    422: {"model": Problem, "description": "A parameter or the body is invalid"},
}
_WRONG_KEY: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "The API key is missing or wrong"}
}


def create_app(
    snapshots: Snapshots, settings: ServeSettings, upkeep: UpkeepSettings | None = None
) -> FastAPI:
    """Create the API as an ASGI app.

    Parameters
    ----------
    snapshots : Snapshots
        The release to serve. While the app runs, it checks for newer releases.
    settings : ServeSettings
        Limits, API key and allowed origins.
    upkeep : UpkeepSettings or None
        Settings of the upkeep database of recommenders; None for the one in the output folder.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        snapshots.watch()
        yield
        snapshots.stop()

    keys = Keys(settings)
    needs_key = bool(keys)
    header = APIKeyHeader(name=KEY_HEADER, auto_error=False)
    app = FastAPIOffline(
        title="Micro-genres",
        description=_DESCRIPTION,
        version=_version(),
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Security(header)] if needs_key else [],
        responses=_ERRORS | (_WRONG_KEY if needs_key else {}),
    )
    app.state.snapshots = snapshots
    metrics = Metrics(snapshots)
    handle_problems(app)
    out = output_folder(snapshots.place)
    loader = RecommenderLoader(out / RATINGS, upkeep or UpkeepSettings())
    services = (
        assign_router(settings),
        genres_router(settings, settings.genres or out / GENRES, metrics),
        recommend_router(settings, loader),
    )
    v1 = v1_router(settings)
    for router in services:
        succeed(router, v1)
    app.include_router(v1)
    for router in (catalogue_router(settings), *services):
        app.include_router(router)

    @app.get("/metrics", tags=["service"], response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """Return the metrics of the service in the text format of Prometheus."""
        return metrics.response()

    describe_problems(app)
    # The last one added is the outermost: it logs every request. CORS preflights need no key.
    app.add_middleware(Deprecations)
    app.add_middleware(
        BodyLimit, max_bytes=settings.max_body_bytes, max_seconds=settings.body_seconds
    )
    app.add_middleware(compress)
    app.add_middleware(
        Revalidation,
        snapshots=snapshots,
        version=f"{_version()} {settings.model_dump_json(exclude={'api_key', 'api_keys'})}",
        prefix="/v1/",
        without=NOT_OF_RELEASE,
        private=needs_key,
    )
    app.add_middleware(AccessControl, keys=keys, rate_limit=settings.rate_limit)
    app.add_middleware(HeadRequests)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "HEAD", "POST"],
            allow_headers=[KEY_HEADER, "Content-Type", "If-None-Match"],
            expose_headers=[
                *("X-Request-ID", "ETag", "RateLimit", "RateLimit-Policy", "Retry-After"),
                *("Deprecation", "Sunset", "Link"),
            ],
        )
    app.add_middleware(AccessLog, metrics=metrics)
    return app


def serve(place: Path, settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; running requests then have `drain_seconds` to finish.

    Parameters
    ----------
    place : Path
        The folder of a release, or an output folder, whose newest release is served.
    settings : Settings
        All settings.
    host : str
        Address to listen on.
    port : int
        Port to listen on.

    Raises
    ------
    SettingsError
        If other machines can reach `host` and there is no API key, or the key is blank.
    MicrogenresError
        If there is no release, or it cannot be served.
    """
    check_host(host, settings.serve)
    config = uvicorn.Config(
        create_app(Snapshots(place, settings.serve), settings.serve, settings.upkeep),
        host=host,
        port=port,
        access_log=False,  # `AccessLog` replaces it
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=round(settings.serve.drain_seconds),
        log_level="warning",
    )
    logger.info("serving %s at http://%s:%d; documentation at /docs", place, host, port)
    uvicorn.Server(config).run()


def check_host(host: str, settings: ServeSettings) -> None:
    """Check that other machines cannot reach the API without a key.

    Raises
    ------
    SettingsError
        If they can, or if the key is blank.
    """
    named = {"api_key": settings.api_key} | {
        f"api_keys.{name}": one.key for name, one in settings.api_keys.items()
    }
    for name, key in named.items():
        if key is not None and not key.get_secret_value().strip():
            raise SettingsError(f"setting serve.{name} is blank: set a key, or remove the setting")
    if not Keys(settings) and not _is_loopback(host):
        raise SettingsError(
            f"other machines can reach --host {host}: set an API key in the environment variable "
            "MICROGENRES_SERVE__API_KEY, or use 127.0.0.1"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; `microgenres serve api` starts it. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m serve.api.app", description=__doc__)
    parser.add_argument("place", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--settings", type=Path, default=None, help="a TOML file with settings")
    options = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for name in ("serve", "serve.access"):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        serve(options.place, load_settings(file=options.settings), options.host, options.port)
    except MicrogenresError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 4
    except KeyboardInterrupt:
        return 130
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _version() -> str:
    try:
        return version("micro-genre-miner")
    except PackageNotFoundError:
        return "0"


if __name__ == "__main__":
    sys.exit(main())
