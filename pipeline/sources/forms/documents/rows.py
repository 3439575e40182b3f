"""The rows of a JSON document, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.sources.forms.documents.stream import (
    Broken,
    JsonStream,
    RowStart,
    recover,
)
from pipeline.sources.forms.documents.structure import Structure, is_action
from pipeline.sources.forms.documents.values import bare, plain, untyped

__all__ = ["Row", "line_rows", "stream_rows", "table_rows", "without_actions"]

Row = dict[str, object] | Broken
_CLOSING = {"list": "]", "members": "}"}
_MOST_CHARS = 2**30  # of a document that must be in memory
_MOST_LINES = 100  # of an object in a text with an object in each line


def line_rows(lines: Iterator[str], structure: Structure) -> Iterator[Row]:
    """Yield the objects of lines; commas between them and brackets around them are skipped."""
    waiting: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip(" \t\r\n,\x1e\ufeff")
        if not text or text in ("[", "]"):
            continue
        if waiting and (text.startswith("{") or len(waiting) >= _MOST_LINES):
            yield from _unfinished(waiting)
            waiting = []
        if waiting:
            waiting.append((number, line))
            joined = recover("".join(part for _, part in waiting))
            if joined is not None:
                yield joined
                waiting = []
            continue
        value = _line_value(text)
        if isinstance(value, dict):
            yield from _rows_of(value, structure, '"$' in text)
        elif isinstance(value, ValueError | RecursionError) and text.startswith("{"):
            waiting = [(number, line)]
        elif isinstance(value, ValueError | RecursionError):
            yield Broken(f"line {number} is not JSON: {_why(value)}")
        else:
            yield _not_object(value, number)
    yield from _unfinished(waiting)


def _line_value(text: str) -> object:
    """Return the value of a line, or the error if it has none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        inner = text.lstrip("[ \t").rstrip("] \t,")
        if inner != text and inner.startswith("{"):
            try:
                return json.loads(inner)
            except (ValueError, RecursionError):
                pass
        return recover(text) or error


def _unfinished(waiting: Sequence[tuple[int, str]]) -> Iterator[Row]:
    for number, line in waiting:
        error = _line_value(line.strip(" \t\r\n,"))
        why = _why(error) if isinstance(error, Exception) else "not an object"
        yield Broken(f"line {number} is not JSON: {why}")


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _not_object(value: object, line: int) -> Broken:
    return Broken(f"line {line} is not a JSON object but {type(value).__name__}")


def stream_rows(pieces: Iterator[str], structure: Structure, start: RowStart) -> Iterator[Row]:
    """Yield the objects of a text of any layout in which they follow one another."""
    stream = JsonStream(pieces)
    if structure.layout == "values":
        yield from _top_rows(stream, structure, start)
        return
    while stream.peek() == "{":
        if not _enter(stream, structure):
            yield Broken(f"line {stream.line}: {'.'.join(structure.path)} is missing")
            return
        if structure.layout == "lists":
            yield from _lists_rows(stream, structure, start)
        else:
            yield from _container_rows(stream, structure, start)
        if not _leave(stream, len(structure.path)):
            return


def _top_rows(stream: JsonStream, structure: Structure, start: RowStart) -> Iterator[Row]:
    depth = 0
    while mark := stream.peek():
        if mark == "[" and depth == 0:
            depth += 1
            stream.at += 1
        elif mark in "]}":
            depth = 0
            stream.at += 1
        else:
            together = stream.plain_rows(start)
            for row in together:
                yield from _rows_of(row, structure, False)
            if not together:
                yield from _next_rows(stream, structure, start, "")
    if depth and not stream.lost:
        yield Broken(f"line {stream.line}: the array has no end, the file is incomplete")


def _next_rows(
    stream: JsonStream, structure: Structure, start: RowStart, key: str
) -> Iterator[Row]:
    mark = stream.peek()
    if not mark:
        yield Broken(f"line {stream.line}: a value is missing")
        return
    line = stream.line if mark != "{" else 0
    value = stream.row(start)
    if isinstance(value, Broken):
        yield value
    elif isinstance(value, dict):
        extended = stream.text.find('"$', stream.start, stream.at) >= 0
        if key and structure.key_column not in value:
            value = {structure.key_column: key, **value}
        yield from _rows_of(value, structure, extended)
    else:
        yield _not_object(value, line or stream.line)


def _enter(stream: JsonStream, structure: Structure) -> bool:
    """Go to the first element of the container of the rows; return whether it is there."""
    for key in (*structure.path, None):
        opening = "[" if key is None and structure.layout == "list" else "{"
        if stream.peek() != opening:
            return False
        stream.at += 1
        if key is not None and not _find_member(stream, key):
            return False
    return True


def _find_member(stream: JsonStream, key: str) -> bool:
    while stream.peek() == '"':
        if stream.key() == key:
            return True
        stream.value()
    return False


