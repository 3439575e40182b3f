"""Write the name of a cluster from its parts: facets, subjects, form.

"Classic Hindi Melodramas", "Ghost & Haunted-House Horror", "1970s Hong Kong Kung-Fu Action Films".
"""

from __future__ import annotations

from functools import cache

from pipeline.label.naming.attributives import attributive, is_compound
from pipeline.label.naming.capitals import title_case
from pipeline.label.naming.facet_words import facet_words
from pipeline.label.naming.forms import FILMS, form_of, known_language
from pipeline.label.naming.other_languages import write_in
from pipeline.label.naming.patterns import english_rules
from pipeline.label.naming.printed import (
    ends_in_form,
    fewer_parts,
    said_words,
    without_repetition,
)
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.genre_nouns import generic_noun
from pipeline.label.words.subjects import subject_lexicon
from pipeline.schemas.name_parts import NameParts
from pipeline.schemas.words.genre_words import genre_words

__all__ = ["MOST_CHARACTERS", "MOST_WORDS", "print_name", "printed_parts", "stated_name"]

MOST_CHARACTERS = 60
MOST_WORDS = 6  # of an English name, without signs
_APART = ": "  # between a form and subjects in another language
_MOST_WORDS_ELSEWHERE = 9  # "Films d'horreur de fantômes des années 1970"


def print_name(
    parts: NameParts,
    vocabulary: PartVocabulary,
    language: str = "en",
    joiner: str = "&",
    extra: str = "",
) -> str:
    """Return the name of a cluster as a programme prints it.

    Parameters
    ----------
    parts : NameParts
        Parts of the name; subjects in the order of the name.
    vocabulary : PartVocabulary
        The parts.
    language : str
        ISO 639-1 of the name; English if the lexicon has no nouns of the language: subjects of the
        catalogue then stand behind a colon ("Horror Films: vampyyri").
    joiner : str
        Between two subjects of an English name; "" if they are true together ("Nun Convent
        Horror").
    extra : str
        Text of a user's file of words.

    Returns
    -------
    str
        At most 60 characters; in English at most six words. What has no room is left out, so that
        the name is true of more films: `printed_parts` returns what it states.

    Examples
    --------
    >>> import pyarrow as pa
    >>> keys = ["ghost", "haunted house", "Horror", "decade:1970"]
    >>> kinds = ["subject", "subject", "genre", "facet"]
    >>> table = {"number": [0, 1, 2, 3], "kind": kinds, "key": keys, "printed": keys}
    >>> vocabulary = PartVocabulary(pa.table({**table, "terms": [[], [], [], []]}))
    >>> print_name(NameParts((1, 0), (2,), facets=(3,)), vocabulary)
    '1970s Ghost & Haunted-House Horror'
    """
    return stated_name(parts, vocabulary, language, joiner, extra)[1]


def printed_parts(
    parts: NameParts,
    vocabulary: PartVocabulary,
    language: str = "en",
    joiner: str = "&",
    extra: str = "",
) -> NameParts:
    """Return what the printed name of some parts states; parameters as of `print_name`.

    The result is the same or more general: it is true of each film for which `parts` is true. One
    exception: where one of two subjects contains the other, the more general one stays.
    """
    return stated_name(parts, vocabulary, language, joiner, extra)[0]


def stated_name(
    parts: NameParts,
    vocabulary: PartVocabulary,
    language: str = "en",
    joiner: str = "&",
    extra: str = "",
) -> tuple[NameParts, str]:
    """Return `printed_parts` and `print_name` of some parts; parameters as of `print_name`."""
    wanted, language = language, known_language(language, extra)
    joiner = joiner if wanted == language else _APART
    stated = without_repetition(parts, vocabulary, language, extra)
    name = _write(stated, vocabulary, language, joiner, extra)
    if not _fits(name, language):
        for fewer in fewer_parts(stated):
            stated = without_repetition(fewer, vocabulary, language, extra)
            name = _write(stated, vocabulary, language, joiner, extra)
            if _fits(name, language):
                break
    return stated, name


def _fits(name: str, language: str) -> bool:
    words = sum(any(letter.isalnum() for letter in word) for word in name.split())
    most = MOST_WORDS if language == "en" else _MOST_WORDS_ELSEWHERE
    return len(name) <= MOST_CHARACTERS and words <= most


def _write(
    parts: NameParts, vocabulary: PartVocabulary, language: str, joiner: str, extra: str
) -> str:
    genres = tuple(vocabulary[number].key for number in parts.genres)
    form = form_of(genres, parts.every_genre, language, extra)
    facets = [vocabulary[number].key for number in parts.facets]
    if language != "en":
        subjects = [
            (vocabulary[number].key, vocabulary[word].printed)
            for number, word in zip(parts.subjects, parts.words, strict=True)
        ]
        return write_in(language, facets, subjects, form, extra)
    words = facet_words(facets, "en", extra)
    printed = [vocabulary[number].printed for number in parts.words]
    if printed and not genres and _names_genre(said_words(printed[-1])):
        form = generic_noun("stories", "en", extra)  # "Gulf War Films" are those of the genre War
    if joiner == _APART:
        keys = [vocabulary[number].key for number in parts.subjects]
        if any(key not in subject_lexicon(extra) for key in keys):  # "Horror Films: vampyyri"
            form = " ".join([*words, form + FILMS * (form in english_rules().mass)])
            return f"{form}{_APART}{' & '.join(printed)}"
        joiner = "&"
    texts = _subjects(printed, form)
    if texts:
        words.append(f" {joiner} ".join(texts) if joiner else " ".join(texts))
    if not words and form in english_rules().mass:
        form += FILMS
    return " ".join([*words, form])


def _subjects(printed: list[str], form: str) -> list[str]:
    """Subjects as they stand before a form, with capitals; one compound at most has a hyphen."""
    texts = [attributive(text) for text in printed]
    if printed and ends_in_form(said_words(printed[-1]), form):
        # "Civil War Films", not "Civil-War War Films"
        texts[-1] = " ".join(texts[-1].replace("-", " ").split()[:-1])
    if sum(map(is_compound, texts)) == 1:
        texts = [text.replace(" ", "-") if is_compound(text) else text for text in texts]
    return [title_case(text) for text in texts]


def _names_genre(words: tuple[str, ...]) -> bool:
    """Whether the last word of a subject, with "Films" behind it, is the noun of a genre."""
    return f"{words[-1].title()}{FILMS}" in _nouns_with_films()


@cache
def _nouns_with_films() -> frozenset[str]:
    nouns = {form_of((genre,), False) for genre in genre_words().nouns}
    return frozenset(noun for noun in nouns if noun.endswith(FILMS))
