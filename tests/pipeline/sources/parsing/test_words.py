"""Words of many languages."""

from __future__ import annotations

from pipeline.sources.parsing.words import MAGNITUDES, MISSING, MONTHS, UNKNOWN_WORDS, fold


def test_every_word_is_folded_as_a_cell_is() -> None:
    assert all(fold(word) == word for word in (*MONTHS, *MAGNITUDES))
    assert all(word == word.lower().strip() for word in (*MISSING, *UNKNOWN_WORDS))


def test_every_month_has_names() -> None:
    assert set(MONTHS.values()) == set(range(1, 13))
    assert [
        MONTHS[fold(name)] for name in ("M\u00e4rz", "ao\u00fbt", "\u041c\u0430\u044f", "Dez")
    ] == [3, 8, 5, 12]
