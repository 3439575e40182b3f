"""The terms of each film, found once: its keywords, the phrases of its texts, and its subjects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.label.terms.grams import clauses, common_nouns_lowered, grams, noun_phrases, words
from pipeline.label.terms.normal_forms import normal_forms
from pipeline.label.words.form import story_parts
from pipeline.label.words.subjects import SubjectLexicon, subject_lexicon
from pipeline.label.words.tables import LANGUAGES
from pipeline.label.words.tokens import fold, tokens, words_of
from pipeline.schemas.name_parts import GENRE, SUBJECT
from pipeline.schemas.stage import stage
from pipeline.schemas.words.genre_words import fold_genres

__all__ = [
    "CATALOGUE",
    "FORMS",
    "FOUND",
    "HELD",
    "NOUN_GENRES",
    "TERMS",
    "TEXT_WORDS",
    "WORD_COUNTS",
    "find_film_terms",
    "list_column",
]

# The distinct terms of a partition, by term and language.
TERMS = pa.schema(
    [
        ("term", pa.string()),
        ("language", pa.string()),  # in which its films are read
        ("form", pa.string()),  # its lemmas without spaces and hyphens: see `normal_forms`
        ("films", pa.int32()),  # with the term anywhere
        ("keyword_films", pa.int32()),  # with the term as a keyword
        ("part_films", pa.int32()),  # with the term as a part of a keyword
        ("noun_films", pa.int32()),  # with the term where a noun phrase stands in a text
    ]
)

# The same by form and language: a film with two terms of one form counts once.
FORMS = pa.schema([field for field in TERMS if field.name != "term"])

# The terms of each film: positions in TERMS, ascending; its subjects and genres; all its words.
HELD = pa.schema(
    [
        ("terms", pa.list_(pa.int32())),
        ("keywords", pa.list_(pa.int32())),  # those that are keywords
        ("parts", pa.list_(pa.int32())),  # those that are parts of keywords
        ("found", pa.list_(pa.int32())),  # positions in FOUND
        ("words", pa.list_(pa.int32())),  # positions in TEXT_WORDS
    ]
)

# The distinct words of all texts and keywords, in lower case, sorted.
TEXT_WORDS = pa.schema([("word", pa.string())])

# The genres of the films in whose texts a form stands as a noun phrase.
NOUN_GENRES = pa.schema(
    [
        ("form", pa.string()),
        ("language", pa.string()),
        ("genre", pa.string()),
        ("films", pa.int32()),
    ]
)

CATALOGUE = "catalogue"  # kind of the row of FOUND that counts all films

# Subjects of the lexicon and genres, with the number of their films; sorted by kind and key.
FOUND = pa.schema(
    [
        ("kind", pa.string()),  # SUBJECT, GENRE, or CATALOGUE
        ("key", pa.string()),
        ("films", pa.int64()),
        ("keyword_films", pa.int64()),  # whose keywords say it; of CATALOGUE: that have keywords
    ]
)

# Number of times a word is written in lower case, and with a capital inside a sentence; and number
# of films with the word in the name of a person in the credits. They separate names from nouns.
WORD_COUNTS = pa.schema(
    [
        ("word", pa.string()),
        ("lower", pa.int64()),
        ("capital", pa.int64()),
        ("credits", pa.int64()),
    ]
)

_COLUMNS = ["overview", "tagline", "keywords", "genres", "directors", "cast"]


@stage(
    "film-terms",
    version=2,
    inputs=("movies", "languages"),
    outputs=("terms", "forms", "held", "found", "words", "text_words", "noun_genres"),
)
def find_film_terms(
    movies: pa.Table,
    languages: pa.Table | None = None,
    known_languages: Sequence[str] = (),
    lexicon: str = "",
) -> dict[str, pa.Table]:
    """Find the terms, subjects and genres of the films of one partition.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES.
    languages : pa.Table, optional
        LANGUAGES, row by row the same films; without it all texts are read as English.
    known_languages : sequence of str
        `catalogue_languages`, the most frequent first. A text in none of them, as the detection of
        languages says, is read as one in the first.
    lexicon : str
        Text of a user's file of words; see `read_user_file`.

    Returns
    -------
    dict of str to pa.Table
        `terms` (TERMS), `forms` (FORMS), `found` (FOUND), `words` (WORD_COUNTS) and `noun_genres`
        (NOUN_GENRES) can be added up over partitions; `text_words` is TEXT_WORDS; `held` is HELD in
        the order of `movies`.
    """
    codes = [None] * len(movies) if languages is None else languages["text_language"].to_pylist()
    first = known_languages[0] if known_languages else "en"
    terms, found, counted = _TermsOfFilms(), _Found(subject_lexicon(lexicon)), _Words()
    present = [name for name in _COLUMNS if name in movies.schema.names]
    for movie, code in zip(movies.select(present).to_pylist(), codes, strict=True):
        language = code if code in known_languages else first
        keywords = {" ".join(keyword.lower().split()) for keyword in movie["keywords"] or []} - {""}
        inside = {gram for keyword in keywords for gram in grams(words(keyword), language)}
        own = keywords | inside
        phrases: set[str] = set()
        text = f"{movie['overview']}. {movie['tagline'] or ''}"
        stories: list[list[str]] = []
        whole = True
        for clause in clauses(text):
            counted.add_clause(clause)
            parts = list(story_parts(clause))
            whole = whole and parts == [clause]
            stories += parts
            for story in parts:
                lowered = common_nouns_lowered(story, language)
                own.update(grams(lowered, language))
                phrases.update(noun_phrases(story, lowered, language))
        if not whole:
            text = ". ".join(map(" ".join, stories))  # without leads and credits
        genres = fold_genres(movie.get("genres"))
        terms.add(language, own, keywords, inside, phrases & own, genres)
        counted.add_credits([*(movie["directors"] or []), *(movie["cast"] or [])])
        read_as = {language, code} if code in LANGUAGES else {language}
        found.add(text, sorted(keywords), sorted(read_as), genres)
    table, forms, nouns, held = terms.tables()
    of_films, own_found = found.tables()
    said, text_words = found.words()
    held = held.append_column("found", of_films).append_column("words", said).cast(HELD)
    return {
        "terms": table,
        "forms": forms,
        "held": held,
        "found": own_found,
        "words": counted.table(),
        "text_words": text_words,
        "noun_genres": nouns,
    }


class _TermsOfFilms:
    """Terms of films, as numbers in the order in which they are found."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._of: dict[str, list[list[int]]] = {
            name: [] for name in ("terms", "keywords", "parts", "nouns")
        }
        self._genres: list[Sequence[str]] = []

    def add(
        self,
        language: str,
        terms: Iterable[str],
        keywords: Iterable[str],
        parts: Iterable[str],
        nouns: Iterable[str],
        genres: Sequence[str],
    ) -> None:
        """Add a film; `terms` contains the other terms."""
        numbers = self._numbers
        own = {term: numbers.setdefault((term, language), len(numbers)) for term in terms}
        self._of["terms"].append(list(own.values()))
        for name, some in (("keywords", keywords), ("parts", parts), ("nouns", nouns)):
            self._of[name].append([own[term] for term in some])
        self._genres.append(genres)

    def tables(self) -> tuple[pa.Table, pa.Table, pa.Table, pa.Table]:
        """Return TERMS, FORMS, NOUN_GENRES, and the first columns of HELD."""
        ordered = sorted(self._numbers)
        rank = np.empty(len(ordered), np.int64)
        rank[[self._numbers[key] for key in ordered]] = np.arange(len(ordered))
        films = {name: _sorted_pairs(own, rank) for name, own in self._of.items()}
        names, codes = [term for term, _ in ordered], [code for _, code in ordered]
        written = normal_forms(ordered)
        counts = [
            np.bincount(films[name][1], minlength=len(ordered)).astype(np.int32)
            for name in self._of
        ]
        table = pa.table([names, codes, written, *counts], schema=TERMS)
        lists = [list_column(*films[name], len(own)) for name, own in self._of.items()]
        held = pa.table(lists[:3], names=list(self._of)[:3])
        forms, pairs = _forms(written, codes, films)
        return table, forms, _noun_genres(forms, pairs["nouns"], self._genres), held


