"""Where the rows are in a JSON document, found in its first part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from pipeline.sources.forms.documents.partial import DEPTH, FIRST, first_objects, top_values
from pipeline.sources.forms.documents.stream import recover

__all__ = ["Structure", "find_structures", "is_action"]

# Names that services give to the list of results.
_LISTS = frozenset(
    {
        "results",
        "data",
        "movies",
        "films",
        "items",
        "hits",
        "docs",
        "documents",
        "records",
        "rows",
        "entries",
        "value",
        "values",
        "list",
        "search",
        "titles",
        "shows",
        "series",
        "movie_results",
        "tv_results",
        "edges",
        "nodes",
        "content",
        "payload",
        "feed",
        "catalog",
        "catalogue",
        "collection",
        "objects",
        "result",
    }
)
_TITLES = ("title", "name")
_TEXTS = ("overview", "plot", "description", "summary", "synopsis", "storyline")
_ACTIONS = frozenset({"index", "create", "update", "delete"})
_WRAPPERS = ("_source", "node", "doc", "document", "fields")


@dataclass(frozen=True)
class Structure:
    """Where the rows of a document are.

    Attributes
    ----------
    kind : str
        Name of the form.
    layout : str
        "values": each value of the text, or of its array, is a row; "lines": each line is;
        "list" and "members": the elements of a list, or the members of an object, at `path`;
        "columns", "split", "arrays": the whole document is a table in another order.
    path : tuple of str
        Keys that lead to the list or object.
    inner : tuple of str
        Keys that lead from each value to a list of rows, as in pages of results.
    wrapper : str
        Key of each row whose value is the row proper, such as `_source`.
    key_column : str
        Column of the keys of "members"; empty if the objects have an id of their own.
    bulk : bool
        Whether lines such as `{"index": {"_id": 1}}` are between the rows.
    """

    kind: str
    layout: str
    path: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    wrapper: str = ""
    key_column: str = ""
    bulk: bool = False


def find_structures(text: str) -> list[Structure]:
    """Return where rows are in a document, from its first part; none if there are none.

    Parameters
    ----------
    text : str
        The first part of the document.
    """
    line = next((line for line in text.split("\n") if line.strip()), "")
    if not _is_json(line) and recover(line) is not None:
        return [Structure("JSON lines (not strict)", "lines")]
    values = top_values(text)
    if not values:
        return []
    root = values[0]
    if isinstance(root, list):
        rows = first_objects(root)
        if rows:
            return [_of_rows(rows, "JSON array", text)]
        lists = values if len(values) > 1 else root
        return [Structure("JSON arrays", "arrays")] if _are_lists(lists) else []
    rows = first_objects(values)
    if not isinstance(root, dict) or len(values) > 1:
        return [_of_rows(rows, "JSON objects", text)] if rows else []
    return _in_object(root) or [Structure("JSON object", "values")]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _are_lists(values: Sequence[object]) -> bool:
    return bool(values) and all(isinstance(value, list) for value in values[:FIRST])


def _of_rows(rows: Sequence[Mapping[str, object]], kind: str, text: str) -> Structure:
    lines = _has_rows_in_lines(text)
    if kind == "JSON objects" and lines:
        kind = "JSON lines"
    layout = "lines" if lines else "values"
    if any(map(is_action, rows)) and sum(map(is_action, rows)) * 3 >= len(rows):
        rows = [row for row in rows if not is_action(row)]
        return Structure("Elasticsearch bulk", layout, wrapper=_wrapper(rows), bulk=True)
    first = rows[0] if rows else {}
    inner = next((path for path, _ in _lists(first)), ()) if not _is_record(first) else ()
    if inner:
        return Structure(f"{kind} of pages", layout, inner=inner)
    return Structure(kind, layout, wrapper=_wrapper(rows))


def is_action(row: Mapping[str, object]) -> bool:
    """Return whether an object is an action of Elasticsearch's bulk format."""
    if len(row) != 1:
        return False
    ((name, value),) = row.items()
    return (
        name in _ACTIONS
        and isinstance(value, dict)
        and all(key.startswith("_") or key in ("routing", "retry_on_conflict") for key in value)
    )


def _has_rows_in_lines(text: str) -> bool:
    """Return whether the first objects are each complete in a line of its own."""
    seen = 0
    for line in text.split("\n", 6)[:6]:
        row = line.strip().lstrip("[,").rstrip(",]").strip()
        if not row:
            continue
        try:
            complete = isinstance(json.loads(row), dict)
        except (ValueError, RecursionError):
            complete = False
        seen += complete
        if not complete and seen == 0:
            return False
    return seen > 0 and "\n" in text.strip()


