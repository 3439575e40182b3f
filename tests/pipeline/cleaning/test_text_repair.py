"""Repair of prose and titles: only the words are left; a second repair changes nothing."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.cleaning.text_repair import count_words, cut_text, repair_text, repair_title


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("Bond\u00e2\u20ac\u2122s **past**.[1] Written by Anonymous", "Bond's past."),
        ("&lt;p&gt;A [b]keeper[/b]&lt;/p&gt; sails\\nnorth.", "A keeper sails north."),
        (
            "# The Lamp\n\n> A *keeper* sails\n> north.\n\n(Source: ANN)",
            "The Lamp A keeper sails north.",
        ),
        ("A keeper... [Read more](https://example.org/1)", "A keeper..."),
        ("https://example.org/film/12", ""),
        ("See full summary \u00bb", ""),
        ("  two \r\n lines  ", "two lines"),
    ],
)
def test_prose(damaged: str, repaired: str) -> None:
    assert repair_text(damaged) == repaired


@pytest.mark.parametrize(
    "text",
    [
        "A film of 5 * 3 * 2 parts, rated *** by critics.",
        "M*A*S*H and snake_case and f**k and s**t.",
        "He continues from [REC], with [a] hero, the brother[s] and [sic] words [1959-1975].",
        "The files in C:\\new\\temp and \\\\server\\films are lost.",
        "Is #1 in the charts? #Alive is. 1 > 0 and 0 < 1.",
        "She wants to see more",
        "She sees the full story. He wants more.",
        "The novel was written by Ada Quill.",
        "Directed and written by Ada Quill",
        "A lighthouse -- in all its glory -- burns!",
        "The war is over. Or is it?",
        "R&D ~ 5 km, `quoted' and ''typed'' quotes",
        "A source: the river. (The source of the river.)",
        "Who? When? Where? [Where?",
        "She says: www is the web.",
        "a == b",
    ],
)
def test_prose_that_is_sound_stays_unchanged(text: str) -> None:
    assert repair_text(text) == text


@pytest.mark.parametrize(
    "title",
    [
        "[REC]",
        "[REC]\u00b2",
        "Se7en",
        "*batteries not included",
        "#Alive",
        "C:\\new",
        "M*A*S*H",
        "*61",
        "F/X",
        "www.hakunamatata.in.th",
        "_",
        "\u00bfQu\u00e9?",
        "(500) Days",
        "8\u00bd",
        "Face/Off",
        "tick, tick... BOOM!",
        "Chot [Aaj Isko, Kal Tereko]",
        "Read More",
        "What the #$*! Do We (K)now!?",
        "WALL\u00b7E",
        "[\u30ea\u30f3\u30b0]",
        "Written by Mrs. Bach",
        "<Untitled>",
        "Ocean's 8",
        "S#*!",
        "{Proof}",
        "~Flying Sushi~",
        "See More",
    ],
)
def test_titles_stay_as_they_are(title: str) -> None:
    assert repair_title(title) == title


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("The Cord of Life[1]", "The Cord of Life"),
        ("Heat[2][note 3]", "Heat"),
        ("Die Reise\u00a0[de]", "Die Reise"),
        ("[[Heat (1995 film)|Heat]]", "Heat"),
        ("[Heat](https://example.org/heat)", "Heat"),
        ("Am\\u00e9lie", "Am\u00e9lie"),
        ("AC\\/DC", "AC/DC"),
        ("**Heat**", "Heat"),
        ("He\x00at", "Heat"),
        ("Bond\u2019s", "Bond's"),
    ],
)
def test_damaged_titles(damaged: str, repaired: str) -> None:
    assert repair_title(damaged) == repaired


_PIECES = st.sampled_from(
    [
        "a",
        "Word",
        ".",
        "!",
        " ",
        "\n",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "[",
        "]",
        "(",
        ")",
        "{{",
        "}}",
        "[[",
        "|",
        "]]",
        "'''",
        "==",
        "#",
        ">",
        "[1]",
        "[a]",
        "[note 2]",
        "\\n",
        "\\u00e9",
        "\\",
        "http://a.b/c",
        "www.a.b",
        "&amp;",
        "&lt;",
        "<b>",
        "</b>",
        "<ref>",
        "[b]",
        "[/b]",
        "See full summary",
        "Read more",
        "more",
        "\u00bb",
        "...",
        "\u2026",
        "Written by",
        "Anonymous",
        "--",
        "\u2014",
        "(Source: x)",
        "Source:",
        "<a@b.c>",
        "\u00a9",
        "\u00e9",
        "\u00c3\u00a9",
        "\u00e2\u20ac\u2122",
        "\x00",
        "\x1f",
        "\u4e00",
        "\u0438",
        "\uff01",
        "\u201c",
        "\u200b",
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(_PIECES, max_size=14).map("".join))
@example("[[a]](http://a.b)")
@example("\\\\\\n")
def test_a_second_repair_changes_nothing(text: str) -> None:
    for repair in (repair_text, repair_title):
        once = repair(text)
        assert repair(once) == once
        assert once == " ".join(once.split())


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_repaired(text: str) -> None:
    for repair in (repair_text, repair_title):
        once = repair(text)
        assert repair(once) == once
        once.encode("utf-8")


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[[",
        "{{",
        "*",
        "*a",
        "_a ",
        "\\",
        "\\u00",
        "(",
        "<",
        "<b",
        "<ref>",
        "&",
        "http://",
        "www.",
        "[a](",
        "=",
        "= ",
        "'''",
        "`a",
        "~",
        "-",
        "- ",
        "\u2014 ",
        ">",
        "> ",
        "# ",
        "\u00c3",
        "\u00e2\u20ac",
        "[1",
        "{{a|",
        "[[a|",
        "Written by ",
        "Source: ",
        "(Source:",
        "@",
        "<a@b",
        ".",
        " .",
        "\n",
        "\n*",
        "\n-",
        "a\\",
        "[b]",
        "[/b]",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begun = process_time()
    repair_text(text)
    repair_title(text)
    assert process_time() - begun < 5.0


def test_a_text_is_cut_after_a_sentence_or_a_word() -> None:
    assert cut_text("short", 9) == "short"
    assert cut_text("One two. Three four. Five six.", 22) == "One two. Three four."
    assert cut_text('He says "no." And goes far away.', 14) == 'He says "no."'
    assert cut_text("One. two three four five six", 20) == "One. two three four"
    assert cut_text("x" * 30, 20) == "x" * 20
    assert cut_text("\u4e8c\u4eba\u3002" * 9, 10) == "\u4e8c\u4eba\u3002" * 3


@given(st.text(alphabet="ab .!", max_size=80), st.integers(1, 60))
def test_a_cut_text_is_a_start_within_the_limit(text: str, limit: int) -> None:
    line = " ".join(text.split())
    cut = cut_text(line, limit)
    assert len(cut) <= limit
    assert line.startswith(cut)


def test_words_are_counted_in_scripts_without_spaces() -> None:
    assert count_words("A film of four.") == 4
    assert count_words("Une été à Paris") == 4
    assert count_words("戦国時代の農民が侍を雇う") == 6
    assert count_words("") == 0
