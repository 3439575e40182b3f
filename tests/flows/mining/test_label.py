"""Names of catalogues in other words and languages than those of TMDB, by real minings."""

from __future__ import annotations

import json
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
    nouns = (
        "Krimis",
        "Horrorfilme",
        "Science-Fiction-Filme",
        "Liebesfilme",
        "Kriegsfilme",
        "Komödien",
    )
    assert all(any(noun in name for noun in nouns) for name in genres), genres
    themes = [re.sub("|".join(nouns), "", name) for name in genres]
    texts = [text.lower() for text in (*themes, *chain(*genres.values()))]
    used = {word for text in texts for part in text.split() for word in part.split("-")}
    # "erste Liebe" is a subject, and so is "Ehe" (marriage), which without a capital is "before"
    assert sorted(used & stop_words_of("de") - {"erste", "ehe"}) == [], genres
    assert all(keywords != [""] for keywords in genres.values())


GENRES = ("Crime Films", "Horror", "Romances", "War Films")


@pytest.mark.parametrize("table", ["films", "lowercase"])
def test_genres_in_other_words_give_the_form(tmp_path: Path, table: str) -> None:
    mined = run([f"files:{case(f'17-genre-words/{table}.csv')}"], tmp_path / "out", 1)
    assert all(any(noun in name for noun in GENRES) for name in named(mined)), named(mined)


def test_no_name_says_the_form_of_a_minority(tmp_path: Path) -> None:
    mined = run([f"files:{case('18-genre-of-a-minority/films.csv')}"], tmp_path / "out", 1)
    names = list(named(mined))
    assert not any("Animat" in name for name in names), names
    assert sum(name.endswith("Dramas") for name in names) >= 0.75 * len(names), names


@pytest.mark.parametrize(
    ("source", "never"),
    [
        (
            "21-encyclopaedia-leads/films.csv",
            r"(?i)direct|written|starring|produced|\bfilm\b|american",
        ),
        (
            "22-contractions/films.csv",
            r"(?i)['\u2019](?!s\b)|\b(?:she|he|it|who)\b|\b(?:they|we)\b",
        ),
    ],
)
def test_what_catalogues_say_of_every_film_is_no_theme(
    tmp_path: Path, source: str, never: str
) -> None:
    mined = run([f"files:{case(source)}"], tmp_path / "out", 1)
    for name, keywords in named(mined).items():
        assert not re.search(never, " / ".join([name, *keywords])), (name, keywords)


PLOTS = {
    "Horror": "A young couple moves into a house with a ghost and the child talks to the dead.",
    "Crime": "A detective hunts a killer who steals watches.",
    "Romance": "A shy baker falls in love with a neighbour before the wedding.",
    "War": "A soldier is cut off from the unit at the front.",
}
JAPANESE = ("古い屋敷に引っ越した家族が幽霊に襲われる。", "刑事が連続殺人事件の犯人を追う。")
POLISH = (
    "Rodzina wprowadza się do starego domu, w którym straszy duch.",
    "Policjant z Łodzi tropi seryjnego mordercę, który kradnie zegarki.",
)


def small(name: str) -> list[dict[str, object]]:
    """Films of a small catalogue."""
    count = {"one": 1, "alike": 3, "twenty": 20}.get(name, 60)
    texts = {"japanese": JAPANESE, "polish": POLISH}.get(name, tuple(PLOTS.values()))
    films: list[dict[str, object]] = []
    for number in range(count):
        row = 0 if name in ("one", "alike") else number % len(texts)
        text = texts[row] if name == "alike" else f"{texts[row]} {number}"
        film: dict[str, object] = {"id": number, "title": f"Film {number}", "overview": text}
        if name != "without genres":
            film["genres"] = list(PLOTS)[row]
        films.append(film)
    return films


@pytest.mark.parametrize("name", ["one", "alike", "twenty", "without genres", "japanese", "polish"])
def test_every_small_catalogue_has_distinct_names(tmp_path: Path, name: str) -> None:
    films = small(name)
    source = tmp_path / "films.jsonl"
    source.write_text("\n".join(map(json.dumps, films)), encoding="utf-8")
    mined = run([f"files:{source}"], tmp_path / "out", 1)
    rows = mined.release.micro_genres.to_pylist()
    names = [row["micro_genre_name"] for row in rows]
    assert mined.release.movies.num_rows == len(films)
    assert all(names) and len({own.casefold() for own in names}) == len(names)
    notes = [event.text for event in mined.events if isinstance(event, Note)]
    assert any("too few for micro-genres" in note for note in notes) == (len(films) <= 20), notes
    languages = {"japanese": "Japanese", "polish": "Polish"}
    assert any("the model reads English" in note for note in notes) == (name in languages)
    if name == "without genres":
        assert all(row["form_genres"] == [] for row in rows)


def test_texts_of_stop_words_are_mined_without_tfidf(tmp_path: Path) -> None:
    source = [f"files:{case('25-stop-words-only/films.csv')}"]
    mined = run(source, tmp_path / "out", 1, features={"mode": "full"})
    notes = [event.text for event in mined.events if isinstance(event, Note)]
    assert any("TF-IDF is left out" in note for note in notes)
    again = run(source, tmp_path / "out", 1, features={"mode": "full"})
    assert again.release.id == mined.release.id
    assert again.release.movies.num_rows == 12
