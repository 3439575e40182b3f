"""Markup of prose: escapes, Markdown, wiki text, BBCode, footnote marks, addresses."""

from __future__ import annotations

import pytest

from pipeline.cleaning.markup import (
    decode_escapes,
    strip_line_marks,
    strip_markup,
    strip_title_marks,
)


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        (r"caf\u00e9", "café"),
        (r"caf\xe9", "café"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d alone", r"\ud83d alone"),
        (r"one\ntwo\r\nthree\tfour", "one\ntwo\nthree\nfour"),
        (r"\"He\" isn\'t AC\/DC", '"He" isn\'t AC/DC'),
        (r"5\% of \*batteries\*", "5% of *batteries*"),
        (r"C:\new\u00e9", r"C:\new\u00e9"),
        (r"\\server\new", r"\\server\new"),
        ("said:\\nthen", "said:\nthen"),
        ("a hard \\\nbreak", "a hard \n\nbreak"),
        (r"a\b", r"a\b"),
    ],
)
def test_escapes(text: str, decoded: str) -> None:
    assert decode_escapes(text) == decoded


def test_a_title_has_no_line_breaks() -> None:
    assert decode_escapes(r"a\nb caf\u00e9", breaks=False) == r"a\nb café"


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        ("## The Lamp\nA keeper", "The Lamp\nA keeper"),
        ("## Plot\nA keeper", "\nA keeper"),
        ("== Plot ==\nA keeper", "\nA keeper"),
        ("> A keeper\n>> sails", "A keeper\nsails"),
        ("* one\n* two", "one\ntwo"),
        ("* one star", "* one star"),
        ("A keeper\n---\nsails", "A keeper\n\nsails"),
        ("#1 of all\n# 1 fan", "#1 of all\n# 1 fan"),
    ],
)
def test_line_marks(text: str, stripped: str) -> None:
    assert strip_line_marks(text) == stripped


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        # footnote marks
        ("a map.[1] The[12][13] sea [2].", "a map. The sea."),
        ("a map.[1]Then", "a map. Then"),
        ("a map[citation needed] and[note 2] sea[nb 1][a].", "a map and sea."),
        ("a map.[a][b] Sea,[c] end", "a map. Sea, end"),
        ("a map[1, 2] sea[3\u20135] end.[1]:23", "a map sea end."),
        ("a map[Citation needed] [who?] [clarification needed] end", "a map end"),
        ("une carte[réf. nécessaire], un mapa[cita requerida].", "une carte, un mapa."),
        ("in [1984] and [sic] and [a] man", "in [1984] and [sic] and [a] man"),
        ('called it "[a] new kind"', 'called it "[a] new kind"'),
        # Markdown
        (
            "a **bold** and *soft* and __bold__ and _soft_ word",
            "a bold and soft and bold and soft word",
        ),
        ("***both***, ~~gone~~ and `code`", "both, gone and code"),
        ('(**a**) "*b*"', '(a) "b"'),
        ("an [a map](https://e.org/x_(y)) and [mail](mailto:a@b.c)", "an a map and mail"),
        ('[a](https://e.org "Title") and [b](<https://e.org>)', "a and b"),
        ("![A picture](https://e.org/a.png) A keeper", "A keeper"),
        # wiki text
        ("the [[Sea|wide sea]] of [[Rome]] [[File:a.jpg|thumb]]", "the wide sea of Rome"),
        ("'''Heat''' is ''cold''", "Heat is cold"),
        (
            "{{Infobox film | name = Heat}} A keeper{{efn|A note {{nested}}}}",
            "A keeper{{efn|A note }}",
        ),
        ("{{lang|fr|Le Film}} and {{nihongo|Ran|乱}}", "Le Film and Ran"),
        ("[https://e.org the site] and [https://e.org]", "the site and"),
        ("== Plot == A keeper == Cast ==", "A keeper Cast"),
        # BBCode
        (
            "[b]a[/b] [url=https://e.org]b[/url] [color=red]c[/color][img]https://e.org/a.png[/img]",
            "a b c",
        ),
        ("~!secret!~", "secret"),
        # addresses
        ("A map at https://e.org/a?b=c. More.", "A map at. More."),
        ("A map (https://e.org/a) and www.e.org/b, end", "A map and, end"),
        ("A map. Official site: https://e.org", "A map."),
        ("It opens on www.e.org", "It opens"),
        ("Read more: https://e.org/a", ""),
    ],
)
def test_markup(text: str, stripped: str) -> None:
    assert strip_markup(text) == stripped


def test_marks_of_titles() -> None:
    assert strip_title_marks("Heat[1][a]") == "Heat[1][a]"
    assert strip_title_marks("Heat[1][citation needed]") == "Heat"
    assert strip_title_marks("[1]") == "[1]"
    assert strip_title_marks("**") == "**"
