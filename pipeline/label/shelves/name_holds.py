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

__all__ = ["name_holds"]

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
    genres, wanted = micro_genre.get("form_genres") or (), micro_genre.get("facets") or ()
    if not (subjects or terms or genres or wanted):
        return None
    if any(key not in facets for key in wanted):
        return False
    if genres:
        own = set(fold_genres(film.get("genres")))
        some = all if micro_genre.get("every_genre") else any
        if not some(genre in own for genre in genres):
            return False
    phrases = (*subjects, *terms)
    return not phrases or _words_in(phrases, film, language or "en")


def _words_in(phrases: Sequence[str], film: Mapping[str, Any], language: str) -> bool:
    texts = [film.get("overview"), film.get("tagline"), *(film.get("keywords") or ())]
    # keywords of a catalogue are often English beside texts of another language
    languages = dict.fromkeys((language, "en"))
    return any(_prepared(tuple(phrases), code).are_in(texts) for code in languages)


@lru_cache(maxsize=_MOST_NAMES)
def _prepared(phrases: tuple[str, ...], language: str) -> WholeWords:
    return WholeWords(phrases, language)
