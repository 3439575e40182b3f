"""Text repair: what is mended, and what is left as it was."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.text_repair import control_character, count_words, repair_text


@pytest.mark.parametrize(
    ("damaged", "whole"),
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
def test_damage_is_mended(damaged: str, whole: str) -> None:
    assert repair_text(damaged) == whole
    assert repair_text(whole) == whole


@pytest.mark.parametrize(
    "text",
    [
        "R&D and Q&A; AT&T &c",
        "x < y > z",
        "<Untitled>",
        "I <3 you",
        "a — dash, naïve café",
        "\u0645\u06cc\u200c\u062e\u0648\u0645",  # a zero-width non-joiner is spelling
        "七人の侍",
        "\U0001f600",
    ],
)
def test_sound_text_is_left_alone(text: str) -> None:
    assert repair_text(text) == text


@given(st.text(max_size=60))
def test_any_text_comes_out_tidy(text: str) -> None:
    repaired = repair_text(text)
    assert repaired == " ".join(repaired.split())
    assert repaired.encode("utf-8").decode("utf-8") == repaired
    assert repaired.isascii() or unicodedata.is_normalized("NFC", repaired)


def test_control_characters_are_found_and_white_space_is_none() -> None:
    assert control_character("a\tb\r\nc\x0b\x0c") is None
    assert control_character("ab\x00\x01") == (2, 0)
    assert control_character("\x7f") == (0, 0x7F)
    assert control_character("a\x1fb") == (1, 0x1F)


def test_words_are_counted_in_scripts_without_spaces() -> None:
    assert count_words("A film of four.") == 4
    assert count_words("Une été à Paris") == 4
    assert count_words("戦国時代の農民が侍を雇う") == 6
    assert count_words("") == 0
