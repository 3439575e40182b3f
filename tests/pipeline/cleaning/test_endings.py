"""What websites add at the end of a plot, and real ends of plots."""

from __future__ import annotations

import re

import pytest

from pipeline.cleaning.endings import MAY_END, strip_endings

ADDED = [
    "... See full summary \u00bb",
    "... See full synopsis\u00bb",
    " See full summary",
    "... Read more",
    "... read all",
    " (more)",
    " [more...]",
    "\u2026 more",
    " Read more \u00bb",
    " Read More",
    " Show more >",
    "... (read more)",
    " Weiterlesen \u00bb",
    "... Mehr anzeigen",
    " Lire la suite",
    "... Leer m\u00e1s",
    "... Leggi tutto",
    "... \u0427\u0438\u0442\u0430\u0442\u044c \u0434\u0430\u043b\u0435\u0435",
    "...(\u5c55\u5f00\u5168\u90e8)",
    " Written by Ada Quill <ada@example.org>",
    " Written by\nAda Quill {ada@example.org}",
    " Written by Anonymous",
    " - Written by Ada",
    " Written by Ada Quill",
    " Written by ada_quill77",
    " Written by Claudio Quill, Rio de Janeiro, Brazil",
    " \u2014Anonymous",
    " - Anonymous",
    " \u2014Ada Quill",
    "--Ada Quill",
    " ~ Ada Quill, Rovi",
    " \u00a9 Netflix",
    " -- (C) Ada Films",
    " (Source: ANN)",
    " (Source: Ada Quill (edited))",
    " [Written by MAL Rewrite]",
    " Source: Wikipedia",
    " (Quelle: Verleih)",
    " (Source: ANN) [Written by Ada]",
    " \u2014IMDb",
]


@pytest.mark.parametrize("added", ADDED)
def test_additions_are_removed(added: str) -> None:
    text = "A keeper hides a map." + added
    line = " ".join(text.split())
    stripped = strip_endings(line)
    assert stripped.rstrip(".\u2026") == "A keeper hides a map"
    assert strip_endings(stripped) == stripped
    assert re.search(MAY_END, line)


@pytest.mark.parametrize(
    "text",
    [
        "She wants to see more",
        "She wants to know the full story",
        "And then there is more",
        "He asks for more.",
        "There is always one more...",
        "The story was written by Ada Quill.",
        "Directed by Ada Quill and written by Ed Bray",
        "He fights -- and wins",
        "One thing remains: love \u2014 Anonymous letters arrive",
        "It was cold. He left -- for good",
        "The film (based on a novel by Ada Quill)",
        "He finds the source: a river",
        "It costs 5 @ noon",
        "Was it war? Or peace \u2014 again",
        "He reads all",
        "Who wrote it? It was written by Ada and starring Ed",
    ],
)
def test_real_ends_stay(text: str) -> None:
    assert strip_endings(text) == text


def test_a_text_of_nothing_else_becomes_empty() -> None:
    for text in ("See full summary \u00bb", "Read more", "(more)", "\u66f4\u591a See full plot"):
        assert strip_endings(text) in ("", "\u66f4\u591a")
