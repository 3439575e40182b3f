"""Missing values, invalid text, and words for "unknown"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.literals import (
    CellError,
    is_missing,
    is_null,
    known_text,
    restore_bytes,
    text,
)
from pipeline.sources.parsing.words import MISSING, UNKNOWN_WORDS


def test_text() -> None:
    assert text(1917) == "1917"
    assert text(1917.0) == "1917"
    assert text(" None ") == "None"
    assert text("Unknown") == "Unknown"
    assert [text(empty) for empty in ("", " \n", "\\N", None, float("nan"))] == [None] * 5
    for bad in (True, ["a"], {"a": 1}):
        with pytest.raises(CellError):
            text(bad)


@pytest.mark.parametrize(
    "cell", ["", "N/A", "null", "None", "\\N", "--", "?", "NaN", "#N/A", "n.a.", None, float("nan")]
)
def test_marks_of_missing_values(cell: object) -> None:
    assert is_missing(cell)
    assert is_null(cell)
    assert known_text(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "unknown",
        "Unknown",
        " UNKNOWN ",
        "(no genres listed)",
        "not available",
        "TBD",
        "Inconnu",
        "Unbekannt",
        "Desconocido",
        "Sconosciuto",
        "Неизвестно",
        "未知",
        "不明",
    ],
)
def test_words_for_unknown(cell: str) -> None:
    assert is_null(cell)
    assert not is_missing(cell)


@pytest.mark.parametrize("cell", ["0", 0, "Anonymous", "The Unknown", "No", False, "x" * 100, []])
def test_values(cell: object) -> None:
    assert not is_null(cell)


@given(st.text(st.sampled_from("a\u00e9\ud800\udbff\udc00\udc80\udcff\udfff "), max_size=12))
def test_every_parsed_text_can_be_encoded(cell: str) -> None:
    for found in (text(cell), text(restore_bytes(cell))):
        assert found is None or found.encode("utf-8")


@given(st.binary(max_size=30))
def test_bytes_can_be_restored_and_valid_text_is_unchanged(data: bytes) -> None:
    cell = restore_bytes(data.decode("utf-8", "surrogateescape"))
    assert isinstance(cell.encode("utf-8"), bytes)
    valid = data.decode("utf-8", "ignore")
    assert restore_bytes(valid) == valid
    assert len(cell) >= len(valid)


_MARKS = st.sampled_from([*sorted(MISSING | UNKNOWN_WORDS), ".", " ", "\n", "\xa0", "x"])


@given(st.lists(_MARKS, max_size=4).map("".join) | st.text(max_size=50))
def test_null_is_found_with_and_without_full_stops_around(cell: str) -> None:
    word = cell.strip().lower()
    short = len(cell) <= 40
    dotless = cell.strip(" \t\r\n.").lower()
    expected = word == "" or (
        short and (word in MISSING or word in UNKNOWN_WORDS or dotless in UNKNOWN_WORDS)
    )
    assert is_null(cell) == expected
