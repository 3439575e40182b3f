"""Repair whole columns: only cells that may be damaged go through the slow repair of a text.

Patterns of RE2 (`pyarrow.compute`) find these cells; `tests/pipeline/cleaning/test_columns.py`
checks that the repair of any other cell would change nothing but its curly quotes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.characters import (
    COMBINING,
    CONTROLS,
    DOUBLE_QUOTE,
    DOUBT,
    SINGLE_QUOTE,
    repair_characters,
)
from pipeline.cleaning.endings import MAY_END
from pipeline.cleaning.text_repair import cut_text, repair_text_once, repair_title_once

__all__ = ["PLAIN", "PROSE", "TITLE", "Kind", "RepairedTexts", "repair_lists", "repair_texts"]

_WIDE = "[\u3000\uff01-\uff5e]"  # ideographic space, and ASCII in the width of Han characters
_NARROW = {0x3000: " "} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SPACING = r"[\x00-\x1f\x7f]|  |^ | $"
_RAW_FACTOR = 10  # a text longer than 10 times the limit is cut before the slow repair


@dataclass(frozen=True)
class Kind:
    """How the cells of a column are repaired.

    Attributes
    ----------
    repair_once : callable
        Text -> text with one level of damage repaired.
    marks : str
        Pattern of RE2 that finds every text of ASCII characters that `repair_once` may change,
        beside its white space and control characters.
    """

    repair_once: Callable[[str], str]
    marks: str


PLAIN = Kind(repair_characters, "[<&]")
TITLE = Kind(repair_title_once, r"[<&\\\[]|^\*\*")
PROSE = Kind(repair_text_once, r"[<&\\\[*_`]|\{\{|'''|==|://|[wW]{3}\.|^#{1,6} |^>+ |" + MAY_END)


@dataclass(frozen=True)
class RepairedTexts:
    """A repaired column, and what it lost.

    Attributes
    ----------
    values : pa.Array
        Texts; null instead of an empty one.
    dropped, cut : np.ndarray
        Positions of cells that had control characters, and of those that were too long.
    """

    values: pa.Array
    dropped: np.ndarray
    cut: np.ndarray


def repair_texts(column: pa.Array, kind: Kind, limit: int) -> RepairedTexts:
    """Repair the texts of a column.

    Parameters
    ----------
    column : pa.Array
        Texts, or null.
    kind : Kind
        PROSE, TITLE or PLAIN.
    limit : int
        Most characters of a text; a longer one is cut at the end of a sentence or word.
    """
    dropped = _positions(pc.match_substring_regex(column, CONTROLS))
    most = limit * _RAW_FACTOR
    raw = _patch(column, _longer(column, most), lambda text: " ".join(text.split()))
    huge = _longer(raw, most)
    values = _repair(_patch(raw, huge, lambda text: cut_text(text, most)), kind)
    long = _longer(values, limit)
    values = _patch(values, long, lambda text: cut_text(text, limit))
    values = _repair(values, kind) if len(long) else values
    values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    return RepairedTexts(values, dropped, np.union1d(huge, long))


def repair_lists(column: pa.Array, limit: int, most: int) -> RepairedTexts:
    """Repair the entries of lists: each distinct entry once; no empty or repeated entry is left.

    Parameters
    ----------
    column : pa.Array
        Lists of texts, or null.
    limit : int
        Most characters of an entry; a longer one is dropped, since it is no name.
    most : int
        Most entries of a list; the rest is dropped.
    """
    owner = pc.list_parent_indices(column).to_numpy()
    entries = pc.list_flatten(column).dictionary_encode()
    names = entries.dictionary
    repaired = repair_texts(names, TITLE, max(limit, pc.max(pc.utf8_length(names)).as_py() or 0))
    distinct = repaired.values.dictionary_encode()  # two entries may be the same after the repair
    target = distinct.indices.fill_null(-1).to_numpy()
    too_long = np.zeros(len(names) + 1, bool)
    too_long[_positions(pc.greater(pc.utf8_length(repaired.values), limit))] = True
    has_control = np.zeros(len(names) + 1, bool)
    has_control[repaired.dropped] = True

    codes = entries.indices.fill_null(len(names)).to_numpy()
    values = np.append(np.where(too_long[:-1], -1, target), -1)[codes]
    # position of the first of equal entries of a list
    _, first = np.unique(owner * (len(names) + 1) + values, return_index=True)
    first = np.sort(first)
    first = first[values[first] >= 0]
    rank = np.arange(len(first)) - np.searchsorted(owner[first], owner[first])
    rows_cut = np.union1d(owner[too_long[codes]], owner[first[rank >= most]])
    first = first[rank < most]

    counts = np.bincount(owner[first], minlength=len(column))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    texts = distinct.dictionary.take(pa.array(values[first], pa.int64()))
    lists = pa.ListArray.from_arrays(offsets, texts, mask=pa.array(counts == 0))
    return RepairedTexts(lists, np.unique(owner[has_control[codes]]), rows_cut)


def _repair(column: pa.Array, kind: Kind) -> pa.Array:
    """Repair the texts that may be damaged, again and again while that changes them."""
    values, doubtful = _straighten(column)
    marked = _positions(pc.match_substring_regex(values, f"{kind.marks}|{_SPACING}"))
    damaged = np.union1d(doubtful, marked)
    if not len(damaged):
        return values
    before = column.take(pa.array(damaged))
    after = pa.array([kind.repair_once(text) for text in before.to_pylist()], pa.string())
    changed = np.flatnonzero(pc.not_equal(before, after).to_numpy(zero_copy_only=False))
    if len(changed):
        again = _repair(after.take(pa.array(changed)), kind)
        after = _replace(after, changed, again)
    return _replace(values, damaged, after)


def _straighten(column: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Replace curly quotes and wide characters; return also the positions of doubtful texts."""
    if pc.all(pc.string_is_ascii(column)).as_py():
        return column, np.empty(0, np.int64)
    wide = _positions(pc.match_substring_regex(column, _WIDE))
    column = _patch(column, wide, lambda text: text.translate(_NARROW))
    combining = _positions(pc.match_substring_regex(column, f"[{COMBINING}]"))
    other_form = [
        position
        for position, text in zip(combining, column.take(combining).to_pylist(), strict=True)
        if not unicodedata.is_normalized("NFC", text)
    ]
    doubtful = _positions(pc.match_substring_regex(column, DOUBT))
    column = pc.replace_substring_regex(column, SINGLE_QUOTE, "'")
    column = pc.replace_substring_regex(column, DOUBLE_QUOTE, '"')
    return column, np.union1d(doubtful, np.array(other_form, np.int64))


def _longer(column: pa.Array, limit: int) -> np.ndarray:
    return _positions(pc.greater(pc.utf8_length(column), limit))


def _positions(mask: pa.Array) -> np.ndarray:
    return np.flatnonzero(mask.fill_null(False).to_numpy(zero_copy_only=False))


def _patch(column: pa.Array, positions: np.ndarray, change: Callable[[str], str]) -> pa.Array:
    if not len(positions):
        return column
    texts = column.take(pa.array(positions)).to_pylist()
    return _replace(column, positions, pa.array(map(change, texts), pa.string()))


def _replace(column: pa.Array, positions: np.ndarray, values: pa.Array) -> pa.Array:
    mask = np.zeros(len(column), bool)
    mask[positions] = True
    return pc.replace_with_mask(column, pa.array(mask), values)
