"""The terms of a film: its keywords, and the phrases of its overview and tagline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from pipeline.label.words.form import story_parts
from pipeline.label.words.lexicon import word_set
from pipeline.label.words.stop_words import (
    determiners_of,
    has_contraction,
    is_stop_word,
    split_elision,
    stop_words_of,
)
from pipeline.schemas.stage import stage

__all__ = [
    "HOLDINGS",
    "TERM_COUNTS",
    "TERM_LISTS",
    "WORD_COUNTS",
    "count_terms",
    "find_terms",
    "term_lists",
    "words",
]

# Number of films of a cluster with a term: anywhere, as a keyword, as a part of a keyword.
TERM_COUNTS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("films", pa.int32()),
        ("keyword_films", pa.int32()),
        ("part_films", pa.int32()),
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

# The candidates, or the keywords, of each cluster, best first.
TERM_LISTS = pa.schema([("cluster", pa.int32()), ("term", pa.string())])

# Which terms of its cluster each film contains: `held` are positions in TERM_LISTS of the cluster.
HOLDINGS = pa.schema([("cluster", pa.int32()), ("held", pa.list_(pa.int16()))])

# Vowel signs of Indic scripts belong to a word, though they are no letters by themselves.
_LETTERS = r"(?:[^\W_]|[\u0900-\u0963\u0966-\u0dff])+"
_WORD = re.compile(rf"{_LETTERS}(?:['\u2019.-]{_LETTERS})*")
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
# A full stop, comma or hyphen inside a word does not end a clause; the other marks always do.
_CLAUSE = re.compile(r"[.,]+(?:\W|$)|[;:!?()\[\]\"\u201c\u201d\u2026/\u2013\u2014]+|\s-\s|--+")
_LONGEST = 3  # words of a phrase
# English function words inside a sentence: "killer who steals" is no phrase, "prisoner of war" is.
_BREAKS = word_set(
    """
    although am are be because been being but can could did do does had has have he her hers him his
    how i if is it its me my nor not or our ours she should so than that their theirs them then
    these they this those though unless us was we were what when where which while who whom whose
    why will would you your yours
    """
)


def words(text: str) -> list[str]:
    """Return the words of a text, as written.

    Examples
    --------
    >>> words("The crew's K-19, off Iceland!")
    ['The', "crew's", 'K-19', 'off', 'Iceland']
    """
    return _WORD.findall(text)


@stage(
    "count-terms",
    version=2,
    inputs=("movies", "assignments", "languages"),
    outputs=("terms", "words"),
)
def count_terms(
    movies: pa.Table,
    assignments: pa.Table,
    languages: pa.Table | None = None,
    known_languages: Sequence[str] = (),
) -> dict[str, pa.Table]:
    """Count the terms of one partition by cluster.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    languages : pa.Table, optional
        LANGUAGES, row by row the same films; without it all texts are read as English.
    known_languages : sequence of str
        `catalogue_languages`, the most frequent first. A text in none of them, as the detection of
        languages says, is read as one in the first.

    Returns
    -------
    dict of str to pa.Table
        `terms`: TERM_COUNTS by cluster and term; `words`: WORD_COUNTS by word. Both can be added
        up over partitions.
    """
    anywhere: Counter[tuple[int, str]] = Counter()
    exact: Counter[tuple[int, str]] = Counter()
    part: Counter[tuple[int, str]] = Counter()
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    credits: Counter[str] = Counter()
    columns = movies.select(["overview", "tagline", "keywords", "directors", "cast"]).to_pylist()
    codes = [None] * len(movies) if languages is None else languages["text_language"].to_pylist()
    first = known_languages[0] if known_languages else "en"
    clusters = assignments.column("cluster").to_pylist()
    for movie, cluster, code in zip(columns, clusters, codes, strict=True):
        language = code if code in known_languages else first
        keywords = {" ".join(keyword.lower().split()) for keyword in movie["keywords"] or []}
        inside = {gram for keyword in keywords for gram in _grams(words(keyword), language)}
        terms = keywords | inside
        for clause in _clauses(f"{movie['overview']}. {movie['tagline'] or ''}"):
            for story in story_parts(clause):
                terms.update(_grams(_with_common_nouns(story, language), language))
            for position, word in enumerate(clause):
                if word[:1].islower():
                    lower[word] += 1
                elif position:
                    capital[word.lower()] += 1
        exact.update((cluster, term) for term in keywords if term)
        part.update((cluster, term) for term in inside)
        anywhere.update((cluster, term) for term in terms if term)
        people = [*(movie["directors"] or []), *(movie["cast"] or [])]
        credits.update({word.lower() for person in people for word in words(person)})
    keys = sorted(anywhere)
    known = sorted(lower.keys() | capital.keys() | credits.keys())
    return {
        "terms": pa.table(
            [
                [cluster for cluster, _ in keys],
                [term for _, term in keys],
                [anywhere[key] for key in keys],
                [exact[key] for key in keys],
                [part[key] for key in keys],
            ],
            schema=TERM_COUNTS,
        ),
        "words": pa.table(
            [
                known,
                [lower[word] for word in known],
                [capital[word] for word in known],
                [credits[word] for word in known],
            ],
            schema=WORD_COUNTS,
        ),
    }


def term_lists(terms: Mapping[int, Sequence[str]]) -> pa.Table:
    """Return TERM_LISTS.

    Parameters
    ----------
    terms : Mapping of int to sequence of str
        The terms of each cluster, best first.
    """
    clusters = [cluster for cluster, own in terms.items() for _ in own]
    return pa.table([clusters, [term for own in terms.values() for term in own]], schema=TERM_LISTS)


@stage("holdings", version=2, inputs=("movies", "assignments", "terms"), outputs=("holdings",))
def find_terms(movies: pa.Table, assignments: pa.Table, terms: pa.Table) -> dict[str, pa.Table]:
    """Find which terms of its cluster each film of one partition contains, as whole words.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES; the terms are searched in overview, tagline and each keyword.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    terms : pa.Table
        TERM_LISTS.

    Returns
    -------
    dict of str to pa.Table
        `holdings`: HOLDINGS in the order of `movies`.
    """
    clusters = assignments.column("cluster").to_pylist()
    wanted: dict[int, list[str]] = {cluster: [] for cluster in clusters}
    for cluster, term in zip(*(column.to_pylist() for column in terms.columns), strict=True):
        if cluster in wanted:
            wanted[cluster].append(_padded(term))
    held: list[list[int]] = []
    columns = movies.select(["overview", "tagline", "keywords"]).to_pylist()
    for movie, cluster in zip(columns, clusters, strict=True):
        texts = [movie["overview"], movie["tagline"] or "", *(movie["keywords"] or [])]
        padded = "|".join(_padded(text) for text in texts)
        held.append([n for n, term in enumerate(wanted[cluster]) if term in padded])
    return {"holdings": pa.table([pa.array(clusters, pa.int32()), held], schema=HOLDINGS)}


def _padded(text: str) -> str:
    """Lower-case words with one space around each, so that a phrase matches whole words only."""
    separate = (part for word in words(text.lower()) for part in split_elision(word) if part)
    return f" {' '.join(separate)} "


def _clauses(text: str) -> Iterator[list[str]]:
    for clause in _CLAUSE.split(text):
        tokens = words(clause)
        if tokens:
            yield tokens


def _with_common_nouns(clause: Sequence[str], language: str) -> Sequence[str]:
    """The clause with the capitals of nouns in lower case, in a language that writes them so.

    A capital word is a noun, not a name, if a determiner stands before it and its adjectives.
    """
    determiners = determiners_of(language)
    if not determiners:
        return clause
    lowered = list(clause)
    after_determiner = False
    for position, word in enumerate(clause):
        if word.lower() in determiners:
            after_determiner = True
        elif after_determiner and not word[0].islower():
            lowered[position] = word.lower()
            after_determiner = False
        elif word.lower() in stop_words_of(language):
            after_determiner = False
    return lowered


def _grams(tokens: Sequence[str], language: str) -> Iterator[str]:
    """Phrases of one to three lower-case words that do not start or end with a stop word.

    In other languages than English no stop word stands inside either: the lemmas of names, which
    leave such words out, are English.
    """
    foreign = frozenset() if language == "en" else stop_words_of(language)
    if foreign:
        tokens = [split_elision(token)[1] for token in tokens]
    for start, first in enumerate(tokens):
        if not _starts_gram(first) or is_stop_word(first) or first in foreign:
            continue
        for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
            last = tokens[end - 1]
            if not (_is_lower(last) or last.isdigit()) or last in foreign or _breaks_gram(last):
                break
            if not is_stop_word(last) and (len(last) > 2 or _short_script(last)):
                yield " ".join(tokens[start:end])


def _breaks_gram(word: str) -> bool:
    """Whether an English word stands in no phrase: a pronoun or a verb without meaning."""
    return has_contraction(word) or word in _BREAKS


def _starts_gram(word: str) -> bool:
    return _is_lower(word) and (len(word) > 2 or _short_script(word))


def _is_lower(word: str) -> bool:
    """Whether a word has no capital: a name has one, in scripts that have capitals."""
    first = word[0]
    if first.islower():
        return True
    cased = first.isupper() or first.istitle()
    return first.isalpha() and not cased and _UNSPACED.match(first) is None


def _short_script(word: str) -> bool:
    """Whether two letters may be a word of meaning, as in Korean or Hindi."""
    return len(word) == 2 and word[0] > "\u0900"
