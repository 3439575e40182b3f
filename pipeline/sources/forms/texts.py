"""Tables of texts: a JSON document, or lines of cells."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from itertools import islice

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.forms.base import RawTable
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.delimited.rewriting import find_rewriting
from pipeline.sources.forms.delimited.sniffing import TooManyColumns, find_layout
from pipeline.sources.forms.delimited.table import DelimitedTable
from pipeline.sources.forms.documents.scripts import inner_text, json_start
from pipeline.sources.forms.documents.table import open_json
from pipeline.sources.forms.other_files import describe_text
from pipeline.sources.forms.text.blocks import MAX_LINE_CHARS, split_lines, text_pieces
from pipeline.sources.forms.text.encodings import Encoding, find_encoding

__all__ = ["open_text"]

_JSON = re.compile(r"[\s,\ufeff\x1e]*[{\[]")
_MOST_INNER = 2**26  # characters of a document that is written in a JSON text
_FIRST_LINES = 2_000


def open_text(content: Content, settings: SourceSettings) -> list[RawTable]:
    """Return the tables of a text.

    Parameters
    ----------
    content : Content
        The bytes.
    settings : SourceSettings
        `encoding` and `column_map`.

    Raises
    ------
    SourceError
        If it has no rows; `NotATable` if it is no table.
    """
    encoding = find_encoding(content, settings.encoding)
    block = _first_lines(content, encoding)
    if not block.strip("\ufeff \t\r\n\0"):
        raise SourceError(f"{content.name}: is empty")
    if described := describe_text(block):
        raise NotATable(f"{content.name}: {described}")
    skipped = json_start(next(text_pieces(content, encoding), ""))
    if skipped or _JSON.match(block):
        try:
            return list(open_json(content, encoding, skipped))
        except NotATable:
            # A title such as "[REC]" may start a table.
            if skipped or block.lstrip()[:1] != "[" or _is_json(block):
                raise
    if (inner := _inner(content, encoding, block)) is not None:
        return open_text(inner, settings.model_copy(update={"encoding": "utf-8"}))
    lines = list(islice(split_lines(block), _FIRST_LINES))
    rewriting = find_rewriting(lines)
    try:
        layout = find_layout(
            list(rewriting.lines(lines)),
            mapped=tuple(settings.column_map.values()),
            separator=rewriting.written,
        )
    except TooManyColumns as error:
        raise NotATable(
            f"{content.name}: looks like a table, but {error}; keep only the columns of films"
        ) from error
    if layout is None:
        raise NotATable(
            f"{content.name}: looks like plain text, no comma, semicolon, tab or bar separates "
            "cells in its first lines; write a CSV file with a header"
        )
    table = DelimitedTable(content, encoding, layout, rewriting)
    if next(table.chunks(None, 1), None) is None:
        raise SourceError(f"{content.name}: has no rows")
    return [table]


def _inner(content: Content, encoding: Encoding, block: str) -> Content | None:
    """Return the content that a JSON text holds, where a document was encoded twice."""
    if inner_text(block) is None:
        return None
    pieces, length = [], 0
    for piece in text_pieces(content, encoding):
        pieces.append(piece)
        length += len(piece)
        if length > _MOST_INNER:
            return None
    found = inner_text("".join(pieces))
    if found is None:
        return None
    data = found.encode("utf-8", "replace")
    return replace(content, opener=lambda: io.BytesIO(data), path=None)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _first_lines(content: Content, encoding: Encoding) -> str:
    """Return the first lines of a text, the last without its end if it is very long."""
    text = ""
    for piece in text_pieces(content, encoding):
        text += piece
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        if end:
            return text[:end]
        if len(text) > MAX_LINE_CHARS:
            break
    return text
