"""The noun at the end of a name: of no, one or two genres."""

from __future__ import annotations

from functools import lru_cache

from pipeline.label.words.genre_nouns import form_noun, head_genre, joined_forms
from pipeline.label.words.tables import read_tables

__all__ = ["FILMS", "form_of", "known_language"]

FILMS = " Films"


def known_language(language: str, extra: str = "") -> str:
    """Return the language of names: English if the lexicon has no nouns of a language.

    Examples
    --------
    >>> known_language("fr"), known_language("tlh")
    ('fr', 'en')
    """
    return language if language in read_tables(extra).generic else "en"


@lru_cache(maxsize=10_000)
def form_of(
    genres: tuple[str, ...], every_genre: bool, language: str = "en", extra: str = ""
) -> str:
    """Return the noun for films of no, one or two genres.

    Examples
    --------
    >>> form_of(("Comedy", "Drama"), False), form_of(("War", "Action"), False)
    ('Comedies & Dramas', 'War & Action Films')
    >>> form_of(("Crime", "Drama"), True), form_of(("Kung Fu", "Comedy"), True), form_of((), False)
    ('Crime Dramas', 'Kung Fu Comedies', 'Films')
    """
    if len(genres) < 2:
        return form_noun(genres, language, extra)
    if every_genre:
        form = form_noun(genres, language, extra)
        other, head = sorted(genres, key=lambda genre: genre == head_genre(genres, extra))
        if language == "en" and form == form_noun([head], language, extra):
            return f"{other} {form}"  # a genre of the catalogue: "Kung Fu Comedies"
        return form
    first, second = (form_noun([genre], language, extra) for genre in genres)
    if language == "en" and first.endswith(FILMS) and second.endswith(FILMS):
        first = first.removesuffix(FILMS)
    return joined_forms(first, second, language, extra)
