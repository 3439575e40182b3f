"""Whether a name of a release is true of a film, by the columns of its micro-genre alone.

A mining knows the parts of every film. An update knows only the released tables: it measures the
names of new films by the definition in `docs/name-truth.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pipeline.label.words.whole_words import WholeWords
from pipeline.schemas.words.genre_words import fold_genres

__all__ = ["form_holds", "name_holds", "says_one_of"]

_MOST_NAMES = 4_096  # micro-genres whose words are prepared at the same time


def name_holds(
    micro_genre: Mapping[str, Any],
    film: Mapping[str, Any],
    facets: Collection[str],
    language: str | None = "en",
) -> bool | None:
    """Return whether the whole name of a micro-genre is true of a film.

    Parameters
    ----------
    micro_genre : mapping
        A row of MICRO_GENRES.
    film : mapping
        Genres, keywords, overview and tagline of the film.
    facets : collection of str
        Keys of its facets, such as "decade:1970"; see `pipeline.label.facets.facet_keys`.
    language : str or None
        ISO 639-1 code of its text; None is read as English.

    Returns
    -------
    bool or None
        None if the release does not know the parts of the name.

    Examples
    --------
    >>> ghosts = {"subjects": ["ghost"], "subject_terms": ["ghost", "haunted house"]}
    >>> ghosts |= {"form_genres": ["Horror"], "every_genre": False, "facets": ["era:classic"]}
    >>> film = {"genres": ["Horrorfilm"], "keywords": ["haunted houses"]}
    >>> name_holds(ghosts, film, {"era:classic"}), name_holds(ghosts, film, {"decade:1980"})
    (True, False)
    """
    subjects, terms = micro_genre.get("subjects") or (), micro_genre.get("subject_terms") or ()
    wanted = micro_genre.get("facets") or ()
    if not (subjects or terms or wanted or micro_genre.get("form_genres")):
        return None
    if any(key not in facets for key in wanted):
        return False
    if not form_holds(micro_genre, fold_genres(film.get("genres"))):
        return False
    phrases = (*subjects, *terms)
    return not phrases or says_one_of(phrases, film, language)


def form_holds(micro_genre: Mapping[str, Any], genres: Collection[str]) -> bool:
    """Return whether the form of a name is true of a film with these genres.

    Parameters
    ----------
    micro_genre : mapping
        A row of MICRO_GENRES.
    genres : collection of str
        Folded genres of the film, see `fold_genres`.

    Examples
    --------
    >>> crime = {"form_genres": ["Crime", "Drama"], "every_genre": True}
    >>> form_holds(crime, ["Drama"]), form_holds(crime | {"every_genre": False}, ["Drama"])
    (False, True)
    """
    wanted = micro_genre.get("form_genres") or ()
    some = all if micro_genre.get("every_genre") else any
    return not wanted or some(genre in genres for genre in wanted)


def says_one_of(phrases: Sequence[str], film: Mapping[str, Any], language: str | None) -> bool:
    """Return whether a film says one of some phrases in a keyword, its overview or its tagline.

    Parameters
    ----------
    phrases : sequence of str
        Words and phrases, found as whole words in any inflection.
    film : mapping
        Keywords, overview and tagline.
    language : str or None
        ISO 639-1 code of its text; None is read as English.

    Examples
    --------
    >>> says_one_of(["ghost", "haunted house"], {"keywords": ["haunted houses"]}, "en")
    True
    """
    texts = [film.get("overview"), film.get("tagline"), *(film.get("keywords") or ())]
    # keywords of a catalogue are often English beside texts of another language
    languages = dict.fromkeys((language or "en", "en"))
    return any(_prepared(tuple(phrases), code).are_in(texts) for code in languages)


@lru_cache(maxsize=_MOST_NAMES)
def _prepared(phrases: tuple[str, ...], language: str) -> WholeWords:
    return WholeWords(phrases, language)