def _sorted_pairs(
    lists: Sequence[Sequence[int]], rank: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Film and number of each pair, by film, then by number."""
    lengths = [len(own) for own in lists]
    film = np.repeat(np.arange(len(lists)), lengths)
    number = rank[np.array([n for own in lists for n in own], np.int64)]
    order = np.lexsort((number, film))
    return film[order], number[order]


def list_column(film: np.ndarray, number: np.ndarray, films: int) -> pa.Array:
    """Return the numbers of each film as an array of lists of int32.

    Parameters
    ----------
    film, number : ndarray of shape (n,)
        Row of a film, ascending, and a number.
    films : int
        Number of rows.

    Examples
    --------
    >>> list_column(np.array([0, 0, 2]), np.array([4, 7, 1]), 3).to_pylist()
    [[4, 7], [], [1]]
    """
    ends = np.searchsorted(film, np.arange(films + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(number.astype(np.int32)))


def _forms(
    forms: Sequence[str],
    codes: Sequence[str],
    films: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> tuple[pa.Table, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """FORMS, and its distinct pairs of film and row by kind of term."""
    keys = list(zip(forms, codes, strict=True))
    ordered = sorted(set(keys))
    number = {key: n for n, key in enumerate(ordered)}
    form_of = np.array([number[key] for key in keys], np.int64)
    width = max(len(ordered), 1)
    pairs = {}
    for name, (film, term) in films.items():
        distinct = np.unique(film * width + form_of[term])
        pairs[name] = distinct // width, distinct % width
    counts = [
        np.bincount(form, minlength=len(ordered)).astype(np.int32) for _, form in pairs.values()
    ]
    columns = [[code for _, code in ordered], [form for form, _ in ordered], *counts]
    return pa.table(columns, schema=FORMS), pairs


def _noun_genres(
    forms: pa.Table, pairs: tuple[np.ndarray, np.ndarray], genres: Sequence[Sequence[str]]
) -> pa.Table:
    """Count the genres of the films of each form: NOUN_GENRES."""
    names = sorted({genre for own in genres for genre in own})
    position = {genre: n for n, genre in enumerate(names)}
    of_film = [[position[genre] for genre in own] for own in genres]
    lengths = np.array([len(own) for own in of_film], np.int64)
    flat = np.array([n for own in of_film for n in own], np.int64)
    film, form = pairs
    repeated = lengths[film]
    start = np.repeat((np.cumsum(lengths) - lengths)[film], repeated)
    within = np.arange(len(start)) - np.repeat(np.cumsum(repeated) - repeated, repeated)
    width = max(len(names), 1)
    keys, films = np.unique(
        np.repeat(form, repeated) * width + flat[start + within], return_counts=True
    )
    own = forms.select(["form", "language"]).take(pa.array(keys // width))
    genre = pa.array(names, pa.string()).take(pa.array(keys % width))
    columns = [*own.columns, genre, films.astype(np.int32)]
    return pa.table(columns, schema=NOUN_GENRES)


class _Found:
    """Subjects of the lexicon, genres, and words of films."""

    def __init__(self, lexicon: SubjectLexicon) -> None:
        self._lexicon = lexicon
        self._films: Counter[tuple[str, str]] = Counter()
        self._keyword_films: Counter[tuple[str, str]] = Counter()
        self._of: list[set[tuple[str, str]]] = []
        self._numbers: dict[str, int] = {}
        self._words: list[list[int]] = []

    def add(
        self,
        text: str,
        keywords: Sequence[str],
        languages: Sequence[str],
        genres: Iterable[str],
    ) -> None:
        """Add a film; its genres are folded."""
        said: set[str] = set()
        written = [word for keyword in keywords for word in words_of(keyword)]
        in_text = tokens(text)
        numbers = self._numbers
        distinct = {fold(word) for word in (*in_text, *written)}
        self._words.append([numbers.setdefault(word, len(numbers)) for word in distinct])
        for keyword in keywords:
            for language in {*languages, "en"}:  # keywords are often English in any catalogue
                said |= self._lexicon.subjects_of_keyword(keyword, language, in_text)
        subjects = set(said)
        for language in languages:
            subjects |= self._lexicon.subjects_of(in_text, language, written)
        own = {(SUBJECT, subject) for subject in subjects}
        own.update((GENRE, genre) for genre in genres)
        self._of.append(own)
        self._films.update((*own, (CATALOGUE, "")))
        self._keyword_films.update((SUBJECT, subject) for subject in said)
        self._keyword_films[CATALOGUE, ""] += bool(keywords)

    def tables(self) -> tuple[pa.Array, pa.Table]:
        """Return the column `found` of HELD, and FOUND."""
        keys = sorted(self._films)
        number = {key: n for n, key in enumerate(keys)}
        lists = [sorted(number[key] for key in own) for own in self._of]
        rows: list[list[Any]] = [
            [kind for kind, _ in keys],
            [key for _, key in keys],
            [self._films[key] for key in keys],
            [self._keyword_films[key] for key in keys],
        ]
        return pa.array(lists, pa.list_(pa.int32())), pa.table(rows, schema=FOUND)

    def words(self) -> tuple[pa.Array, pa.Table]:
        """Return the column `words` of HELD, and TEXT_WORDS."""
        ordered = sorted(self._numbers)
        rank = np.empty(len(ordered), np.int64)
        rank[[self._numbers[word] for word in ordered]] = np.arange(len(ordered))
        lists = list_column(*_sorted_pairs(self._words, rank), len(self._words))
        return lists, pa.table([ordered], schema=TEXT_WORDS)


def _has_capital(word: str) -> bool:
    first = word[:1]
    return first.isupper() or first.istitle() or first.isdigit()


class _Words:
    """How often words are written in lower case, with a capital, and in credits."""

    def __init__(self) -> None:
        self._lower: Counter[str] = Counter()
        self._capital: Counter[str] = Counter()
        self._credits: Counter[str] = Counter()

    def add_clause(self, clause: Sequence[str]) -> None:
        # words in scripts without capitals count as written in lower case
        self._lower.update([word for word in clause if not _has_capital(word)])
        self._capital.update([word.lower() for word in clause[1:] if _has_capital(word)])

    def add_credits(self, people: Iterable[str]) -> None:
        self._credits.update({word.lower() for person in people for word in words(person)})

    def table(self) -> pa.Table:
        """Return WORD_COUNTS."""
        counts = (self._lower, self._capital, self._credits)
        known = sorted(set().union(*counts))
        columns = [known, *([count[word] for word in known] for count in counts)]
        return pa.table(columns, schema=WORD_COUNTS)
