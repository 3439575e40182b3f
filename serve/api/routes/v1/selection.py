"""`fields=`: a response with some fields only."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from serve.api.problems import InvalidFieldError

__all__ = ["chosen_fields", "json_of"]


def chosen_fields(
    sent: str | None, known: type[BaseModel] | list[str], where: str = "query"
) -> list[str] | None:
    """Return the fields that a request chose; None for all.

    Parameters
    ----------
    sent : str or None
        Names with commas.
    known : type or list of str
        The model whose fields can be chosen, or their names.
    where : {"query", "body"}
        Where the names were sent.

    Raises
    ------
    InvalidFieldError
        If there is no such field.

    Examples
    --------
    >>> chosen_fields("title, year", ["movie_id", "title", "year"])
    ['title', 'year']
    """
    if sent is None:
        return None
    names = known if isinstance(known, list) else list(known.model_fields)
    wanted = list(dict.fromkeys(part.strip() for part in sent.split(",") if part.strip()))
    if not wanted:
        raise InvalidFieldError((where, "fields"), "names no field")
    for name in wanted:
        if name not in names:
            raise InvalidFieldError(
                (where, "fields"),
                f"{name!r} is not a field of this answer; fields are {', '.join(names)}",
                get_close_matches(name, names, 3),
            )
    return wanted


def json_of(answer: BaseModel, fields: list[str] | None, entries: str | None = None) -> Response:
    """Return a response as JSON, with the chosen fields only.

    Parameters
    ----------
    answer : BaseModel
        The whole answer.
    fields : list of str or None
        The chosen fields; None for all.
    entries : str or None
        The list of the answer whose entries have these fields; None for the answer itself.
    """
    include: Any = None
    if fields is not None and entries is None:
        include = set(fields)
    elif fields is not None:
        others = dict.fromkeys(type(answer).model_fields.keys() - {entries}, True)
        include = {**others, entries: {"__all__": set(fields)}}
    body = answer.model_dump_json(include=include)
    return Response(body, media_type="application/json")
