"""Names of catalogues in other words and languages than those of TMDB, by real minings."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from flows.events import Note
from pipeline.label.words.stop_words import stop_words_of
from tests.support.cases import case
from tests.support.mine_command import Mined, run

pytestmark = pytest.mark.timeout(600)


def named(mined: Mined) -> dict[str, list[str]]:
    """The keywords of each micro-genre by its name."""
    rows = mined.release.micro_genres.to_pylist()
    return {row["micro_genre_name"]: row["micro_genre_keybert"].split(" / ") for row in rows}


def test_names_of_a_german_catalogue_have_no_function_words(tmp_path: Path) -> None:
    mined = run([f"files:{case('19-german/films.csv')}"], tmp_path / "out", 1)
    genres = named(mined)
    nouns = ("Crime Story", "Horror", "Sci-Fi", "Romance", "War Film", "Comedy")
    assert all(name.endswith(nouns) for name in genres), genres
    themes = [re.sub(f"({'|'.join(nouns)})$", "", name) for name in genres]
    texts = [text.lower() for text in (*themes, *chain(*genres.values()))]
    used = {word for text in texts for part in text.split() for word in part.split("-")}
    assert sorted(used & stop_words_of("de")) == [], genres
    assert all(keywords != [""] for keywords in genres.values())


def test_texts_of_stop_words_are_mined_without_tfidf(tmp_path: Path) -> None:
    source = [f"files:{case('25-stop-words-only/films.csv')}"]
    mined = run(source, tmp_path / "out", 1, features={"mode": "full"})
    notes = [event.text for event in mined.events if isinstance(event, Note)]
    assert any("TF-IDF is left out" in note for note in notes)
    again = run(source, tmp_path / "out", 1, features={"mode": "full"})
    assert again.release.id == mined.release.id
    assert again.release.movies.num_rows == 12
