"""Subjects that a film names in the words of a name."""

from __future__ import annotations

from tests.pipeline.label.terms.catalogue import films_of, mine


def test_all_words_of_the_printed_form_in_any_inflection() -> None:
    texts = ["Two haunted houses.", "A haunted inn; its house burns.", "A spook house.", "A house."]
    parts, films = mine([{"overview": text, "keywords": ["haunted house"]} for text in texts[:1]])
    assert films_of(parts, films, "haunted house", "literal") == {"m0000"}
    parts, films = mine([{"overview": text} for text in texts])
    true = films_of(parts, films, "haunted house")
    literal = films_of(parts, films, "haunted house", "literal")
    assert "m0000" in literal
    assert literal <= true
    assert "m0003" not in literal


def test_a_subject_in_other_words_is_not_literal() -> None:
    parts, films = mine([{"overview": "A sleuth waits."}, {"overview": "Detectives wait."}])
    assert films_of(parts, films, "detective") == {"m0000", "m0001"}
    assert films_of(parts, films, "detective", "literal") == {"m0001"}


def test_words_of_languages_without_spaces_are_found_inside_texts() -> None:
    texts = ["見習い魔女が海を渡る。", "黒魔術の夜。"]
    parts, films = mine([{"overview": text} for text in texts], language="ja")
    assert films_of(parts, films, "witch", "literal") == {"m0000"}  # black magic is another word
