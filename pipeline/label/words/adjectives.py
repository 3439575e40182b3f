"""Adjectives of names: countries, languages, eras and decades, by language of the name.

The words are data: `config/lexicon/adjectives.toml`, and for English those of
`pipeline.schemas.words.places`; see `docs/lexicon.md`.
"""

from __future__ import annotations

from pipeline.label.words.tables import read_tables
from pipeline.schemas.words.places import country_adjective, language_adjective

__all__ = ["decade_word", "era_word", "place_word", "spoken_word", "with_adjective"]

_FORMS = "|"  # between masculine and feminine


def place_word(country: str, language: str = "en", extra: str = "") -> str | None:
    """Return the adjective of a country.

    Parameters
    ----------
    country : str
        ISO 3166-1 alpha-2.
    language : str
        ISO 639-1 of the name.
    extra : str
        Text of a user's file; see `read_user_file`.

    Returns
    -------
    str or None
        For `with_adjective`; None if no word is known.

    Examples
    --------
    >>> place_word("FR"), place_word("FR", "it"), place_word("IT", "it")
    ('French', 'francesi', 'italiani|italiane')
    """
    own = read_tables(extra).countries.get(language, {}).get(country)
    return own or (country_adjective(country) if language == "en" else None)


def spoken_word(spoken: str, language: str = "en", extra: str = "") -> str | None:
    """Return the adjective of films in a language, or None if no word is known.

    Parameters
    ----------
    spoken : str
        ISO 639-1 or 639-3 of the films.
    language : str
        ISO 639-1 of the name.

    Examples
    --------
    >>> spoken_word("hi"), spoken_word("hi", "fr")
    ('Hindi', 'en hindi')
    """
    own = read_tables(extra).languages.get(language, {}).get(spoken)
    return own or (language_adjective(spoken) if language == "en" else None)


def era_word(era: str, language: str = "en", extra: str = "") -> str:
    """Return the adjective of an era: "silent" or "classic".

    Examples
    --------
    >>> era_word("silent"), era_word("classic", "de")
    ('Silent', 'Klassische')
    """
    eras = read_tables(extra).eras
    return eras.get(language, eras["en"])[era]


def decade_word(year: int, language: str = "en", extra: str = "") -> str:
    """Return the words for a decade by its first year.

    Examples
    --------
    >>> decade_word(1970), decade_word(1970, "fr")
    ('1970s', 'des ann\u00e9es 1970')
    """
    eras = read_tables(extra).eras
    return eras.get(language, eras["en"])["decade"].format(year=year)


def with_adjective(adjective: str, form: str, language: str = "en", extra: str = "") -> str:
    """Return a form with an adjective in its place and gender.

    Parameters
    ----------
    adjective : str
        Of one of the functions above.
    form : str
        A form or name in the plural, such as `form_noun` returns.

    Examples
    --------
    >>> with_adjective("French", "Dramas")
    'French Dramas'
    >>> words = place_word("IT", "it")
    >>> with_adjective(words, "Commedie", "it"), with_adjective(words, "Drammi", "it")
    ('Commedie italiane', 'Drammi italiani')
    """
    tables = read_tables(extra)
    patterns = tables.patterns.get(language, tables.patterns["en"])
    masculine, _, feminine = adjective.partition(_FORMS)
    is_feminine = form.split(maxsplit=1)[0] in tables.feminine.get(language, ())
    own = feminine if feminine and is_feminine else masculine
    if own.endswith("-"):  # "Hindi-" is the first part of a compound
        return f"{own}{form}"
    return patterns["adjective"].format(adjective=own, form=form)
