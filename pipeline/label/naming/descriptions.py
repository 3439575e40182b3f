"""One sentence about a micro-genre, from facts about its films.

"Horror films about haunted houses and ghosts, mostly American, from the 1970s to the 2010s: The
Conjuring (2013), The Others (2001), Poltergeist (1982)."
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.label.naming.attributives import genre_roots
from pipeline.label.naming.facet_words import facet_word, facet_words, is_decade
from pipeline.label.naming.forms import form_of, known_language
from pipeline.label.naming.grammar import print_name, printed_parts
from pipeline.label.naming.other_languages import place_name, subject_word
from pipeline.label.naming.patterns import english_rules, naming_data
from pipeline.label.naming.plurals import in_sentence
from pipeline.label.naming.printed import said_words
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.genre_nouns import form_noun
from pipeline.label.words.subjects import subject_lexicon
from pipeline.schemas.name_parts import GENRE, SUBJECT, NameParts

__all__ = ["ShelfFacts", "describe"]

_LEAST_SHARE = 0.4  # of the films, from which a further part is stated
_MOST = 0.6  # of the films, from which a country or language is that of most
_LEAST_LIFT = {SUBJECT: 2.0, GENRE: 1.5}  # share in the micro-genre by share in the catalogue
_PLACE_LIFT = 1.1
_SUBJECTS, _GENRES = 2, 1  # further ones that a sentence states at most
_LONGEST = 200  # characters before the titles


@dataclass(frozen=True)
class ShelfFacts:
    """What is known of the films of a micro-genre.

    Attributes
    ----------
    shares : Mapping of int to float
        Share of its films for which a part is true, 0 to 1, by number of PARTS.
    catalogue_shares : Mapping of int to float
        The same of all films of the catalogue; a part without one is taken for rare.
    years : (int, int) or None
        The years between which at least 80 % of the films lie.
    thin : bool
        Whether most of the films have no text that names a theme.
    """

    shares: Mapping[int, float] = field(default_factory=dict)
    catalogue_shares: Mapping[int, float] = field(default_factory=dict)
    years: tuple[int, int] | None = None
    thin: bool = False


def describe(
    parts: NameParts,
    vocabulary: PartVocabulary,
    facts: ShelfFacts,
    exemplars: Sequence[tuple[str, int | None]] = (),
    language: str = "en",
    extra: str = "",
) -> str:
    """Return one sentence about a micro-genre.

    Parameters
    ----------
    parts : NameParts
        Parts of its name.
    vocabulary : PartVocabulary
        The parts of the catalogue.
    facts : ShelfFacts
        What is known of its films. A further subject, genre, country or language is stated where it
        is true of at least 40 % (a country or language: 60 %) and typical.
    exemplars : sequence of (str, int or None)
        Titles and years of typical films, best first.
    language : str
        ISO 639-1.
    extra : str
        Text of a user's file of words.

    Returns
    -------
    str
        A sentence with at most about 200 characters before the titles; without exemplars it ends
        there.

    Examples
    --------
    >>> import pyarrow as pa
    >>> keys = ["haunted house", "Horror", "country:US"]
    >>> table = {"number": [0, 1, 2], "kind": ["subject", "genre", "facet"], "key": keys}
    >>> vocabulary = PartVocabulary(pa.table({**table, "printed": keys, "terms": [[], [], []]}))
    >>> facts = ShelfFacts({2: 0.7}, {2: 0.5}, (1974, 2013))
    >>> describe(NameParts((0,), (1,)), vocabulary, facts)
    'Horror films about haunted houses, mostly American, from the 1970s to the 2010s.'
    """
    language = known_language(language, extra)
    patterns = _patterns(language)
    stated = printed_parts(parts, vocabulary, language, extra=extra)
    sentence = _head(stated, vocabulary, facts, patterns, language, extra)
    further = _Further(stated, vocabulary, facts, language, extra)
    for clause in (*further.subjects(), *further.genres(), *further.places(), *further.decades()):
        if len(sentence) + len(clause) + 2 <= _LONGEST:
            sentence = f"{sentence}{patterns.get('comma', ', ')}{clause}"
    if not exemplars:
        return f"{sentence}{patterns.get('end', '.')}"
    titles = ", ".join(f"{title} ({year})" if year else title for title, year in exemplars)
    return str(patterns["titles"].format(sentence=sentence, titles=titles))


def _head(
    stated: NameParts,
    vocabulary: PartVocabulary,
    facts: ShelfFacts,
    patterns: Mapping[str, str],
    language: str,
    extra: str,
) -> str:
    if language != "en":
        films = print_name(stated, vocabulary, language, extra=extra)
    else:
        films = _films(stated, vocabulary, extra)
        if stated.subjects:
            subjects = [in_sentence(vocabulary[number].printed) for number in stated.words]
            films = patterns["about"].format(films=films, subjects=_listed(subjects, patterns))
    return patterns["little"].format(films=films) if facts.thin else films


def _films(stated: NameParts, vocabulary: PartVocabulary, extra: str) -> str:
    """Facets and form in a sentence: "Silent French comedies and dramas of the 1920s"."""
    keys = [vocabulary[number].key for number in stated.facets]
    genres = tuple(vocabulary[number].key for number in stated.genres)
    form = form_of(genres, stated.every_genre, "en", extra).replace(" & ", " and ")
    if form in english_rules().mass:
        form += " films"
    before = facet_words([key for key in keys if not is_decade(key)], "en", extra)
    decades = [f"of the {facet_word(key, 'en', extra)}" for key in keys if is_decade(key)]
    before = [_lower_facet(word, keys) for word in before]
    text = " ".join([*before, *_lower(form), *decades])
    return text[:1].upper() + text[1:]


def _lower(form: str) -> list[str]:
    """The words of a form in lower case, acronyms aside."""
    return [word if word.isupper() else word.lower() for word in form.split()]


def _lower_facet(word: str, keys: Sequence[str]) -> str:
    own = {facet_word(key) for key in keys if key.startswith(("era:", "form:"))}
    return word.lower() if word in own else word


class _Further:
    """The clauses about parts that are not in the name."""

    def __init__(
        self,
        stated: NameParts,
        vocabulary: PartVocabulary,
        facts: ShelfFacts,
        language: str,
        extra: str,
    ) -> None:
        self._stated = stated
        self._vocabulary = vocabulary
        self._facts = facts
        self._language = language
        self._extra = extra
        self._patterns = _patterns(language)

    def subjects(self) -> list[str]:
        """Clauses about further subjects: "often with ghosts"."""
        if self._facts.thin:
            return []
        said = {w for n in self._stated.words for w in said_words(self._vocabulary[n].printed)}
        for number in self._stated.genres:  # "War films", not "War films, often with war"
            said |= genre_roots(self._vocabulary[number].key)
        lexicon = subject_lexicon(self._extra)
        found: dict[str, list[str]] = {}
        for number in self._typical(SUBJECT):
            part = self._vocabulary[number]
            words = set(said_words(part.printed))
            if not words or words & said:
                continue
            said |= words
            kind = "in" if part.key in lexicon and lexicon.is_setting(part.key) else "with"
            text = (
                in_sentence(part.printed)
                if self._language == "en"
                else subject_word(part.key, part.printed, self._language, self._extra)[0]
            )
            if sum(map(len, found.values())) < _SUBJECTS:
                found.setdefault(self._patterns[kind], []).append(text)
        return [
            pattern.format(subjects=_listed(texts, self._patterns))
            for pattern, texts in found.items()
        ]

    def genres(self) -> list[str]:
        """Clauses about further genres: "many of them comedies"."""
        own = [self._vocabulary[number].key for number in self._typical(GENRE)[:_GENRES]]
        texts = [form_noun([genre], self._language, self._extra) for genre in own]
        if self._language == "en":
            texts = [f"{t} films" if t in english_rules().mass else t for t in texts]
        texts = [text if self._language == "de" else text.lower() for text in texts]
        return [self._patterns["many"].format(genres=text) for text in texts]

    def places(self) -> list[str]:
        """A clause about the country or language of most films: "mostly American"."""
        keys = [self._vocabulary[number].key for number in self._stated.facets]
        if any(key.startswith(("country:", "language:")) for key in keys):
            return []
        for kind, pattern in (("country", "mostly"), ("language", "spoken")):
            for number in self._ranked():
                key = self._vocabulary[number].key
                share = self._facts.shares[number]
                if not key.startswith(f"{kind}:") or share < _MOST:
                    continue
                if self._lift(number) < _PLACE_LIFT:
                    continue
                if kind == "country" and self._language == "en":
                    place = facet_word(key)
                else:
                    place = place_name(key, self._language)
                if place:
                    return [self._patterns[pattern].format(places=place)]
        return []

    def decades(self) -> list[str]:
        """A clause about the time of most films: "from the 1970s to the 2010s"."""
        keys = [self._vocabulary[number].key for number in self._stated.facets]
        if self._facts.years is None or any(key.startswith(("decade:", "era:")) for key in keys):
            return []
        first, last = (year - year % 10 for year in sorted(self._facts.years))
        pattern = self._patterns["of" if first == last else "from"]
        return [pattern.format(first=first, last=last)]

    def _typical(self, kind: str) -> list[int]:
        """Further parts of one kind that are stated, the most frequent first."""
        own = {*self._stated.all_numbers, *self._stated.words}
        return [
            number
            for number in self._ranked()
            if self._vocabulary[number].kind == kind
            and number not in own
            and self._lift(number) >= _LEAST_LIFT[kind]
        ]

    def _ranked(self) -> list[int]:
        shares = self._facts.shares
        known = [n for n in shares if shares[n] >= _LEAST_SHARE and n in self._vocabulary]
        return sorted(known, key=lambda number: (-shares[number], self._vocabulary[number].key))

    def _lift(self, number: int) -> float:
        base = self._facts.catalogue_shares.get(number, 0.0)
        return self._facts.shares[number] / base if base else float("inf")


def _listed(texts: Sequence[str], patterns: Mapping[str, str]) -> str:
    """Texts with commas and "and"."""
    if len(texts) < 2:
        return "".join(texts)
    return patterns["and"].format(first=", ".join(texts[:-1]), second=texts[-1])


def _patterns(language: str) -> Mapping[str, str]:
    tables: Mapping[str, Mapping[str, str]] = naming_data()["descriptions"]
    return tables.get(language, tables["en"])
