"""Repair of columns: the same as the repair of each cell, and many times faster."""

from __future__ import annotations

import string

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.cleaning.characters import repair_characters
from pipeline.cleaning.columns import PLAIN, PROSE, TITLE, Kind, repair_lists, repair_texts
from pipeline.cleaning.text_repair import repair_text, repair_title

LIMIT = 20_000
_PIECES = st.sampled_from(
    [
        "a",
        "b",
        "word",
        "Who",
        ". ",
        "! ",
        " ",
        "*",
        "_",
        "[1]",
        "[",
        "]",
        "(",
        ")",
        "#",
        "> ",
        "&amp;",
        "<b>",
        "\\n",
        "http://a.b",
        "www.a.b",
        "more",
        "See full summary",
        "\u00bb",
        "...",
        "Written by Anonymous",
        " -- ",
        "(Source: x)",
        "\u00a9",
        "'''",
        "==",
        "{{",
        "}}",
        "~",
        "`",
        "@",
        "\u2014Ada",
        "\u00e9",
        "\u00c9",
        "\u00e5",
        "\u00c3",
        "\u00a9",
        "\u00e2",
        "\u20ac",
        "\u2122",
        "\u0153",
        "\u2019",
        "\u201c",
        "\u201d",
        "\u00ab",
        "\u2026",
        "\u0412",
        "\u0421",
        "\u0438",
        "\u03b1",
        "\u05d0",
        "\u0627",
        "\u0653",
        "\u0915",
        "\u0e01",
        "\u3042",
        "\u3099",
        "\u4e00",
        "\uac00",
        "\uff0c",
        "\uff01",
        "\u3000",
        "\u00a0",
        "\u200b",
        "\u200d",
        "\x00",
        "\x1f",
        "\n",
        "\t",
    ]
)
_LETTERS = (
    string.ascii_letters
    + " .,!?'"
    + "\u00e0\u00e9\u00ef\u00f1\u00fc\u00df\u00c9\u00d6\u0153\u0142\u015f\u017d"
    "\u2019\u2018\u201c\u201d\u00ab\u00bb\u2013\u2014\u2026\u00bf\u0430\u0431\u044f\u0412\u0421\u0456\u05d0\u0644\u0915\u0940\u0e01\u3042\u30ab\u4e8c\u3002\uac00\u0105\u0110\u0111\u01b0\u1ead\u0392\u03b2\u03af\u0964\u201e\u0103\u021b\u0101\u0173"
)


def repair_each(texts: list[str | None], kind: Kind) -> list[str | None]:
    repair = {PLAIN: repair_characters, TITLE: repair_title, PROSE: repair_text}[kind]
    return [None if text is None else repair(text) or None for text in texts]


@pytest.mark.parametrize("kind", [PLAIN, TITLE, PROSE])
@settings(max_examples=250, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=9).map("".join), max_size=6))
@example(["a\u0153", "\u0153 a", "\u00e9\u00bb a", "\u201d\u00e9"])
def test_a_column_is_repaired_like_its_cells(kind: Kind, texts: list[str]) -> None:
    column: list[str | None] = [*texts, None]
    repaired = repair_texts(pa.array(column, pa.string()), kind, LIMIT)
    once = repair_each(column, kind)
    assert repaired.values.to_pylist() == (
        once if kind is not PLAIN else repair_each(repair_each(once, kind), kind)
    )


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=_LETTERS, max_size=25))
def test_letters_of_many_scripts_are_repaired_like_cells(text: str) -> None:
    (repaired,) = repair_texts(pa.array([text]), PLAIN, LIMIT).values.to_pylist()
    assert repaired == (repair_characters(text) or None)


def test_cut_and_dropped_cells() -> None:
    column = pa.array(["One two.", "x" * 40, None, "a\x00b", "One two. Three.", " " * 99 + "a"])
    repaired = repair_texts(column, PROSE, 9)
    assert repaired.values.to_pylist() == ["One two.", "x" * 9, None, "ab", "One two.", "a"]
    assert repaired.cut.tolist() == [1, 4]
    assert repaired.dropped.tolist() == [3]
    assert repair_texts(pa.array([], pa.string()), PROSE, 9).values.to_pylist() == []
    assert repair_texts(pa.nulls(2, pa.string()), PROSE, 9).values.to_pylist() == [None, None]


def repair_list(items: list[str | None] | None, most: int) -> list[str] | None:
    names = [repair_title(item) for item in items or () if item is not None]
    kept = [name for name in dict.fromkeys(names) if name and len(name) <= 6]
    return kept[:most] or None


_ITEMS = st.sampled_from(
    ["a", "A", " a ", "b", "", " ", "a&amp;b", "a&b", "too long", "c[1]", "\x00", None]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.none() | st.lists(_ITEMS, max_size=7), max_size=7), st.integers(1, 4))
def test_lists_are_repaired_like_each_list(lists: list[list[str | None] | None], most: int) -> None:
    column = pa.array(lists, pa.list_(pa.string()))
    repaired = repair_lists(column, 6, most)
    assert repaired.values.type == column.type
    assert repaired.values.to_pylist() == [repair_list(items, most) for items in lists]
    repaired.values.validate(full=True)
    dropped = [n for n, items in enumerate(lists) if items and "\x00" in items]
    assert repaired.dropped.tolist() == dropped
    for n, items in enumerate(lists):
        names = dict.fromkeys(repair_title(i) for i in items or () if i)
        names.pop("", None)
        too_many = len([name for name in names if len(name) <= 6]) > most
        assert (n in repaired.cut) == (too_many or any(len(name) > 6 for name in names))


def test_a_sliced_column() -> None:
    column = pa.array([["x"], ["a", "a"], None, ["b"]]).slice(1)
    assert repair_lists(column, 9, 9).values.to_pylist() == [["a"], None, ["b"]]
    assert isinstance(repair_lists(column, 9, 9).cut, np.ndarray)
