"""The conllu package reads our CoNLL-U, and the text is unchanged."""

from __future__ import annotations

import conllu
import pytest

from benchmarks.lib.sample_films import sample_rows
from pipeline.genres.data.conllu import film_to_conllu, split_sentences, split_tokens

TEXT = "Dr. Ames doesn't trust the U.S. crew. \"They've left!\" she cries... Who stayed in 1981?"


def test_sentences_are_split_at_their_ends() -> None:
    assert split_sentences(TEXT) == [
        "Dr. Ames doesn't trust the U.S. crew.",
        '"They\'ve left!" she cries...',
        "Who stayed in 1981?",
    ]
    assert split_sentences("J. R. Oil runs. He wins.") == ["J. R. Oil runs.", "He wins."]
    assert split_sentences(" ") == []


def test_tokens_and_lemmas() -> None:
    found = split_tokens("Dr. Ames doesn't trust the U.S. crews.")
    assert [token.form for token in found] == [
        "Dr.",
        "Ames",
        "does",
        "n't",
        "trust",
        "the",
        "U.S.",
        "crews",
        ".",
    ]
    assert [token.lemma for token in found][2:4] == ["do", "not"]
    assert found[7].lemma == "crew"
    assert [token.form for token in split_tokens("It's well-known: 3.5 km (or so)")] == [
        "It",
        "'s",
        "well-known",
        ":",
        "3.5",
        "km",
        "(",
        "or",
        "so",
        ")",
    ]


@pytest.mark.parametrize(
    "text", [TEXT, "千と千尋の神隠し", "a\tb \u00a0 c -- d", "100% <b>", "#1 _"]
)
def test_any_text_gives_valid_and_complete_conllu(text: str) -> None:
    found = conllu.parse(film_to_conllu("a b", text, ["War"]))
    assert found[0].metadata["newdoc id"] == "a_b"
    assert found[0].metadata["genres"] == "War"
    assert [s.metadata["sent_id"] for s in found] == [f"a_b-{n + 1}" for n in range(len(found))]
    assert " ".join(s.metadata["text"] for s in found) == " ".join(text.split())
    for sentence in found:
        assert [token["id"] for token in sentence] == list(range(1, len(sentence) + 1))
        again = "".join(
            token["form"] + ("" if (token["misc"] or {}).get("SpaceAfter") == "No" else " ")
            for token in sentence
        )
        assert again.strip() == sentence.metadata["text"]


def test_the_sample_is_valid() -> None:
    films = sample_rows()[:60]
    whole = "".join(film_to_conllu(f["movie_id"], f["overview"], ["X"]) for f in films)
    found = conllu.parse(whole)
    assert len([s for s in found if "newdoc id" in s.metadata]) == len(films)
    assert all(token["lemma"] for sentence in found for token in sentence)
    # the package serializes the same text
    assert "".join(sentence.serialize() for sentence in found) == whole
    assert film_to_conllu("a", "", []) == ""
