"""Descriptions as CoNLL-U: sentences, tokens and lemmas, for tools that read treebanks.

Format: https://universaldependencies.org/format.html. Tokens are cut by rules, lemmas come from
simplemma's tables; nothing is downloaded. What is not known of a token is `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import simplemma

__all__ = ["Token", "film_to_conllu", "sentences", "tokens"]

# A full stop after these ends no sentence.
_ABBREVIATED = frozenset(
    {
        "adm",
        "capt",
        "cmdr",
        "co",
        "col",
        "corp",
        "det",
        "dr",
        "fr",
        "gen",
        "gov",
        "inc",
        "jr",
        "lt",
        "ltd",
        "maj",
        "messrs",
        "mr",
        "mrs",
        "ms",
        "mt",
        "no",
        "prof",
        "rev",
        "sen",
        "sgt",
        "sr",
        "st",
        "vs",
        "u.s",
        "u.k",
        "d.c",
        "l.a",
        "a.m",
        "p.m",
        "e.g",
        "i.e",
    }
)
_END = re.compile(
    r"[.!?\u2026]+[\"'\u2019\u201d)\]]*(?=\s+[\"'\u2018\u201c(\[]?[A-Z0-9\u00c0-\u00de])"
)
_TOKEN = re.compile(
    r"(?:https?://|www\.)\S+"  # addresses
    r"|(?:[A-Za-z]\.){2,}"  # U.S., a.m.
    r"|[A-Za-z]+(?=n['\u2019]t\b)|n['\u2019]t\b"  # do + n't
    r"|['\u2019](?:s|re|ve|ll|d|m)\b"  # clitics
    r"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?\b"
    r"|[^\W\d_]+(?:-[^\W\d_]+)*\.?"  # words; a full stop is given back unless it abbreviates
    r"|\w+"
    r"|\.{2,}|-{2,}|\S",
    re.IGNORECASE,
)
_CLITICS = {
    "n't": "not",
    "'re": "be",
    "'ve": "have",
    "'ll": "will",
    "'m": "be",
    "'d": "would",
    "'s": "'s",
}


@dataclass(frozen=True)
class Token:
    """One token: its form and lemma, and whether white space follows it."""

    form: str
    lemma: str
    space_after: bool


def sentences(text: str) -> list[str]:
    """The sentences of a text on one line each, in order; nothing but white space is lost."""
    told = " ".join(text.split())
    cuts, found = [0], []
    for match in _END.finditer(told):
        words = told[cuts[-1] : match.start()].split()
        last = words[-1].strip("\"'([\u201c\u2018").lower() if words else ""
        initial = len(last) == 1 and last.isalpha() and last not in ("i", "a")
        if match[0] != "." or not (last in _ABBREVIATED or initial):
            cuts.append(match.end())
    for start, end in zip(cuts, [*cuts[1:], len(told)], strict=True):
        if part := told[start:end].strip():
            found.append(part)
    return found


def tokens(sentence: str, language: str = "en") -> list[Token]:
    """The tokens of a sentence; joined again with their spaces they are the sentence."""
    pieces: list[tuple[int, int]] = []
    place = 0
    while (match := _TOKEN.search(sentence, place)) is not None:
        start, end = match.span()
        form = match[0]
        if (
            len(form) > 1
            and form.endswith(".")
            and form.rstrip(".")
            and form.count(".") == 1
            and form[:-1].lower() not in _ABBREVIATED
            and not (len(form) == 2 and form[0].isupper())
        ):
            end -= 1  # the full stop is a token of its own
        pieces.append((start, end))
        place = end
    return [
        Token(
            sentence[start:end],
            _lemma(sentence[start:end], language),
            end < len(sentence) and sentence[end].isspace(),
        )
        for start, end in pieces
    ]


def film_to_conllu(movie_id: str, text: str, genres: Sequence[str], language: str = "en") -> str:
    """One film as a document: `# newdoc id`, its genres, then each sentence with id and text.

    Parameters
    ----------
    text : without sentences, nothing but the empty string comes back.
    """
    blocks = []
    name = re.sub(r"\s", "_", movie_id)
    for number, sentence in enumerate(sentences(text), start=1):
        head = []
        if number == 1:
            head = [f"# newdoc id = {name}", f"# genres = {', '.join(genres)}"]
        head += [f"# sent_id = {name}-{number}", f"# text = {sentence}"]
        rows = [
            "\t".join(
                (
                    str(place),
                    token.form,
                    token.lemma,
                    "_",
                    "_",
                    "_",
                    "_",
                    "_",
                    "_",
                    "_" if token.space_after else "SpaceAfter=No",
                )
            )
            for place, token in enumerate(tokens(sentence, language), start=1)
        ]
        blocks.append("\n".join([*head, *rows]) + "\n\n")
    return "".join(blocks)


def documents(
    films: Iterator[tuple[str, str, Sequence[str]]], language: str = "en"
) -> Iterator[str]:
    """`film_to_conllu` of each (movie_id, text, genres)."""
    for movie_id, text, genres in films:
        yield film_to_conllu(movie_id, text, genres, language)


def _lemma(form: str, language: str) -> str:
    plain = form.replace("\u2019", "'").lower()
    if plain in _CLITICS:
        return _CLITICS[plain]
    if not any(character.isalpha() for character in form):
        return form
    return str(simplemma.lemmatize(form, lang=language)) or form
