"""Genre labels of many catalogues and languages, folded to the genres of TMDB."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schemas.words.genre_words import fold_genre, fold_genres, genre_words
from tests.support.cases import case

TMDB = [genre for genre in genre_words().nouns if genre not in ("Musical", "Short", "Sport")]


def test_the_genres_of_tmdb_and_imdb_stay_what_they_are() -> None:
    for genre in (*TMDB, "Biography", "Film-Noir", "Musical", "Sport", "Short"):
        assert fold_genre(genre) == (genre,)
        assert fold_genre(genre.lower()) == (genre,)
        assert fold_genre(genre.upper()) == (genre,)
    assert fold_genre("Sci-Fi") == ("Science Fiction",)


@pytest.mark.parametrize(
    ("label", "genres"),
    [
        # Netflix and other services
        ("Horror Movies", "Horror"),
        ("Crime TV Shows", "Crime"),
        ("Romantic Movies", "Romance"),
        ("TV Dramas", "Drama"),
        ("Dramas", "Drama"),
        ("Comedies", "Comedy"),
        ("Documentaries", "Documentary"),
        ("Docuseries", "Documentary"),
        ("Children & Family Movies", "Family"),
        ("Kids' TV", "Family"),
        ("Anime Features", "Animation"),
        ("Stand-Up Comedy & Talk Shows", "Comedy"),
        ("Sports Movies", "Sport"),
        # joined labels
        ("Sci-Fi & Fantasy", "Science Fiction, Fantasy"),
        ("Action & Adventure", "Action, Adventure"),
        ("War & Politics", "War"),
        ("Crime/Drama", "Crime, Drama"),
        ("Action - Thriller", "Action, Thriller"),
        ("comedy-drama", "Comedy, Drama"),
        ("romantic comedy", "Romance, Comedy"),
        ("psychological thriller", "Thriller"),
        ("Music & Musicals", "Music, Musical"),
        # German
        ("Krimi", "Crime"),
        ("Liebesfilm", "Romance"),
        ("Kriegsfilm", "War"),
        ("Komödie", "Comedy"),
        ("Komodie", "Comedy"),
        ("Actionkomödie", "Action, Comedy"),
        ("Psychothriller", "Thriller"),
        ("Dokumentarfilm", "Documentary"),
        # French, Spanish, Italian, Portuguese
        ("Comédie", "Comedy"),
        ("Comédie dramatique", "Comedy, Drama"),
        ("Comédie musicale", "Musical"),
        ("Film d'horreur", "Horror"),
        ("Film d\u2019aventures", "Adventure"),
        ("Policier", "Crime"),
        ("Ciencia ficción", "Science Fiction"),
        ("Película de terror", "Horror"),
        ("Commedia romantica", "Comedy, Romance"),
        ("fantascienza", "Science Fiction"),
        ("Ficção científica", "Science Fiction"),
        ("Faroeste", "Western"),
        # Russian, Chinese, Japanese, Korean, Hindi
        ("боевик", "Action"),
        ("Мелодрама", "Romance"),
        ("драма, криминал", "Drama, Crime"),
        ("剧情", "Drama"),
        ("爱情", "Romance"),
        ("爱情喜剧片", "Romance, Comedy"),
        ("動作/冒險", "Action, Adventure"),
        ("アクション映画", "Action"),
        ("恋愛", "Romance"),
        ("\uff33\uff26", "Science Fiction"),
        ("공포 영화", "Horror"),
        ("हॉरर", "Horror"),
        ("एक्शन फिल्म", "Action"),
    ],
)
def test_labels_fold_to_genres(label: str, genres: str) -> None:
    assert ", ".join(fold_genre(label)) == genres


@pytest.mark.parametrize(
    "label",
    [
        "Movies",
        "TV Shows",
        "International Movies",
        "Independent Films",
        "British TV Shows",
        "Art House & International",
        "Spielfilm",
        "TV Movie",
        "(no genres listed)",
        "N/A",
        "28",
        "",
        " & ",
    ],
)
def test_labels_that_name_no_genre(label: str) -> None:
    assert fold_genre(label) == ()


@pytest.mark.parametrize(
    ("label", "written"),
    [
        ("kung fu", "Kung Fu"),
        ("MARTIAL ARTS", "Martial Arts"),
        ("Heimatfilm", "Heimatfilm"),
        ("Reality TV", "Reality TV"),
        ("Faith & Spirituality", "Faith & Spirituality"),
    ],
)
def test_other_labels_stay(label: str, written: str) -> None:
    assert fold_genre(label) == (written,)


def test_a_genre_inside_a_longer_label_is_not_its_genre() -> None:
    assert fold_genre("Life during war times") == ("Life During War Times",)


def test_the_cases_have_genres_of_tmdb_only() -> None:
    for name, expected in (
        ("17-genre-words/films.csv", {"Crime", "Horror", "Romance", "War"}),
        ("17-genre-words/lowercase.csv", {"Crime", "Horror", "Romance", "War"}),
        ("19-german/films.csv", {"Crime", "Horror", "Romance", "War", "Comedy", "Science Fiction"}),
    ):
        with case(name).open(encoding="utf-8", newline="") as file:
            labels = {label for row in csv.DictReader(file) for label in row["genres"].split(", ")}
        assert set(fold_genres(labels)) == expected


def test_the_lexicon_names_known_genres_only() -> None:
    lexicon = genre_words()
    known = {*lexicon.nouns, "Biography", "Film-Noir"}
    assert {genre for genres in lexicon.meanings.values() for genre in genres} <= known
    assert lexicon.forms <= set(lexicon.nouns)
    assert all(noun == noun.strip() and noun[0].isupper() for noun in lexicon.nouns.values())


@given(st.text(max_size=40))
def test_any_label_folds_to_distinct_nonempty_genres(label: str) -> None:
    found = fold_genre(label)
    assert all(found) and len(set(found)) == len(found)


@given(st.lists(st.sampled_from(TMDB), min_size=1, max_size=4, unique=True))
def test_joined_genres_are_those_of_the_parts(genres: list[str]) -> None:
    for separator in ("/", " & ", ", ", " | ", " + "):
        assert fold_genre(separator.join(genres)) == tuple(genres)