def _lists_rows(stream: JsonStream, structure: Structure, start: RowStart) -> Iterator[Row]:
    """Yield the elements of the lists of an object, each with the key of its list."""
    each = replace(structure, layout="list")
    while stream.peek() == '"':
        try:
            key = stream.key()
            if stream.peek() != "[":
                stream.value()
                continue
        except (ValueError, RecursionError) as error:
            yield Broken(f"line {stream.line} is not JSON: {_why(error)}")
            return
        stream.at += 1
        for row in _container_rows(stream, each, start):
            if isinstance(row, Broken):
                key = ""  # the next row that is found may be in another list
            named = key and isinstance(row, dict) and structure.key_column
            yield {structure.key_column: key, **row} if named and isinstance(row, dict) else row
    stream.at += stream.peek() == "}"


def _container_rows(stream: JsonStream, structure: Structure, start: RowStart) -> Iterator[Row]:
    closing = _CLOSING[structure.layout]
    while (mark := stream.peek()) and mark != closing:
        key = ""
        if structure.layout == "members":
            try:
                key = stream.key()
            except (ValueError, RecursionError) as error:
                found = stream.row(start)
                yield (
                    found
                    if isinstance(found, Broken)
                    else Broken(f"line {stream.line} is not JSON: {_why(error)}")
                )
                continue
        elif mark in "]}":
            break
        together = [] if key else stream.plain_rows(start)
        for row in together:
            yield from _rows_of(row, structure, False)
        if not together:
            yield from _next_rows(stream, structure, start, key)
    if not mark and not stream.lost:
        yield Broken(f"line {stream.line}: the document has no end, the file is incomplete")
    stream.at += bool(mark)


def _leave(stream: JsonStream, depth: int) -> bool:
    """Go behind the objects around the container; return whether another document may follow."""
    for _ in range(depth):
        try:
            while stream.peek() == '"':
                stream.key()
                stream.value()
        except (ValueError, RecursionError):
            return False
        if stream.peek() != "}":
            return False
        stream.at += 1
    return True


def _rows_of(value: dict[str, object], structure: Structure, extended: bool) -> Iterator[Row]:
    """Yield the rows of a value: itself, what it wraps, or the list in it."""
    if extended:
        value = {key: plain(cell) for key, cell in value.items()}
    if structure.inner:
        found: object = value
        for key in structure.inner:
            found = found.get(key) if isinstance(found, dict) else None
        for item in found if isinstance(found, list) else []:
            yield (
                item
                if isinstance(item, dict)
                else Broken(f"an element of {'.'.join(structure.inner)} is not a JSON object")
            )
        return
    if structure.wrapper:
        inner = value.get(structure.wrapper)
        if isinstance(inner, dict):
            around = {
                key: cell
                for key, cell in value.items()
                if key != structure.wrapper and (structure.merged or key == "_id")
            }
            value = around | inner
            if structure.merged:
                value = {key: bare(cell) for key, cell in value.items()}
    if structure.typed:
        value = {key: untyped(cell) for key, cell in value.items()}
    yield value


def without_actions(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield the rows of Elasticsearch's bulk format; an action gives its id to a row without."""
    key: object = None
    for row in rows:
        if isinstance(row, dict) and is_action(row):
            (action,) = row.values()
            key = action.get("_id") if isinstance(action, Mapping) else None
            continue
        if isinstance(row, dict) and key is not None and not {"id", "_id"} & row.keys():
            yield {"_id": key, **row}
        else:
            yield row
        key = None


def table_rows(pieces: Iterator[str], structure: Structure) -> Iterator[Row]:
    """Yield the rows of a document that is a table in another order; all of it is in memory."""
    stream = JsonStream(pieces)
    while stream.fill():
        if len(stream.text) > _MOST_CHARS:
            raise ValueError(f"it has more than {_MOST_CHARS} characters; write one row per line")
    values = []
    try:
        while stream.peek():
            values.append(stream.value())
    except RecursionError as error:
        raise ValueError("it has values within values to a great depth") from error
    root = values[0]
    if structure.layout == "columns" and isinstance(root, dict):
        yield from _by_column(root)
        return
    header: object = None
    rows: object = values if len(values) > 1 else root
    if structure.layout == "split" and isinstance(root, dict):
        header, rows = root["columns"], root["data"]
    elif isinstance(rows, list) and rows and all(isinstance(cell, str) for cell in rows[0]):
        header, rows = rows[0], rows[1:]
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, list):
            yield _not_object(row, 1)
            continue
        names = header if isinstance(header, list) else range(1, len(row) + 1)
        if len(row) > len(names):
            yield Broken(f"{len(row)} cells where the header has {len(names)}")
        else:
            yield dict(zip(map(str, names), map(plain, row), strict=False))


def _by_column(root: Mapping[str, object]) -> Iterator[Row]:
    columns = {
        name: column if isinstance(column, dict) else dict(enumerate(column))
        for name, column in root.items()
        if isinstance(column, dict | list)
    }
    keys = dict.fromkeys(key for column in columns.values() for key in column)
    for key in keys:
        yield {name: plain(column.get(key)) for name, column in columns.items()}
