"""Where the rows are in a JSON document, found in its first part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard

from pipeline.sources.forms.documents.partial import DEPTH, FIRST, first_objects, top_values
from pipeline.sources.forms.documents.stream import recover
from pipeline.sources.forms.documents.wrappers import (
    TITLES,
    find_wrapping,
    has_text,
    is_record,
    is_rich,
)

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
        "metadata",
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
_ACTIONS = frozenset({"index", "create", "update", "delete"})
_YEAR = re.compile(r"(?:18[89]|19\d|20[0-3])\d")


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
        "lists": the elements of each list that is a member of the object at `path`;
        "columns", "split", "arrays": the whole document is a table in another order.
    path : tuple of str
        Keys that lead to the list or object.
    inner : tuple of str
        Keys that lead from each value to a list of rows, as in pages of results.
    wrapper : str
        Key of each row whose value is the row proper, such as `_source`.
    merged : bool
        Whether the row has the cells beside the wrapped object too.
    typed : bool
        Whether each cell is an object of its type and value, as in DynamoDB.
    key_column : str
        Column of the keys of "members" and "lists"; empty if there is none.
    bulk : bool
        Whether lines such as `{"index": {"_id": 1}}` are between the rows.
    """

    kind: str
    layout: str
    path: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    wrapper: str = ""
    merged: bool = False
    typed: bool = False
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
        return _wrapped(Structure("Elasticsearch bulk", layout, bulk=True), rows)
    whole = _wrapped(Structure(kind, layout), rows)
    first = rows[0] if rows and not whole.typed else {}
    inner = next((path for path, _ in _lists(first)), ()) if not is_record(first) else ()
    if inner:
        return Structure(f"{kind} of pages", layout, inner=inner)
    return whole


def _wrapped(structure: Structure, rows: Sequence[Mapping[str, object]]) -> Structure:
    name, merged, typed = find_wrapping(rows)
    return replace(structure, wrapper=name, merged=merged, typed=typed)


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
    if is_record(root):
        return []
    if isinstance(root.get("columns"), list) and isinstance(root.get("data"), list):
        return [Structure("JSON table (columns and data)", "split")]
    if _is_by_column(root):
        return [Structure("JSON object of columns", "columns")]
    if members := _by_key((), root):
        return [members]
    found = []
    lists = _lists(root)
    if years := _by_year(root, [path for path, _ in lists]):
        return [years]
    for path, _ in lists:
        structure = Structure(f"JSON list under {'.'.join(path)}", "list", path)
        found.append(_wrapped(structure, first_objects(_at(root, path))))
    if not found:
        nested = (_by_key(path, cell) for path, cell, _ in _walk(root, (), 0) if _is_object(cell))
        found = [structure for structure in nested if structure][:1]
    return found


def _by_year(root: Mapping[str, object], paths: Sequence[tuple[str, ...]]) -> Structure | None:
    """Return the structure of lists by year, whose rows may have no year of their own."""
    if len(paths) < 2 or len({path[:-1] for path in paths}) > 1:
        return None
    if not all(_YEAR.fullmatch(path[-1]) for path in paths):
        return None
    rows = [row for path in paths for row in first_objects(_at(root, path))[:3]]
    own = any(part in key.lower() for row in rows for key in row for part in ("year", "date"))
    structure = Structure("JSON lists by year", "lists", paths[0][:-1])
    return _wrapped(replace(structure, key_column="" if own else "year"), rows)


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
    (name, *others) = value or [""]
    alone = not others and not any(map(str.isdigit, name)) and not any(map(has_text, rows))
    if alone and _lists(value):  # an object around all else, as Plex writes it
        return None
    if not rows or 5 * len(objects) < 4 * len(cells):
        return None
    # One of them may be broken or cut off.
    common = [key for key in rows[0] if 2 * sum(key in row for row in rows) > len(rows)]
    if 2 * len(common) < len(rows[0]) or not is_rich(rows[0]):
        return None
    keys = list(value)[:FIRST]
    own = {key.lower() for row in rows for key in row}
    column = "_key"
    if not own & {"id", "_id", "movie_id", "imdb_id", "imdbid", "tmdb_id", "tconst"}:
        column = "id"
        texts = not any(re.search(r"\d", key) for key in keys)
        if texts and not any(part in name for name in own for part in TITLES):
            column = "title"
    return Structure("JSON objects by key", "members", path, key_column=column)
