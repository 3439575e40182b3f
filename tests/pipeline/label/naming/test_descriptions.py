"""Sentences about micro-genres."""

from __future__ import annotations

import pytest

from pipeline.label.naming.descriptions import ShelfFacts, describe
from pipeline.label.words.tables import LANGUAGES
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()
FILMS = [("The Conjuring", 2013), ("The Others", 2001), ("Poltergeist", None)]
TITLES = "The Conjuring (2013), The Others (2001), Poltergeist"


def facts(
    shares: dict[str, float], years: tuple[int, int] | None = (1974, 2013), thin: bool = False
) -> ShelfFacts:
    own = {parts_of(VOCABULARY, key).all_numbers[0]: share for key, share in shares.items()}
    base = {parts_of(VOCABULARY, "country:US").facets[0]: 0.5}
    base[parts_of(VOCABULARY, "Drama").genres[0]] = 0.45
    return ShelfFacts(own, base, years, thin)


@pytest.mark.parametrize(
    ("keys", "known", "sentence"),
    [
        (
            "haunted house|Horror",
            facts({"ghost": 0.5, "country:US": 0.7, "Drama": 0.5, "nun": 0.3}),
            "Horror films about haunted houses, often with ghosts, mostly American, from the 1970s "
            "to the 2010s",
        ),
        (
            "ghost|haunted house|Horror",
            facts({"ghost": 0.6, "country:US": 0.52}, (1994, 1999)),
            "Horror films about ghosts and haunted houses, mostly from the 1990s",
        ),
        (
            "language:hi|decade:1970",
            facts({"ghost": 0.9}, (1970, 1979), thin=True),
            "Hindi films of the 1970s on various subjects",
        ),
        (
            "era:silent|country:FR|Comedy|Drama",
            facts({"women's prison": 0.5}, (1919, 1927)),
            "Silent French comedies and dramas, often in women's prisons",
        ),
        ("", facts({}, None), "Films"),
        ("Western", facts({"language:en": 0.9}, None), "Westerns, mostly in English"),
        ("fbi|Thriller", facts({"Crime": 0.8}, None), None),
        (
            "father son relationship|Drama",
            facts({"Comedy": 0.5}, None),
            "Dramas about fathers and sons, many of them comedies",
        ),
        ("world war ii", facts({}, None), "Films about World War II"),
        ("Science Fiction", facts({}, None), "Sci-fi films"),
        ("War", facts({"war": 0.9, "nun": 0.5}, None), "War films, often with nuns"),
    ],
)
def test_sentences(keys: str, known: ShelfFacts, sentence: str | None) -> None:
    own = sentence or "Thrillers about the FBI, many of them crime films"
    assert describe(parts_of(VOCABULARY, keys), VOCABULARY, known, FILMS) == f"{own}: {TITLES}."
    assert describe(parts_of(VOCABULARY, keys), VOCABULARY, known) == f"{own}."


def test_a_description_is_short() -> None:
    everything = {part.key: 0.9 for part in VOCABULARY.subjects}
    parts = parts_of(VOCABULARY, "spaghetti western|new york city|decade:1970|Crime|Drama", True)
    assert len(describe(parts, VOCABULARY, facts(everything))) <= 201


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_sentences(language: str) -> None:
    known = facts({"ghost": 0.5, "country:US": 0.7, "Comedy": 0.5})
    parts = parts_of(VOCABULARY, "vampire|Horror")
    sentence = describe(parts, VOCABULARY, known, FILMS, language)
    assert TITLES in sentence
    assert "1970" in sentence
    assert "{" not in sentence
    thin = describe(parts, VOCABULARY, facts({}, None, thin=True), (), language)
    assert thin not in sentence


def test_german_and_french() -> None:
    known = facts({"country:US": 0.7, "Comedy": 0.5})
    horror = parts_of(VOCABULARY, "Horror")
    assert describe(horror, VOCABULARY, known, FILMS[:1], "de") == (
        "Horrorfilme, darunter viele Komödien, meist aus: Vereinigte Staaten, 1970er bis 2010er. "
        "Zum Beispiel The Conjuring (2013)."
    )
    assert describe(horror, VOCABULARY, known, (), "fr") == (
        "Films d'horreur, dont beaucoup de comédies, surtout : États-Unis, des années 1970 aux "
        "années 2010."
    )
