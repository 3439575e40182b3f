"""Text repair: what is repaired, and what stays unchanged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.text_repair import count_words, find_control_character, repair_text


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("  two \r\n lines\tand\x0b more ", "two lines and more"),
        ("King &amp; Queen", "King & Queen"),
        ("King &amp;amp;amp; Queen", "King & Queen"),
        ("Caf&eacute; &#8212; &#x41;", "Café — A"),
        ("&lt;p&gt;One.&lt;/p&gt;Two.", "One. Two."),
        ("<p>One.</p><p>Two<br/>three</p>", "One. Two three"),
        ("a wo<b>rd</b> <a href='x'>link</a>", "a word link"),
        ("one<script>alert(1)</script> two <!-- three --> four", "one two four"),
        ("<3 love <i>and</i> <Untitled> a < b & c", "<3 love and <Untitled> a < b & c"),
        ("Bondâ€™s past", "Bond's past"),
        ("\u00e2\u20ac\u0153Dustin\u00e2\u20ac. He", '"Dustin". He'),
        ("\u00c3\u2013zg\u00c3\u00bcr Yildirim", "Özgür Yildirim"),
        ("e\u0301te\u0301", "été"),
        ("\ufb01lm \u201cnoir\u201d", 'film "noir"'),
        ("soft\u00adhyphen\u200b, \u200ejoined\ufeff", "softhyphen, joined"),
        ("\u200e \u200e \u200e", ""),
        ("no\u00a0break\u2003space", "no break space"),
        (" \t ", ""),
    ],
)
def test_damage_is_repaired(damaged: str, repaired: str) -> None:
    assert repair_text(damaged) == repaired
    assert repair_text(repaired) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "R&D and Q&A; AT&T &c",
        "x < y > z",
        "<Untitled>",
        "I <3 you",
        "a — dash, naïve café",
        "\u0645\u06cc\u200c\u062e\u0648\u0645",  # with a zero-width non-joiner
        "七人の侍",
        "\U0001f600",
    ],
)
def test_valid_text_is_unchanged(text: str) -> None:
    assert repair_text(text) == text


@given(st.text(max_size=60))
def test_any_text_becomes_normalized(text: str) -> None:
    repaired = repair_text(text)
    assert repaired == " ".join(repaired.split())
    assert repaired.encode("utf-8").decode("utf-8") == repaired
    assert repaired.isascii() or unicodedata.is_normalized("NFC", repaired)


def test_control_characters_are_found_except_white_space() -> None:
    assert find_control_character("a\tb\r\nc\x0b\x0c") is None
    assert find_control_character("ab\x00\x01") == (2, 0)
    assert find_control_character("\x7f") == (0, 0x7F)
    assert find_control_character("a\x1fb") == (1, 0x1F)


def test_words_are_counted_in_scripts_without_spaces() -> None:
    assert count_words("A film of four.") == 4
    assert count_words("Une été à Paris") == 4
    assert count_words("戦国時代の農民が侍を雇う") == 6
    assert count_words("") == 0
