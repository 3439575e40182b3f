"""Objects around the cells of a row: wrappers, details beside a title, and types of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.sources.forms.documents.values import is_typed

__all__ = ["TITLES", "find_wrapping", "has_text", "is_record", "is_rich"]

TITLES = ("title", "name")
_TEXTS = ("overview", "plot", "description", "summary", "synopsis", "storyline")
_WRAPPERS = ("_source", "node", "doc", "document", "fields")
# Names of an object that has the text of a film, where the row itself has none.
_DETAILS = frozenset(
    {
        "attributes",
        "content",
        "data",
        "detail",
        "details",
        "film",
        "info",
        "item",
        "meta",
        "metadata",
        "movie",
        "properties",
        "show",
    }
)


def find_wrapping(rows: Sequence[Mapping[str, object]]) -> tuple[str, bool, bool]:
    """Return how the cells of rows are wrapped.

    Returns
    -------
    name : str
        Key under which each object has its row, or "".
    merged : bool
        Whether the row has the cells beside that key too.
    typed : bool
        Whether each cell is an object of its type and value.
    """
    name = _wrapper(rows)
    details = "" if name else _details(rows)
    inner = [row[name] if name else row for row in rows]
    typed = bool(inner) and all(isinstance(row, dict) and is_typed(row) for row in inner)
    return name or details, bool(details), typed


def _wrapper(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the key under which each object has its row, or ""."""
    if not rows:
        return ""
    for name in _WRAPPERS:
        if all(isinstance(row.get(name), dict) and len(row) <= 8 for row in rows):
            scalars = [key for key in rows[0] if not key.startswith("_") and key != name]
            if len(scalars) <= 3 if name == "fields" else len(scalars) <= 2:
                return name
    (name, *others) = rows[0]
    if not others and all(list(row) == [name] and is_rich(row[name]) for row in rows):
        return name
    return ""


def _details(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the key of an object that has the text of each film, or ""."""
    if not rows or any(map(has_text, rows)):
        return ""
    for name in rows[0]:
        inner = [row.get(name) for row in rows]
        objects = [cell for cell in inner if isinstance(cell, dict)]
        if (
            name.lower() in _DETAILS
            and 2 * len(objects) > len(rows)
            and any(map(has_text, objects))
        ):
            return name
    return ""


def has_text(value: Mapping[str, object]) -> bool:
    """Return whether an object has a text that describes a film."""
    return any(
        isinstance(cell, str) and part in key.lower()
        for key, cell in value.items()
        for part in _TEXTS
    )


def is_rich(value: object) -> bool:
    """Return whether an object has cells of its own."""
    if not isinstance(value, dict):
        return False
    return is_typed(value) or sum(not isinstance(cell, dict) for cell in value.values()) >= 2


def is_record(value: Mapping[str, object]) -> bool:
    """Return whether an object is a film itself: it has a title and a text."""
    names = [key.lower() for key, cell in value.items() if isinstance(cell, str)]
    return any(part in name for name in names for part in TITLES) and has_text(value)
