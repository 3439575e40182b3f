"""Terms: one text and many texts are read alike, in every script."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serve.catalogue.search.analysis import (
    Analyser,
    normal_form,
    normal_text,
    split_texts,
    squeezed,
    words_of,
)

# characters that every version of Unicode in use knows
_KNOWN = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cn", "Co", "Cs"])


@given(st.text(_KNOWN, max_size=60))
def test_one_text_has_the_words_that_it_has_among_many(text: str) -> None:
    whole = pa.array(["before", text, "after"], pa.string())
    normal = normal_form(whole)
    assert normal_text(text) == normal[1].as_py()
    words, owners = split_texts(normal)
    assert words_of(text) == [w for w, o in zip(words.to_pylist(), owners, strict=True) if o == 1]


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "haunted", "haunting"),
        ("de", "häuser", "hauses"),
        ("es", "películas", "película"),
        ("ru", "войны", "война"),
        ("fi", "talossa", "talo"),
    ],
)
def test_forms_of_a_word_have_one_term(language: str, first: str, second: str) -> None:
    analyser = Analyser(language)
    one, other = (analyser.terms(words_of(word)) for word in (first, second))
    assert one == other != [None]


def test_a_language_without_a_stemmer_keeps_its_words() -> None:
    assert Analyser("xx").terms(["haunted", "the"]) == ["haunted", "the"]


def test_stop_words_have_no_term() -> None:
    assert Analyser("en").terms(["the", "of", "war"]) == [None, None, "war"]
    assert Analyser("fr").terms(["les", "guerre"])[0] is None


def test_titles_are_compared_without_article_and_spaces() -> None:
    assert squeezed(normal_text("The Spider-Man")) == squeezed(normal_text("Spiderman"))
    assert squeezed("the") == "the"
