"""How the rows of a JSON document start, by which reading goes on after a broken one."""

from __future__ import annotations

import json
import re

from pipeline.sources.forms.documents.partial import first_objects, top_values
from pipeline.sources.forms.documents.stream import RowStart
from pipeline.sources.forms.documents.structure import Structure

__all__ = ["row_start"]

_TEXT = r'"(?:[^"\\\n]|\\.)*"'


def row_start(text: str, structure: Structure) -> RowStart:
    """Return how rows start, from the first part of a document."""
    first = _first_row(text, structure)
    keyed = structure.layout == "members"
    keys = [re.escape(json.dumps(key, ensure_ascii=False)) for key in first]
    before_row = _TEXT + r"\s*:\s*" if keyed else ""
    pattern = before_row + r"\{\s*" + (keys[0] + r"\s*:" if keys else '"')
    if len(keys) > 1 and not isinstance(next(iter(first.values())), dict | list):
        pattern += r"\s*(?:" + _TEXT + r'|[^,{}\[\]"]*)\s*,\s*' + keys[1] + r"\s*:"
    by_keys = re.compile(f"(?P<row>{pattern})")
    found = by_keys.search(text)
    before = text[: found.start()] if found else ""
    indent = before[before.rfind("\n") + 1 :].lstrip("\ufeff")
    line = None
    if found and not indent.strip(" \t\r"):
        line = re.compile(rf"\n{re.escape(indent)}(?:,[ \t]*)?(?P<row>{before_row}\{{)")
    return RowStart(line, by_keys)


def _first_row(text: str, structure: Structure) -> dict[str, object]:
    """Return the first element as it is written, before what it wraps is taken out."""
    found: object = top_values(text)
    if structure.path or structure.layout in ("list", "lists", "members"):
        found = found[0] if isinstance(found, list) and found else None
        for key in structure.path:
            found = found.get(key) if isinstance(found, dict) else None
    elif isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    values = list(found.values()) if isinstance(found, dict) else found
    if structure.layout == "lists" and isinstance(values, list):
        values = next((value for value in values if isinstance(value, list) and value), [])
    rows = first_objects(values) if isinstance(values, list) else []
    return rows[0] if rows else {}
