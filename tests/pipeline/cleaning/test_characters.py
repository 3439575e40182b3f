"""Repair of characters: what is repaired, and what stays unchanged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning.characters import decode_entities, drop_controls, repair_characters


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
    assert repair_characters(damaged) == repaired
    assert repair_characters(repaired) == repaired


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
    assert repair_characters(text) == text


@given(st.text(max_size=60))
def test_any_text_becomes_normalized(text: str) -> None:
    repaired = repair_characters(text)
    assert repaired == " ".join(repaired.split())
    assert repaired.encode("utf-8").decode("utf-8") == repaired
    assert repaired.isascii() or unicodedata.is_normalized("NFC", repaired)


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("A keeper\x1f hides", "A keeper hides"),
        ("one\x1etwo", "one two"),
        ("\x00T\x00h\x00e\x00", "The"),
        ("Bond\x19s past", "Bond's past"),
        ("\x1b[31mRed\x1b[0m", "Red"),
        ("\x7fdel", "del"),
        ("a\tb\r\nc\x0bd\x0ce", "a b c d e"),
        ("caf\u00e9\x07", "caf\u00e9"),
    ],
)
def test_control_characters_are_dropped(damaged: str, repaired: str) -> None:
    assert repair_characters(damaged) == repaired


def test_white_space_is_no_control_character() -> None:
    assert drop_controls("a\tb\r\nc\x0b\x0c") == "a\tb\r\nc\x0b\x0c"


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("M\u00c3\u00a5ns and P\u00c3\u00a5l", "M\u00e5ns and P\u00e5l"),
        ("don\u00e2\u20ac\u2122t caf\u00c3\u00a9", "don't caf\u00e9"),
        ("don\u00e2\u20ac\u2122t caf\u00e9", "don't caf\u00e9"),  # only in part
        ("Text<ref>A book, p. 3</ref> goes <ref name=a />on", "Text goes on"),
        ("\uff34\uff48\uff45\u3000map\uff01", "The map!"),
        ("\u0627\u0653", "\u0622"),
    ],
)
def test_other_damage(damaged: str, repaired: str) -> None:
    assert repair_characters(damaged) == repaired


def test_entities_are_decoded_up_to_three_times() -> None:
    assert decode_entities("&amp;amp;eacute; R&D &nope;") == "\u00e9 R&D &nope;"


@given(
    st.text(
        alphabet="ab &;<>\u00e9\u00c3\u00a9\u00e2\u20ac\u2122\u201c\u0438\u3042\u4e00\x00\n",
        max_size=30,
    )
)
def test_a_second_repair_changes_nothing(text: str) -> None:
    once = repair_characters(text)
    assert repair_characters(once) == once or "&" in text or "<" in text or "\u00c3" in text
