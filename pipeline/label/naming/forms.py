"""The noun at the end of a name: of no, one or two genres."""

from __future__ import annotations

from functools import lru_cache

from pipeline.label.words.genre_nouns import form_noun, joined_forms

__all__ = ["FILMS", "form_of"]

FILMS = " Films"


@lru_cache(maxsize=10_000)
def form_of(
    genres: tuple[str, ...], every_genre: bool, language: str = "en", extra: str = ""
) -> str:
    """Return the noun for films of no, one or two genres.

    Examples
    --------
    >>> form_of(("Comedy", "Drama"), False), form_of(("War", "Action"), False)
    ('Comedies & Dramas', 'War & Action Films')
    >>> form_of(("Crime", "Drama"), True), form_of((), False)
    ('Crime Dramas', 'Films')
    """
    if len(genres) < 2 or every_genre:
        return form_noun(genres, language, extra)
    first, second = (form_noun([genre], language, extra) for genre in genres)
    if language == "en" and first.endswith(FILMS) and second.endswith(FILMS):
        first = first.removesuffix(FILMS)
    return joined_forms(first, second, language, extra)
