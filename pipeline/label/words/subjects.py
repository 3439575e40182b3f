"""What films are about: subjects, with one identity in all languages, and where texts name them.

The words are data: `config/lexicon/subjects/`, a file for each language; see `docs/lexicon.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from pipeline.label.words.matcher import Matcher
from pipeline.label.words.tables import Tables, read_tables
from pipeline.label.words.tokens import tokens

__all__ = ["SubjectLexicon", "subject_lexicon"]

_MOST_KEPT = 100_000  # distinct keywords
_WEAK = 0.6  # of subjects that are true of many films, but rarely what a film is about


@lru_cache(maxsize=4)
def subject_lexicon(extra: str = "") -> SubjectLexicon:
    """Return the lexicon of subjects, read once in a process.

    Parameters
    ----------
    extra : str
        Text of a user's file; see `read_user_file`.
    """
    return SubjectLexicon(read_tables(extra))


class SubjectLexicon:
    """Subjects of films, and the words of each language that mean or imply them.

    A subject is known by its English printed form, in all languages: its identity.

    Parameters
    ----------
    tables : Tables
        Words by language; `subject_lexicon` reads them.

    Examples
    --------
    >>> lexicon = subject_lexicon()
    >>> text = "A sleuth hunts vampires. Her lawyer is Frank Church."
    >>> sorted(lexicon.subjects_in(text, "en"))
    ['detective', 'investigation', 'lawyer', 'vampire']
    >>> lexicon.subjects_in("Ein Blutsauger.", "de"), lexicon.name_of("vampire", "de")
    ({'vampire'}, 'Vampir')
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._matchers: dict[str, Matcher] = {}
        self._settings = frozenset(tables.kinds.settings)
        self._persons = frozenset(tables.kinds.persons)
        self._weak = frozenset(tables.kinds.weak)
        self._unprinted = frozenset(tables.kinds.unprinted)
        self._broader = _closure(tables.broader)
        self._plain: dict[tuple[str, str], frozenset[str]] = {}  # keywords without senses

    @property
    def subjects(self) -> tuple[str, ...]:
        """All identities, in alphabetical order."""
        return tuple(sorted(self._tables.subjects["en"]))

    def subjects_of(
        self, words: Sequence[str], language: str = "en", context: Iterable[str] = ()
    ) -> set[str]:
        """Return the subjects that the words of a text mean or imply, and what these imply.

        Parameters
        ----------
        words : sequence of str
            Words of a text in their order, as written; signs between them are words too (`tokens`).
            A word with a capital inside a sentence is a name and means nothing, unless the lexicon
            writes it so, or it is a role before a name ("Detective Ada Quill").
        language : str
            ISO 639-1 of the text; "hi" has words in both scripts. A language without words of its
            own finds nothing.
        context : iterable of str
            Further words about the film, which decide between senses.

        Returns
        -------
        set of str
            Identities.

        Examples
        --------
        >>> lexicon = subject_lexicon()
        >>> sorted(lexicon.subjects_of(["Two", "haunted", "houses"]))
        ['ghost', 'haunted house']
        """
        return self._with_broader(self._matcher(language).find(words, context))

    def subjects_in(self, text: str, language: str = "en", context: Iterable[str] = ()) -> set[str]:
        """Return the subjects of a text; see `subjects_of`.

        Examples
        --------
        >>> lexicon = subject_lexicon()
        >>> sorted(lexicon.subjects_in("A driver in a race across Mexico"))
        ['car race']
        >>> sorted(lexicon.subjects_in("A town divided by race and segregation"))
        ['race relations', 'racism']
        """
        return self.subjects_of(tokens(text), language, context)

    def subjects_of_keyword(
        self, keyword: str, language: str = "en", context: Iterable[str] = ()
    ) -> set[str]:
        """Return the subjects of a keyword of a catalogue, whose capitals say nothing.

        Examples
        --------
        >>> lexicon = subject_lexicon()
        >>> lexicon.subjects_of_keyword("Boxers"), lexicon.subjects_of_keyword("aunt")
        ({'boxing'}, set())
        >>> lexicon.subjects_of_keyword("affair"), lexicon.subjects_of_keyword("state affair")
        ({'infidelity'}, set())
        """
        known = self._plain.get((keyword, language))
        if known is not None:
            return set(known)
        matcher, words = self._matcher(language), tokens(keyword)
        found = self._with_broader(matcher.find(words, context, names=False))
        if matcher.is_plain(words):
            if len(self._plain) >= _MOST_KEPT:
                self._plain.clear()
            self._plain[keyword, language] = frozenset(found)
        return found

    def name_of(self, subject: str, language: str = "en") -> str:
        """Return the printed form of a subject; the English one if the language has none.

        Examples
        --------
        >>> [subject_lexicon().name_of("vampire", code) for code in ("en", "es", "ja")]
        ['vampire', 'vampiros', '\u5438\u8840\u9b3c']
        """
        if language == "en":
            return subject
        return self._tables.subjects.get(language, {}).get(subject, (subject,))[0]

    def has_name(self, subject: str, language: str) -> bool:
        """Return whether a subject has a printed form in a language."""
        return subject in self._tables.subjects.get(language, {})

    def words_of(self, subject: str, language: str = "en") -> tuple[str, ...]:
        """Return the words and phrases that mean or imply a subject, the printed form first."""
        words = self._tables.subjects.get(language, {}).get(subject, ())
        return (subject, *words) if language == "en" and subject in self else words

    def identity_of(self, phrase: str, language: str = "en") -> str | None:
        """Return the subject that a whole phrase means; None if it means none, or several.

        Examples
        --------
        >>> lexicon = subject_lexicon()
        >>> lexicon.identity_of("sleuths"), lexicon.identity_of("a sleuth in love")
        ('detective', None)
        """
        return self._matcher(language).whole(tokens(phrase))

    def is_setting(self, subject: str) -> bool:
        """Return whether a subject is a place or setting, such as "prison"."""
        return subject in self._settings

    def is_person(self, subject: str) -> bool:
        """Return whether a subject is a role of people, such as "nun"."""
        return subject in self._persons

    def print_weight(self, subject: str) -> float:
        """Return how good a part of a name a subject is: 1, less, or 0 if no name prints it.

        Examples
        --------
        >>> [subject_lexicon().print_weight(word) for word in ("vampire", "jealousy", "gun")]
        [1.0, 0.6, 0.0]
        """
        if subject in self._unprinted:
            return 0.0
        return _WEAK if subject in self._weak else 1.0

    def broader(self, subject: str) -> tuple[str, ...]:
        """Return the more general subjects that a subject implies, in alphabetical order.

        Examples
        --------
        >>> subject_lexicon().broader("haunted house")
        ('ghost',)
        """
        return self._broader.get(subject, ())

    def genre_of(self, subject: str) -> str | None:
        """Return the genre that says the same as a subject, so that a name prints one of them.

        Examples
        --------
        >>> subject_lexicon().genre_of("war"), subject_lexicon().genre_of("vampire")
        ('War', None)
        """
        return self._tables.genres.get(subject)

    def genre_beside(self, subject: str) -> str | None:
        """Return the genre beside which a subject is never printed: a name prints the genre.

        Examples
        --------
        >>> [subject_lexicon().genre_beside(subject) for subject in ("romance", "war")]
        ['Romance', None]
        """
        return self.genre_of(subject) if subject in self._tables.kinds.beside_genre else None

    def __contains__(self, subject: str) -> bool:
        return subject in self._tables.subjects["en"]

    def _matcher(self, language: str) -> Matcher:
        if language not in self._matchers:
            self._matchers[language] = Matcher(self._tables, language)
        return self._matchers[language]

    def _with_broader(self, found: set[str]) -> set[str]:
        for subject in list(found):
            found.update(self._broader.get(subject, ()))
        return found


def _closure(broader: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """What each subject implies, directly or through others."""
    closed: dict[str, tuple[str, ...]] = {}
    for subject, own in broader.items():
        reached: set[str] = set()
        waiting = list(own)
        while waiting:
            other = waiting.pop()
            if other not in reached and other != subject:
                reached.add(other)
                waiting += broader.get(other, ())
        closed[subject] = tuple(sorted(reached))
    return closed
