"""Every error as problem details (RFC 9457), `application/problem+json`; tells no insides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.release.lookup import NotInReleaseError

__all__ = ["PROBLEM", "Problem", "describe_problems", "handle_problems", "problem"]

PROBLEM = "application/problem+json"


class Invalid(BaseModel):
    """One part of a request that was refused."""

    where: list[str | int] = Field(examples=[["query", "page_size"]])
    message: str = Field(examples=["Input should be less than or equal to 100"])


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field("about:blank", description="The title is that of the HTTP status.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no film with the id '0' in release 1a2b3c4d5e6f"])
    instance: str = Field(examples=["/movies/0"], description="The path that was asked for.")
    errors: list[Invalid] | None = Field(None, description="Of a 422: each part refused.")
    suggestions: list[str] | None = Field(None, description="What may have been meant.")


def problem(
    path: str,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, Any]] | None = None,
    suggestions: Sequence[str] | None = None,
) -> Response:
    """The response that tells of a problem."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    if errors is not None:
        told["errors"] = list(errors)
    if suggestions:
        told["suggestions"] = list(suggestions)
    # ASCII escapes: whatever a request holds, such as half a surrogate pair, can be told
    return Response(
        json.dumps(told), status_code=status, media_type=PROBLEM, headers=dict(headers or {})
    )


def describe_problems(app: FastAPI) -> None:
    """Make the OpenAPI page of `app` tell the media type of problems, once all routes are there."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in described()["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        content = response.get("content", {})
                        if status >= "400" and "application/json" in content:
                            content[PROBLEM] = content.pop("application/json")
        schema: dict[str, Any] = described()
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def handle_problems(app: FastAPI) -> None:
    """Make `app` answer every error as a problem."""

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = error.detail
        if error.status_code == HTTPStatus.NOT_FOUND and detail == HTTPStatus.NOT_FOUND.phrase:
            detail = "there is nothing under this path; /docs lists all that there is"
        return problem(request.url.path, error.status_code, str(detail), headers=error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        parts = [
            {
                "where": [p if isinstance(p, int) else str(p)[:200] for p in one["loc"]],
                "message": str(one["msg"]),
            }
            for one in list(error.errors())[:20]
        ]
        first = parts[0] if parts else {"where": ["body"], "message": "cannot be read"}
        where = ".".join(str(part) for part in first["where"])
        detail = f"{where}: {first['message']}"
        return problem(request.url.path, 422, detail, errors=parts)

    async def missing(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotInReleaseError)
        return problem(request.url.path, 404, str(error), suggestions=error.suggestions)

    async def unexpected(request: Request, error: Exception) -> Response:
        detail = "something failed here; the log of the server names it"
        return problem(request.url.path, 500, detail)

    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(NotInReleaseError, missing)
    app.add_exception_handler(Exception, unexpected)
