"""Terms that no name contains: words about films, moods, persons, places, numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.label.terms.nouns import is_no_noun
from pipeline.label.words.form import is_form
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.label.words.stop_words import determiners_of, is_stop_word, stop_words_of
from pipeline.label.words.tables import read_tables
from pipeline.label.words.tokens import words_of
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.schemas.words.genre_words import fold_genre, genre_words
from pipeline.schemas.words.places import country_code, language_code

__all__ = ["Unusable"]

_CREDITS = 3  # films in whose credits a word is a name
_CAPITALS = 4  # capitals for each lower case of a name
_FEWEST_CAPITALS = 3
_LONGEST = 4  # words of a term
_ABSTRACT = 7  # fewest letters of a word with the ending of an abstraction: "city" is none
_CODE = 3  # letters of a code of a language or country


class Unusable:
    """Which terms name no subject.

    Parameters
    ----------
    lexicon : str
        Text of a user's file of words; see `read_user_file`.
    languages : collection of str
        Languages whose lists count, ISO 639-1; English lists always count.
    with_keywords : bool
        Whether terms are keywords: a catalogue that lists "film director" means a theme.
    adult : bool
        Whether words of sex may be printed: see `is_banned`.
    """

    def __init__(
        self,
        lexicon: str = "",
        languages: Collection[str] = ("en",),
        with_keywords: bool = False,
        adult: bool = False,
    ) -> None:
        tables = read_tables(lexicon)
        codes = sorted({*languages, "en"})
        lists = (
            *(tables.boilerplate, tables.moods, tables.banned, tables.abstract),
            *(tables.vague, tables.places, *(() if adult else (tables.adult,))),
        )
        self._words = frozenset(
            word for table in lists for code in codes for word in table.get(code, ())
        )
        self._heads, self._firsts = (
            {code: frozenset(table.get(code, ())) for code in codes}
            for table in (tables.vague_heads, tables.vague_firsts)
        )
        self._endings = {code: tables.abstract_endings.get(code, ()) for code in codes}
        self._with_keywords = with_keywords

    def is_unusable(self, term: str, language: str, names: Collection[str] = ()) -> bool:
        """Return whether a term names no subject.

        Parameters
        ----------
        term : str
            A term in lower case.
        language : str
            ISO 639-1.
        names : collection of str
            Words that are names of persons or places: see `names_among`. They do not count in a
            language that writes all nouns with a capital.

        Examples
        --------
        >>> unusable = Unusable()
        >>> terms = ("submarine", "based on novel", "france", "1970s", "movie stars", "emma")
        >>> [term for term in terms if not unusable.is_unusable(term, "en", {"emma"})]
        ['submarine']
        """
        words = words_of(term)
        return (
            not words
            or len(term.split()) > _LONGEST
            or any(sign in term for sign in ",(")
            or words[0][0].isdigit()
            or (not determiners_of(language) and any(word in names for word in words))
            or self._says_nothing(term, words, language)
            or _is_facet(term)
            or self._is_vague(words, language)
        )

    def names_among(self, terms: Collection[str], words: pa.Table | Parts) -> frozenset[str]:
        """Return the words of some terms that are names.

        Parameters
        ----------
        terms : collection of str
            Terms in lower case.
        words : pa.Table or Parts
            WORD_COUNTS of all partitions, one after the other.

        Returns
        -------
        frozenset of str
            Words that credits have and texts write with a capital or not at all, and other words
            that texts nearly always write with a capital: places, characters.
        """
        wanted = pa.array(sorted({word for term in terms for word in words_of(term)}), pa.string())
        parts = [
            part.filter(pc.is_in(part.column("word"), value_set=wanted)) for part in parts_of(words)
        ]
        known = pa.concat_tables(parts).to_pandas().groupby("word").sum()
        credited = known["credits"] >= _CREDITS
        capital = known["capital"] > _CAPITALS * known["lower"]
        unseen = known["capital"] + known["lower"] == 0
        named = capital & (credited | (known["capital"] >= _FEWEST_CAPITALS))
        return frozenset(known.index[named | (credited & unseen)])

    def _is_vague(self, words: Sequence[str], language: str) -> bool:
        """Whether a word is no concrete noun, or a phrase says only that there is a person."""
        if len(words) > 1:
            return words[-1] in self._heads.get(language, ()) or words[0] in self._firsts.get(
                language, ()
            )
        if words[0].endswith(self._endings.get(language, ())):
            return len(words[0]) >= _ABSTRACT
        return language == "en" and is_no_noun(words[0])

    def _says_nothing(self, term: str, words: Sequence[str], language: str) -> bool:
        stops = stop_words_of(language)
        return (
            all(is_stop_word(word) or word in stops or not word.isalpha() for word in words)
            or term in self._words
            or all(not self._words.isdisjoint((word, word.removesuffix("s"))) for word in words)
            or is_boilerplate(term)
            or (not self._with_keywords and is_form(term))
        )


def _is_facet(term: str) -> bool:
    """Whether a term is a genre, a country or a language: parts of their own."""
    genres = genre_words().nouns
    if any(genre in genres for genre in fold_genre(term)):
        return True
    # three letters are a code: "cop" is Coptic, "war" is Waray
    return len(term) > _CODE and (country_code(term) is not None or language_code(term) is not None)
