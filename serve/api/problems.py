"""Errors as problem details (RFC 9457), `application/problem+json`, without internal details."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.release.lookup import NotInReleaseError
from serve.api.error_texts import describe_error

__all__ = [
    "PROBLEM",
    "InvalidFieldError",
    "Problem",
    "describe_problems",
    "handle_problems",
    "problem_response",
]

PROBLEM = "application/problem+json"
_FORM = re.compile(r"[A-Z]\w+$|[a-z-]+\[")  # a class, or a validator around one


class InvalidFieldError(Exception):
    """A field of a request has a value that cannot be served (422).

    Parameters
    ----------
    where : sequence of str
        Path to the field, such as ("query", "cursor").
    message : str
        What is wrong with it, to be read after its name.
    suggestions : sequence of str
        Values that would work.
    """

    def __init__(self, where: Sequence[str], message: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.where, self.message, self.suggestions = list(where), message, suggestions


class InvalidPart(BaseModel):
    """An invalid part of a request."""

    where: list[str | int] = Field(examples=[["query", "limit"]], description="Path to the part.")
    message: str = Field(examples=["must be less than or equal to 100"])


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field("about:blank", description="The title is the name of the HTTP status.")
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no film with the id '0' in release 1a2b3c4d5e6f"])
    instance: str = Field(examples=["/v1/films/0"], description="The requested path.")
    errors: list[InvalidPart] | None = Field(
        None, description="Status 422 only: the invalid parts of the request."
    )
    suggestions: list[str] | None = Field(None, description="Similar ids or titles that exist.")


def problem_response(
    path: str,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, object]] | None = None,
    suggestions: Sequence[str] | None = None,
) -> Response:
    """Return a response whose body is a `Problem`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    }
    if errors is not None:
        body["errors"] = list(errors)
    if suggestions:
        body["suggestions"] = list(suggestions)
    # ASCII escapes: the text of a request may contain a lone surrogate
    return Response(
        json.dumps(body), status_code=status, media_type=PROBLEM, headers=dict(headers or {})
    )


def describe_problems(app: FastAPI) -> None:
    """Give errors the media type of problems in the OpenAPI schema; call it after adding routes."""
    create_schema = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            for path in create_schema()["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        content = response.get("content", {})
                        if status >= "400" and "application/json" in content:
                            content[PROBLEM] = content.pop("application/json")
        schema: dict[str, Any] = create_schema()
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def handle_problems(app: FastAPI) -> None:
    """Make `app` answer every error with a problem."""

    async def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = error.detail
        if error.status_code == HTTPStatus.NOT_FOUND and detail == HTTPStatus.NOT_FOUND.phrase:
            detail = "this path does not exist; /docs lists all paths"
        return problem_response(
            request.url.path, error.status_code, str(detail), headers=error.headers
        )

    async def invalid_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # dicts, not `InvalidPart`: pydantic refuses the lone surrogates that a request may contain
        known = _known_parameters(request)
        parts = [
            {
                "where": [p if isinstance(p, int) else str(p)[:200] for p in where],
                "message": describe_error(one, known),
            }
            for where, one in _of_one_form(error.errors())[:20]
        ]
        first = parts[0] if parts else {"where": ["body"], "message": "cannot be read"}
        detail = _sentence(first["where"], first["message"])
        return problem_response(request.url.path, 422, detail, errors=parts)

    async def invalid_field(request: Request, error: Exception) -> Response:
        assert isinstance(error, InvalidFieldError)
        parts = [{"where": error.where, "message": error.message}]
        detail = _sentence(error.where, error.message)
        return problem_response(
            request.url.path, 422, detail, errors=parts, suggestions=error.suggestions
        )

    async def not_in_release(request: Request, error: Exception) -> Response:
        assert isinstance(error, NotInReleaseError)
        return problem_response(request.url.path, 404, str(error), suggestions=error.suggestions)

    async def unexpected_error(request: Request, error: Exception) -> Response:
        detail = "internal error; see the log of the server"
        return problem_response(request.url.path, 500, detail)

    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(InvalidFieldError, invalid_field)
    app.add_exception_handler(NotInReleaseError, not_in_release)
    app.add_exception_handler(Exception, unexpected_error)


def _of_one_form(
    errors: Sequence[Mapping[str, Any]],
) -> list[tuple[tuple[int | str, ...], Mapping[str, Any]]]:
    """Return path and error of each field, without names of classes of this program.

    A body that may have several forms has errors for each. Those of the form that fits best are
    returned: a missing field, or one that the form does not have, says that another was meant.
    """
    forms: dict[str, list[tuple[tuple[int | str, ...], Mapping[str, Any]]]] = {}
    for one in errors:
        where = tuple(one["loc"])
        form = str(where[1]) if len(where) > 1 and where[0] == "body" else ""
        if not _FORM.match(form):
            form = ""
        forms.setdefault(form, []).append((where[:1] + where[2:] if form else where, one))
    named = [found for form, found in forms.items() if form]
    return [*forms.get("", []), *min(named, key=_misfit, default=[])]


def _misfit(found: Sequence[tuple[object, Mapping[str, Any]]]) -> int:
    return sum(3 if one["type"] in ("missing", "extra_forbidden") else 1 for _, one in found)


def _known_parameters(request: Request) -> list[str]:
    """Return the names of the query parameters of the route of a request."""
    route = getattr(request.scope.get("route"), "path", "")
    operations = request.app.openapi()["paths"].get(route, {})
    operation = operations.get(request.method.lower(), {})
    return [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]


def _sentence(where: object, message: object) -> str:
    """Return a message after the name of the field that it is about."""
    path = list(where) if isinstance(where, Sequence) else []
    name = ".".join(str(part) for part in path[1:] or path)
    return f"{name}: {message}"
