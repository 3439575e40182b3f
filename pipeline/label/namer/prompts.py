"""What the namer is sent about a micro-genre: subjects, genres, facts and example films."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

__all__ = ["NAMER_PROMPTS", "PROMPT_VERSION", "Message", "chat_messages"]

Message = dict[str, str]

# Raised whenever the text below changes, so that the namer is used again with the new text.
PROMPT_VERSION = 1

# One row per micro-genre. Lists are in order of preference; only their first entries are sent.
NAMER_PROMPTS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("subjects", pa.list_(pa.string())),  # the most frequent first
        ("genres", pa.list_(pa.string())),
        ("facets", pa.list_(pa.string())),  # shared country, language, decade, form
        ("titles", pa.list_(pa.string())),  # example films
        ("texts", pa.list_(pa.string())),  # a sentence about each of them, or ""
        ("persons", pa.list_(pa.string())),  # not sent: no name may contain one of them
    ]
)

_MOST = {"subjects": 12, "genres": 6, "facets": 8}  # entries that are sent
_MOST_FILMS = 12
_MOST_TITLE, _MOST_TEXT, _MOST_WORDS = 100, 240, 60  # characters

_SYSTEM = (
    "You name shelves of films for the printed programme of a cinema. "
    "You answer with a JSON array of strings and with nothing else."
)
_RULES = (
    "Propose {names} names for this shelf, the best first, in the language with the ISO 639 code "
    '"{language}".\n'
    "- Three to five words, never more than eight, in the plural, in title case.\n"
    "- The last word is a genre or form that most of the films have; if none, a word for films.\n"
    "- Only what is true of most of the films: use the subjects, genres and facts above.\n"
    "- No names of persons, no titles of films, no quotation marks, no numbering, no explanation.\n"
    'The form of the answer: ["First Name", "Second Name"]'
)


def chat_messages(row: Mapping[str, Any], language: str, names: int) -> list[Message]:
    """Return the messages that request names for one micro-genre.

    Parameters
    ----------
    row : Mapping
        A row of NAMER_PROMPTS.
    language : str
        ISO 639 code of the language of the names.
    names : int
        How many names to request.

    Returns
    -------
    list of dict
        A message of the system and one of the user; at most about 6,000 characters.

    Examples
    --------
    >>> row = {"subjects": ["prison", "escape"], "genres": ["Thriller"], "facets": [],
    ...        "titles": ["Papillon"], "texts": ["A convict flees an island."]}
    >>> chat_messages(row, "en", 5)[1]["content"].splitlines()[1:3]
    ['Subjects: prison, escape', 'Genres: Thriller']
    """
    lines = ["A shelf holds these films and others like them."]
    for name, label in (("subjects", "Subjects"), ("genres", "Genres"), ("facets", "Facts")):
        entries = _short(row.get(name) or (), _MOST[name])
        if entries:
            lines.append(f"{label}: {', '.join(entries)}")
    films = _film_lines(row.get("titles") or (), row.get("texts") or ())
    if films:
        lines += ["Films:", *films]
    lines.append(_RULES.format(names=names, language=language))
    return [
        {"role": "system", "content": _SYSTEM},
        {"role": "user", "content": "\n".join(lines)},
    ]


def _film_lines(titles: Sequence[str | None], texts: Sequence[str | None]) -> list[str]:
    lines = []
    for number, title in enumerate(titles[:_MOST_FILMS]):
        text = _one_line(texts[number] if number < len(texts) else "", _MOST_TEXT)
        lines.append(f"- {_one_line(title, _MOST_TITLE)}" + (f": {text}" if text else ""))
    return lines


def _short(entries: Iterable[str | None], most: int) -> list[str]:
    lines = (_one_line(entry, _MOST_WORDS) for entry in entries)
    return [line for line in lines if line][:most]


def _one_line(text: str | None, most: int) -> str:
    """Return a text without line breaks and control characters, cut after `most` characters."""
    kept = "".join(c if c.isprintable() else " " for c in text or "")
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"
