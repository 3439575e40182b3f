"""The API over one release: `python -m serve.api.app --release PATH | --out DIR`."""

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
from serve.api.metrics import Metrics
from serve.api.middleware import KEY_HEADER, AccessLog, BodyLimit, KeyCheck
from serve.api.problems import Problem, describe_problems, handle_problems
from serve.api.routes.assign import assigning
from serve.api.routes.catalogue import reading
from serve.api.routes.genres import predicting
from serve.api.routes.recommend import Recommenders, recommending
from serve.api.snapshot import Snapshots

__all__ = ["create_app", "main", "serve"]

logger = logging.getLogger("serve")

_ABOUT = """Micro-genres of films, read only, from one release.

Every answer names the release that it comes from. Every error is a problem (RFC 9457)."""

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Cannot be read, or lies beyond a limit"},
    422: {"model": Problem, "description": "A parameter or the body is not as it must be"},
}


def create_app(
    snapshots: Snapshots, settings: ServeSettings, upkeep: UpkeepSettings | None = None
) -> FastAPI:
    """The API as an ASGI app.

    Parameters
    ----------
    snapshots : what is served; watched for newer releases while the app runs.
    upkeep : where the record of recommenders is; None: in the output folder.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        snapshots.watch()
        yield
        snapshots.stop()

    keyed = settings.api_key is not None
    header = APIKeyHeader(name=KEY_HEADER, auto_error=False)
    app = FastAPIOffline(
        title="Micro-genres",
        description=_ABOUT,
        version=_version(),
        lifespan=life,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Security(header)] if keyed else [],
        responses=_ERRORS | ({401: {"model": Problem, "description": "No key"}} if keyed else {}),
    )
    app.state.snapshots = snapshots
    metrics = Metrics(snapshots)
    handle_problems(app)
    app.include_router(reading(settings))
    app.include_router(assigning(settings))
    out = output_folder(snapshots.place)
    app.include_router(predicting(settings, settings.genres or out / GENRES, metrics))
    recommenders = Recommenders(out / RATINGS, upkeep or UpkeepSettings())
    app.include_router(recommending(settings, recommenders))

    @app.get("/metrics", tags=["service"], response_class=PlainTextResponse)
    async def prometheus() -> Response:
        """Figures of the service for Prometheus."""
        return metrics.page()

    describe_problems(app)
    # The last added is the outermost: every request is logged, and a preflight needs no key.
    app.add_middleware(BodyLimit, most=settings.max_body_bytes)
    if settings.api_key is not None:
        app.add_middleware(KeyCheck, key=settings.api_key.get_secret_value())
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=[KEY_HEADER, "Content-Type"],
            expose_headers=["X-Request-ID"],
        )
    app.add_middleware(AccessLog, metrics=metrics)
    return app


def serve(place: Path, settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM; requests under way may finish for `drain_seconds`.

    Raises
    ------
    SettingsError
        for an address beyond this machine without an API key, or a blank key.
    MicrogenresError
        when there is no release, or it cannot be served.
    """
    check_public(host, settings.serve)
    config = uvicorn.Config(
        create_app(Snapshots(place, settings.serve), settings.serve, settings.upkeep),
        host=host,
        port=port,
        access_log=False,  # ours says more
        server_header=False,
        timeout_graceful_shutdown=round(settings.serve.drain_seconds),
        log_level="warning",
    )
    logger.info("http://%s:%d serves %s, its pages are at /docs", host, port, place)
    uvicorn.Server(config).run()


def check_public(host: str, settings: ServeSettings) -> None:
    """SettingsError when whoever is on the network could ask without a key."""
    key = settings.api_key
    if key is not None and not key.get_secret_value().strip():
        raise SettingsError("setting serve.api_key is blank: set a key, or leave it out")
    if key is None and not _on_this_machine(host):
        raise SettingsError(
            f"--host {host} can be reached from other machines: set an API key first, in the "
            "environment as MICROGENRES_SERVE__API_KEY, or stay on 127.0.0.1"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; `microgenres serve api` becomes this."""
    parser = argparse.ArgumentParser(prog="python -m serve.api.app", description=__doc__)
    parser.add_argument("place", type=Path, help="a release's folder, or an output folder")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--settings", type=Path, default=None, help="a TOML file of settings")
    asked = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for name in ("serve", "serve.access"):
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        serve(asked.place, load_settings(file=asked.settings), asked.host, asked.port)
    except MicrogenresError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingsError) else 4
    except KeyboardInterrupt:
        return 130
    return 0


def _on_this_machine(host: str) -> bool:
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