def _wrapper(rows: Sequence[Mapping[str, object]]) -> str:
    """Return the key under which each object has its row, or ""."""
    if not rows:
        return ""
    for name in _WRAPPERS:
        if all(isinstance(row.get(name), dict) and len(row) <= 8 for row in rows):
            scalars = [key for key in rows[0] if not key.startswith("_") and key != name]
            if len(scalars) <= 2:
                return name
    (name, *others) = rows[0]
    if not others and all(list(row) == [name] and _is_rich(row[name]) for row in rows):
        return name
    return ""


def _is_rich(value: object) -> bool:
    return isinstance(value, dict) and sum(not isinstance(v, dict) for v in value.values()) >= 2


def _is_record(value: Mapping[str, object]) -> bool:
    """Return whether an object is a film itself: it has a title and a text."""
    names = [key.lower() for key, cell in value.items() if isinstance(cell, str)]
    return any(part in name for name in names for part in _TITLES) and any(
        part in name for name in names for part in _TEXTS
    )


def _lists(root: Mapping[str, object]) -> list[tuple[tuple[str, ...], int]]:
    """Return the paths to lists of objects that are richer than what is around them, best first."""
    found = []
    for path, value, scalars in _walk(root, (), 0):
        rows = first_objects(value) if isinstance(value, list) else []
        if not rows or 2 * len(rows) < min(len(value) if isinstance(value, list) else 0, FIRST):
            continue
        keys = len(dict.fromkeys(key for row in rows[:5] for key in row))
        known = path[-1].lower() in _LISTS
        if known or keys > scalars:
            found.append((known, keys, -len(path), path))
    found.sort(key=lambda item: item[:3], reverse=True)
    return [(path, keys) for _, keys, _, path in found]


def _walk(
    value: Mapping[str, object], path: tuple[str, ...], scalars: int
) -> Iterator[tuple[tuple[str, ...], object, int]]:
    """Yield each member of nested objects with its path and the number of scalars around it."""
    scalars += sum(not isinstance(cell, dict | list) for cell in value.values())
    for name, cell in value.items():
        yield (*path, name), cell, scalars
        if isinstance(cell, dict) and len(path) < DEPTH - 1:
            yield from _walk(cell, (*path, name), scalars)


def _in_object(root: dict[str, object]) -> list[Structure]:
    if _is_record(root):
        return []
    if isinstance(root.get("columns"), list) and isinstance(root.get("data"), list):
        return [Structure("JSON table (columns and data)", "split")]
    if _is_by_column(root):
        return [Structure("JSON object of columns", "columns")]
    if members := _by_key((), root):
        return [members]
    found = []
    for path, _ in _lists(root):
        wrapper = _wrapper(first_objects(_at(root, path)))
        found.append(Structure(f"JSON list under {'.'.join(path)}", "list", path, wrapper=wrapper))
    if not found:
        nested = (_by_key(path, cell) for path, cell, _ in _walk(root, (), 0) if _is_object(cell))
        found = [structure for structure in nested if structure][:1]
    return found


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _at(root: object, path: Sequence[str]) -> list[object]:
    for key in path:
        root = root.get(key) if isinstance(root, dict) else None
    return root if isinstance(root, list) else []


def _is_by_column(root: Mapping[str, object]) -> bool:
    """Return whether the members are columns, as pandas writes them by default."""
    values = list(root.values())
    if len(values) < 2:
        return False
    if all(isinstance(value, list) for value in values):
        sizes = {len(value) for value in values[:-1] if isinstance(value, list)}
        return len(sizes) == 1 and not any(
            first_objects(v) == v for v in values if isinstance(v, list)
        )
    first = values[0]
    if not isinstance(first, dict) or not first or not all(isinstance(v, dict) for v in values):
        return False
    # The keys are numbers of rows, and the cells of a column have one type.
    keys = list(first)
    numbered = all(key.isdigit() for key in keys[:FIRST])
    same = all(list(v)[: len(keys)] == keys[: len(v)] for v in values if isinstance(v, dict))
    return numbered and same


def _by_key(path: tuple[str, ...], value: Mapping[str, object]) -> Structure | None:
    """Return the structure of an object of objects with keys in common."""
    cells = list(value.values())[:FIRST]
    objects = [cell for cell in cells if isinstance(cell, dict)]
    rows = [row for row in objects if row]
    if not rows or 5 * len(objects) < 4 * len(cells):
        return None
    # One of them may be broken or cut off.
    common = [key for key in rows[0] if 2 * sum(key in row for row in rows) > len(rows)]
    if 2 * len(common) < len(rows[0]) or not _is_rich(rows[0]):
        return None
    keys = list(value)[:FIRST]
    own = {key.lower() for row in rows for key in row}
    column = "_key"
    if not own & {"id", "_id", "movie_id", "imdb_id", "imdbid", "tmdb_id", "tconst"}:
        column = "id"
        texts = not any(re.search(r"\d", key) for key in keys)
        if texts and not any(part in name for name in own for part in _TITLES):
            column = "title"
    return Structure("JSON objects by key", "members", path, key_column=column)
