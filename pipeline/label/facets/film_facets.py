"""Facets of films: language, countries, decade, era, form, and whether a theme is known.

A theme decides the micro-genre of a film; a facet that its films share becomes an adjective of the
name. All facets are computed from metadata.
"""

from __future__ import annotations

import re

import pyarrow as pa

from pipeline.label.words.form import is_form, story_parts
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.label.words.stop_words import is_stop_word, stop_words_of
from pipeline.label.words.tokens import words_of
from pipeline.schemas.mining import FACETS
from pipeline.schemas.stage import stage
from pipeline.schemas.words.genre_words import fold_genres
from pipeline.schemas.words.places import country_codes, language_code

__all__ = ["era_of", "find_facets", "story_words"]

# Sound came in 1927 and most studios had changed to it by the end of 1929; outside Hollywood some
# films stayed silent until the middle of the thirties, which only their keywords or genres say.
_LAST_SILENT = 1929
_LAST_SILENT_BY_KEYWORD = 1936
# The classical cinema of Hollywood ends about 1960 (Bordwell, Staiger and Thompson 1985, "The
# Classical Hollywood Cinema"); programmes of classics commonly run until the production code lost
# its force, about 1965.
_LAST_CLASSIC = 1965
_SILENT = re.compile(r"\bsilent (?:film|movie|cinema|short|comedy|drama|western)\b|^silents?$")
_SHORT_MINUTES = 40  # the Academy's limit of a short film, credits included
_THIN = 3  # words of story; fewer name no theme
_CLAUSE = re.compile(
    r"[.,\u3001\u3002\uff0c]+(?:\W|$)|[;:!?()\[\]\"\u201c\u201d\u2026/\u2013\u2014]+|\s-\s"
)
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_OF_WORD = 2  # letters of a word in those scripts, roughly


@stage("facets", inputs=("movies", "languages"), outputs=("facets",), version=2)
def find_facets(movies: pa.Table, languages: pa.Table) -> dict[str, pa.Table]:
    """Find the facets of the films of one partition.

    Parameters
    ----------
    movies : Table
        CLEAN_MOVIES.
    languages : Table
        LANGUAGES, row by row the same films.

    Returns
    -------
    dict of str to Table
        "facets": FACETS in the order of `movies`.
    """
    names = ["year", "language", "countries", "genres", "keywords", "runtime_minutes"]
    columns = movies.select([*names, "overview", "tagline"]).to_pylist()
    rows = []
    for movie, text_language in zip(
        columns, languages.column("text_language").to_pylist(), strict=True
    ):
        genres = fold_genres(movie["genres"])
        keywords = [" ".join(keyword.lower().split()) for keyword in movie["keywords"] or []]
        runtime = movie["runtime_minutes"]
        text = f"{movie['overview'] or ''}. {movie['tagline'] or ''}"
        counted = story_words(text, text_language)
        tagged = not all(map(is_boilerplate, keywords))
        year = movie["year"]
        said_silent = any(
            _SILENT.search(label) for label in (*keywords, *map(str.lower, movie["genres"] or ()))
        )
        rows.append(
            {
                "language": language_code(movie["language"]),
                "text_language": text_language,
                "countries": country_codes(movie["countries"]),
                "decade": None if year is None else year - year % 10,
                "era": era_of(year, said_silent=said_silent),
                "documentary": "Documentary" in genres,
                "animation": "Animation" in genres,
                "short": "Short" in genres or (bool(runtime) and 0 < runtime <= _SHORT_MINUTES),
                "story_words": counted,
                "tagged": tagged,
                "thin": counted < _THIN and not tagged,
            }
        )
    own = FACETS.names[1:]
    arrays = [pa.array([row[name] for row in rows], FACETS.field(name).type) for name in own]
    return {
        "facets": pa.table([movies.column("movie_id").combine_chunks(), *arrays], schema=FACETS)
    }


def era_of(year: int | None, *, said_silent: bool = False) -> str | None:
    """Return the era of a film.

    Parameters
    ----------
    year : int or None
        Year of its first release.
    said_silent : bool
        Whether its genres or keywords say that it is a silent film. Later films about silent films
        have such keywords too.

    Returns
    -------
    str or None
        "silent" until 1929, or until 1936 if the catalogue says so; "classic" until 1965; None for
        later films, whose decade says more, and for an unknown year.

    Examples
    --------
    >>> [era_of(year) for year in (1922, 1931, 1965, 1974, None)]
    ['silent', 'classic', 'classic', None, None]
    >>> era_of(1932, said_silent=True), era_of(1952, said_silent=True)
    ('silent', 'classic')
    """
    if year is None or year > _LAST_CLASSIC:
        return None
    silent = year <= _LAST_SILENT or (said_silent and year <= _LAST_SILENT_BY_KEYWORD)
    return "silent" if silent else "classic"


def story_words(text: str, language: str | None) -> int:
    """Count the words of a text that may say what a film is about.

    Parameters
    ----------
    text : str
        Overview and tagline.
    language : str or None
        The language of the text, as LANGUAGES has it; None is read as English.

    Returns
    -------
    int
        Distinct words outside credits and leads ("is a 1987 Hindi film starring ..."), without stop
        words, words about films as films, and names. In scripts without spaces, letters halved.

    Examples
    --------
    >>> story_words("Film starring Khursheed and Sitara Devi", "en")
    0
    >>> story_words("Prince Rashid fights to regain his kingdom", "en")
    4
    """
    stops = stop_words_of(language or "en")
    found: set[str] = set()
    letters = 0
    for clause in _CLAUSE.split(text):
        for part in story_parts(words_of(clause)):
            for position, word in enumerate(part):
                letters += len(_UNSPACED.findall(word))
                # the first word of a sentence has a capital in any case
                name = word[0].isupper() and position > 0 and language != "de"
                plain = word.lower()
                # one letter is what an apostrophe leaves
                stop = len(plain) == 1 or is_stop_word(plain) or plain in stops
                if not (stop or name or is_form(plain)):
                    found.add(plain)
    return len(found) if not letters else letters // _LETTERS_OF_WORD
