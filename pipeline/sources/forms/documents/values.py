"""Values of JSON that stand for others: MongoDB's extended types, objects of scalars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

__all__ = ["bare", "dotted_columns", "is_typed", "plain", "untyped"]

# Types of DynamoDB and of Firestore, each the key of its value.
_TEXTS = frozenset({"S", "B", "stringValue", "timestampValue", "referenceValue", "bytesValue"})
_NUMBERS = frozenset({"N", "integerValue", "doubleValue"})
_LISTS = frozenset({"L", "SS", "NS", "BS", "arrayValue"})
_MAPS = frozenset({"M", "mapValue"})
_TYPES = _TEXTS | _NUMBERS | _LISTS | _MAPS | {"BOOL", "NULL", "booleanValue", "nullValue"}
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


def is_typed(row: Mapping[str, object]) -> bool:
    """Return whether each cell is an object of its type and value, as in DynamoDB.

    Examples
    --------
    >>> is_typed({"title": {"S": "Salt"}, "year": {"N": "1990"}}), is_typed({"S": "a"})
    (True, False)
    """
    return bool(row) and all(
        isinstance(cell, dict) and len(cell) == 1 and next(iter(cell)) in _TYPES
        for cell in row.values()
    )


def untyped(value: object) -> object:
    """Return the value of an object of type and value, in any depth; all else as it is.

    Examples
    --------
    >>> untyped({"L": [{"S": "Drama"}, {"N": "7.5"}, {"M": {"seen": {"BOOL": True}}}]})
    ['Drama', 7.5, {'seen': True}]
    """
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((name, inner),) = value.items()
    if name in _MAPS and isinstance(inner, dict):
        members = inner.get("fields", {}) if name == "mapValue" else inner
        return {key: untyped(cell) for key, cell in members.items()}
    if name in _LISTS:
        items = inner.get("values", []) if isinstance(inner, dict) else inner
        return [untyped(item) for item in items] if isinstance(items, list) else value
    if name in _NUMBERS:
        try:
            return int(str(inner)) if str(inner).lstrip("-").isdigit() else float(str(inner))
        except ValueError:
            return inner
    return (None if name in ("NULL", "nullValue") else inner) if name in _TYPES else value


def bare(value: object) -> object:
    """Return what JSON:API wraps in "data" and "attributes"; all else as it is.

    Examples
    --------
    >>> bare({"data": [{"id": 2, "attributes": {"name": "Drama"}}]})
    [{'id': 2, 'name': 'Drama'}]
    """
    if not isinstance(value, dict) or "data" not in value or set(value) - {"data", "links", "meta"}:
        return value
    data = value["data"]
    items = data if isinstance(data, list) else [data]
    if not all(
        isinstance(item, dict) and isinstance(item.get("attributes"), dict) for item in items
    ):
        return value
    found = [
        {key: cell for key, cell in item.items() if key == "id"} | item["attributes"]
        for item in items
    ]
    return found if isinstance(data, list) else found[0]


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
