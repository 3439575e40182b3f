"""Descriptions as CoNLL-U: sentences, tokens and lemmas, for tools that read treebanks.

Format: https://universaldependencies.org/format.html. Rules split the tokens, and the tables of
simplemma give the lemmas; nothing is downloaded. Unknown columns of a token are `_`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import simplemma

__all__ = ["Token", "film_to_conllu", "films_to_conllu", "split_sentences", "split_tokens"]

# A full stop after one of these words does not end a sentence.
_LISTED = (
    "adm capt cmdr co col corp det dr fr gen gov inc jr lt ltd maj messrs mr mrs ms mt no prof rev "
    "sen sgt sr st vs u.s u.k d.c l.a a.m p.m e.g i.e"
)
_ABBREVIATIONS = frozenset(_LISTED.split())
_END = re.compile(
    r"[.!?\u2026]+[\"'\u2019\u201d)\]]*(?=\s+[\"'\u2018\u201c(\[]?[A-Z0-9\u00c0-\u00de])"
)
_TOKEN = re.compile(
    r"(?:https?://|www\.)\S+"  # addresses
    r"|(?:[A-Za-z]\.){2,}"  # U.S., a.m.
    r"|[A-Za-z]+(?=n['\u2019]t\b)|n['\u2019]t\b"  # do + n't
    r"|['\u2019](?:s|re|ve|ll|d|m)\b"  # clitics
    r"|\d+(?:[.,:]\d+)*(?:st|nd|rd|th|s)?\b"
    r"|[^\W\d_]+(?:-[^\W\d_]+)*\.?"  # words, with a full stop
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


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text in order; only white space changes.

    >>> split_sentences("Dr. Ames waits. Who left?")
    ['Dr. Ames waits.', 'Who left?']
    """
    line = " ".join(text.split())
    starts = [0]
    for match in _END.finditer(line):
        words = line[starts[-1] : match.start()].split()
        last = words[-1].strip("\"'([\u201c\u2018").lower() if words else ""
        initial = len(last) == 1 and last.isalpha() and last not in ("i", "a")
        if match[0] != "." or not (last in _ABBREVIATIONS or initial):
            starts.append(match.end())
    parts = (
        line[start:end].strip() for start, end in zip(starts, [*starts[1:], len(line)], strict=True)
    )
    return [part for part in parts if part]


def split_tokens(sentence: str, language: str = "en") -> list[Token]:
    """Return the tokens of a sentence; joined with their spaces, they are the sentence.

    Parameters
    ----------
    sentence : str
        One sentence, as `split_sentences` returns it.
    language : str
        Language of the lemmas, ISO 639-1.

    Returns
    -------
    list of Token

    Examples
    --------
    >>> [token.form for token in split_tokens("She doesn't wait.")]
    ['She', 'does', "n't", 'wait', '.']
    """
    spans: list[tuple[int, int]] = []
    position = 0
    while (match := _TOKEN.search(sentence, position)) is not None:
        start, end = match.span()
        form = match[0]
        if (
            len(form) > 1
            and form.endswith(".")
            and form.rstrip(".")
            and form.count(".") == 1
            and form[:-1].lower() not in _ABBREVIATIONS
            and not (len(form) == 2 and form[0].isupper())
        ):
            end -= 1  # the full stop is a token of its own
        spans.append((start, end))
        position = end
    return [
        Token(
            sentence[start:end],
            _lemma(sentence[start:end], language),
            end < len(sentence) and sentence[end].isspace(),
        )
        for start, end in spans
    ]


def film_to_conllu(movie_id: str, text: str, genres: Sequence[str], language: str = "en") -> str:
    """Return one film as a document: `# newdoc id`, its genres, then each sentence.

    Parameters
    ----------
    movie_id : str
        Id of the film; white space becomes `_`.
    text : str
        Description of the film.
    genres : sequence of str
        Genres of the film.
    language : str
        Language of the description, ISO 639-1.

    Returns
    -------
    str
        CoNLL-U; empty if the text has no sentence.
    """
    blocks = []
    name = re.sub(r"\s", "_", movie_id)
    for number, sentence in enumerate(split_sentences(text), start=1):
        comments = []
        if number == 1:
            comments = [f"# newdoc id = {name}", f"# genres = {', '.join(genres)}"]
        comments += [f"# sent_id = {name}-{number}", f"# text = {sentence}"]
        rows = [
            _row(index, token)
            for index, token in enumerate(split_tokens(sentence, language), start=1)
        ]
        blocks.append("\n".join([*comments, *rows]) + "\n\n")
    return "".join(blocks)


def films_to_conllu(
    films: Iterable[tuple[str, str, Sequence[str]]], language: str = "en"
) -> Iterator[str]:
    """Yield `film_to_conllu` of each (movie_id, text, genres)."""
    for movie_id, text, genres in films:
        yield film_to_conllu(movie_id, text, genres, language)


def _row(index: int, token: Token) -> str:
    """Return the ten columns of a token: ID, FORM, LEMMA, six unknown ones, MISC."""
    misc = "_" if token.space_after else "SpaceAfter=No"
    return "\t".join((str(index), token.form, token.lemma, *"______", misc))


def _lemma(form: str, language: str) -> str:
    plain = form.replace("\u2019", "'").lower()
    if plain in _CLITICS:
        return _CLITICS[plain]
    if not any(character.isalpha() for character in form):
        return form
    return str(simplemma.lemmatize(form, lang=language)) or form
