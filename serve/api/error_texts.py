"""What is wrong with a field of a request, in words of its sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

__all__ = ["describe_error"]

_MOST_NAMES = 30
_TEXTS = {
    "missing": "is missing",
    "string_pattern_mismatch": "must not be blank",  # the only pattern of a body or a parameter
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be a text",
    "string_unicode": "must be valid Unicode",
    "list_type": "must be a list",
    "dict_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}
# How pydantic begins its sentences, which continue with what is allowed.
_BEGINNINGS = (
    "Input should be",
    "String should be",
    "String should",
    "List should",
    "Tuple should",
    "Value should",
)


def describe_error(error: Mapping[str, Any], known: Sequence[str] = ()) -> str:
    """Return what is wrong with a field, to be read after its name.

    Parameters
    ----------
    error : mapping
        One of the errors that pydantic found.
    known : sequence of str
        Names of the query parameters of the route.

    Examples
    --------
    >>> describe_error({"type": "missing", "loc": ("query", "q"), "msg": "Field required"})
    'is missing'
    >>> found = {"type": "extra_forbidden", "loc": ("query", "page"), "msg": "..."}
    >>> describe_error(found, ["limit", "cursor"])
    'is not a parameter here; known are limit, cursor'
    >>> found = {"type": "less_than_equal", "msg": "Input should be less than or equal to 9"}
    >>> describe_error(found)
    'must be less than or equal to 9'
    """
    kind, message = str(error.get("type", "")), str(error.get("msg", ""))
    if kind == "extra_forbidden":
        return _describe_unknown(error, known)
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "json_invalid":
        reason = error.get("ctx", {}).get("error", "")
        return f"is not valid JSON: {reason}".removesuffix(": ")
    if kind in _TEXTS:
        return _TEXTS[kind]
    for beginning in _BEGINNINGS:
        if message.startswith(beginning):
            rest = message.removeprefix(beginning).removesuffix(" after validation")
            verb = "must be" if beginning.endswith("be") else "must"
            return f"{verb}{rest}".replace(" after validation", "")
    return message


def _describe_unknown(error: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return the message of an unknown parameter or field."""
    place = tuple(error.get("loc", ()))
    if not place or place[0] != "query":
        return "is not a field here"
    near = get_close_matches(str(place[-1]), known, 1)
    if near:
        return f"is not a parameter here: did you mean {near[0]}?"
    if not known:
        return "is not a parameter here; this address has none"
    return f"is not a parameter here; known are {', '.join(known[:_MOST_NAMES])}"
