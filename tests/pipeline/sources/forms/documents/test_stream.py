"""Rows of a JSON text: many at once give the same as one after the other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.forms.documents.row_starts import row_start
from pipeline.sources.forms.documents.rows import Row, stream_rows
from pipeline.sources.forms.documents.stream import JsonStream
from pipeline.sources.forms.documents.structure import find_structures

_CELLS = st.recursive(
    st.none() | st.integers() | st.floats() | st.sampled_from(['}, {"id": 1', "$oid", 'a"b', "é"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("id"), inner),
    max_leaves=4,
)
_FILMS = st.lists(st.fixed_dictionaries({"id": st.integers(0, 99), "cast": _CELLS}), min_size=2)
_DAMAGE = st.sampled_from(["", ",", "}", "]", "[", '"', "{", "1", " null,", '{"$oid": "a"}', "\n"])
_LAYOUTS = (
    "[{}]",
    "{}",
    '{{"total": 3, "films": [{}], "page": 1}}',
)


def rows_of(text: str, size: int) -> list[Row]:
    structure = find_structures(text)[0]
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    return list(stream_rows(pieces, structure, row_start(text, structure)))


@pytest.mark.parametrize("layout", _LAYOUTS)
@settings(max_examples=150, deadline=None)
@given(films=_FILMS, damage=_DAMAGE, share=st.floats(0, 1), size=st.integers(1, 300))
def test_many_rows_at_once_are_those_read_one_by_one(
    layout: str, films: list[dict[str, object]], damage: str, share: float, size: int
) -> None:
    text = layout.format(", ".join(map(json.dumps, films)))
    at = 30 + int(share * len(text))  # not in the first keys, which decide over the structure
    text = text[:at] + damage + text[at:]
    if not find_structures(text) or find_structures(text)[0].layout not in ("values", "list"):
        return
    at_once = rows_of(text, size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JsonStream, "plain_rows", lambda self, start: [])
        one_by_one = rows_of(text, size)
    assert repr(at_once) == repr(one_by_one)


def test_rows_whole_in_memory_are_read_at_once() -> None:
    films = [{"id": n, "title": f"T{n}"} for n in range(9)]
    text = json.dumps(films)
    (structure,) = find_structures(text)
    stream = JsonStream(iter([text]))
    assert stream.peek() == "["
    stream.at += 1
    start = row_start(text, structure)
    assert stream.plain_rows(start) == films[:-1]
    assert stream.plain_rows(start) == []
    assert stream.row(start) == films[-1]
