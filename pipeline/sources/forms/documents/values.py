"""Values of JSON that stand for others: MongoDB's extended types, objects of scalars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

__all__ = ["dotted_columns", "plain"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MEMBERS = 40  # of an object whose members become columns


def plain(value: object) -> object:
    """Return a value without MongoDB's extended types, in any depth.

    Examples
    --------
    >>> plain({"_id": {"$oid": "5f"}, "year": {"$numberInt": "1990"}})
    {'_id': '5f', 'year': 1990}
    >>> plain({"$date": {"$numberLong": "981158400000"}})
    '2001-02-03'
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name.startswith("$"):
            return _extended(name, inner)
    return {key: plain(item) for key, item in value.items()}


def _extended(name: str, value: object) -> object:
    found: object = plain(value)
    try:
        if name in ("$numberInt", "$numberLong"):
            found = int(str(value))
        elif name in ("$numberDouble", "$numberDecimal"):
            found = float(str(value))
        elif name == "$date" and isinstance(found, int):
            found = (_EPOCH + timedelta(milliseconds=found)).date().isoformat()
    except (ValueError, OverflowError):
        found = str(value)
    return None if name in ("$undefined", "$minKey", "$maxKey", "$timestamp") else found


def dotted_columns(cells: Mapping[str, list[object]]) -> dict[str, list[object]]:
    """Return columns such as "imdb.rating" for the members of objects that are no objects.

    Examples
    --------
    >>> dotted_columns({"imdb": [{"rating": 7.5}, None], "id": [1, 2]})
    {'imdb.rating': [7.5, None]}
    """
    found: dict[str, list[object]] = {}
    for name, column in cells.items():
        if dict not in set(map(type, column)):
            continue
        objects = [cell if isinstance(cell, dict) else {} for cell in column]
        members: dict[str, object] = {}
        for cell in objects:
            members.update(cell)
            if len(members) > _MOST_MEMBERS:
                break
        if len(members) > _MOST_MEMBERS:  # keys that are values, such as ids
            continue
        for member in members:
            values = [cell.get(member) for cell in objects]
            if not any(isinstance(value, dict) for value in values):
                found[f"{name}.{member}"] = values
    return {name: values for name, values in found.items() if name not in cells}
