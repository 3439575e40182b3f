"""The addresses of before `/v1`, which answer for one version more, and say so."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["DEPRECATED_AT", "SUCCESSORS", "SUNSET_AT", "Deprecations", "succeed"]

DEPRECATED_AT = datetime(2026, 12, 1, tzinfo=UTC)  # when `/v1` replaced them
SUNSET_AT = datetime(2027, 6, 1, tzinfo=UTC)  # when they may end

# Route of before -> route of today, with the same parameters of the path.
SUCCESSORS = {
    "/release": "/v1/release",
    "/movies": "/v1/films",
    "/movies/{movie_id}": "/v1/films/{movie_id}",
    "/movies/{movie_id}/similar": "/v1/films/{movie_id}/similar",
    "/search": "/v1/search",
    "/micro-genres": "/v1/micro-genres",
    "/micro-genres/{micro_genre_id}": "/v1/micro-genres/{micro_genre_id}",
    "/micro-genres/{micro_genre_id}/movies": "/v1/micro-genres/{micro_genre_id}/films",
    "/families": "/v1/families",
    "/assign": "/v1/assign",
    "/predict/{model}": "/v1/genres/{model}",
    "/recommend": "/v1/recommendations",
    "/predict_batch": "/v1/expected-ratings",
    "/model": "/v1/recommender",
    "/reload-model": "/v1/recommender/reload",
}


def succeed(router: APIRouter, into: APIRouter) -> None:
    """Add the routes of `router` that have a successor to `into` with their addresses of today.

    Parameters
    ----------
    router : APIRouter
        A router with addresses of before.
    into : APIRouter
        The router of `/v1`.
    """
    for route in router.routes:
        if isinstance(route, APIRoute) and route.path in SUCCESSORS:
            into.add_api_route(
                SUCCESSORS[route.path].removeprefix(into.prefix),
                route.endpoint,
                methods=sorted(route.methods or ()),
                response_model=route.response_model,
                responses=route.responses,
                tags=route.tags,
                dependencies=route.dependencies,
                name=route.name,
            )


class Deprecations:
    """Adds Deprecation (RFC 9745), Sunset (RFC 8594) and Link to responses of old addresses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Deprecation": f"@{DEPRECATED_AT.timestamp():.0f}",
            "Sunset": format_datetime(SUNSET_AT, usegmt=True),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request (ASGI)."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "")
                if route in SUCCESSORS:
                    headers = MutableHeaders(scope=message)
                    headers.update(self._headers)
                    target = _fill(SUCCESSORS[route], scope.get("path_params", {}))
                    headers["Link"] = f'<{target}>; rel="successor-version"'
            await send(message)

        await self._app(scope, receive, send_marked)


def _fill(route: str, values: dict[str, str]) -> str:
    """Return the path of a route with these parameters.

    Examples
    --------
    >>> _fill("/v1/films/{movie_id}", {"movie_id": "a b"})
    '/v1/films/a%20b'
    """
    for name, value in values.items():
        text = quote(str(value), safe="", errors="replace")
        route = route.replace(f"{{{name}}}", text)
    return route
