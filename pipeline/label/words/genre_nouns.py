"""Forms at the end of names: plural nouns of genres and of pairs of genres, by language.

The words are data: `config/lexicon/nouns.toml`; see `docs/lexicon.md`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import fold

__all__ = ["form_noun", "generic_noun", "head_genre", "joined_forms", "with_subject"]

_BETWEEN = {"ja": "", "zh": ""}  # words of a name: no space
_VOWELS = "aeiouy\u00e0\u00e2\u00e9\u00e8\u00ea\u00eb\u00ee\u00ef\u00f4\u00f9\u0153h"


def form_noun(genres: Sequence[str], language: str = "en", extra: str = "") -> str:
    """Return the noun for films of one genre, or of two at the same time.

    Parameters
    ----------
    genres : sequence of str
        No, one or two genres, as `fold_genre` returns them, in any order.
    language : str
        ISO 639-1 of the name; English if the lexicon has no nouns of the language.
    extra : str
        Text of a user's file; see `read_user_file`.

    Returns
    -------
    str
        Plural. Without a genre "Films"; of two genres without a common form, the noun of the one
        that takes the end of names.

    Raises
    ------
    ValueError
        If there are more than two genres.

    Examples
    --------
    >>> [form_noun(genres) for genres in (["Comedy", "Romance"], ["Horror"], ["Kung Fu"], [])]
    ['Romantic Comedies', 'Horror', 'Kung Fu Films', 'Films']
    >>> form_noun(["Romance", "Comedy"], "fr"), form_noun(["Crime", "Drama"], "de")
    ('Com\u00e9dies romantiques', 'Kriminaldramen')
    """
    distinct = list(dict.fromkeys(genres))
    if len(distinct) > 2:
        raise ValueError(f"a name has at most two genres, not {distinct}: choose the commonest two")
    if not distinct:
        return generic_noun("films", language, extra)
    if len(distinct) == 1:
        return _noun(distinct[0], language, extra)
    tables = read_tables(extra)
    language = _known(language, tables.plurals)
    pair = _pairs(language, extra).get(frozenset(distinct))
    if pair is not None:
        return pair
    head = head_genre(distinct, extra)
    other = next(genre for genre in distinct if genre != head)
    before = tables.attributives.get(language, {}).get(other)
    noun = _noun(head, language, extra)
    return noun if before is None else f"{before}{_BETWEEN.get(language, ' ')}{noun}"


def head_genre(genres: Sequence[str], extra: str = "") -> str:
    """Return the genre that takes the end of a name; genres outside the lexicon come last.

    Examples
    --------
    >>> head_genre(["Romance", "Comedy"]), head_genre(["Animation", "Family"])
    ('Comedy', 'Family')
    """
    order = {genre: number for number, genre in enumerate(read_tables(extra).heads)}
    return min(genres, key=lambda genre: (order.get(genre, len(order)), genre))


def generic_noun(kind: str = "films", language: str = "en", extra: str = "") -> str:
    """Return the noun for films of no one genre.

    Parameters
    ----------
    kind : str
        "films" or "stories".

    Examples
    --------
    >>> generic_noun("films"), generic_noun("stories", "it")
    ('Films', 'Storie')
    """
    generic = read_tables(extra).generic
    return generic[_known(language, generic)][kind]


def joined_forms(first: str, second: str, language: str = "en", extra: str = "") -> str:
    """Return one form for films that each have one of two forms.

    Parameters
    ----------
    first, second : str
        Forms, as `form_noun` returns them.

    Examples
    --------
    >>> joined_forms("Comedies", "Dramas"), joined_forms("Comedias", "Dramas", "es")
    ('Comedies & Dramas', 'Comedias y dramas')
    """
    joins = read_tables(extra).joins
    own = joins[_known(language, joins)]
    if own.get("second") == "lower" and not second[:2].isupper():
        second = second[:1].lower() + second[1:]
    return own["two"].format(first=first, second=second)


def with_subject(subject: str, form: str, language: str = "en", extra: str = "") -> str:
    """Return a form with a subject in its place.

    Parameters
    ----------
    subject : str
        Printed form, as `SubjectLexicon.name_of` returns it; with capitals where names have them.
    form : str
        A form, as `form_noun` returns it.

    Examples
    --------
    >>> with_subject("Vampire", "Horror"), with_subject("vampiros", "Comedias", "es")
    ('Vampire Horror', 'Comedias de vampiros')
    >>> with_subject("espions", "Thrillers", "fr"), with_subject("Vampir", "Komödien", "de")
    ("Thrillers d'espions", 'Vampir-Kom\u00f6dien')
    """
    patterns = read_tables(extra).patterns
    own = patterns[_known(language, patterns)]
    elided = fold(subject)[:1] in _VOWELS
    return own["subject"].format(subject=subject, form=form, de="d'" if elided else "de ")


def _noun(genre: str, language: str, extra: str) -> str:
    tables = read_tables(extra)
    language = _known(language, tables.plurals)
    own = tables.plurals[language].get(genre)
    if own is None and language == "de" and genre.endswith(("film", "Film")):
        return f"{genre}e"  # "Heimatfilme"
    return own or tables.patterns[_known(language, tables.patterns)]["genre"].format(genre=genre)


def _known(language: str, texts: Mapping[str, object]) -> str:
    return language if language in texts else "en"


@lru_cache(maxsize=32)
def _pairs(language: str, extra: str) -> dict[frozenset[str], str]:
    own = read_tables(extra).pairs.get(language, {})
    return {frozenset(pair.split("+")): form for pair, form in own.items()}
