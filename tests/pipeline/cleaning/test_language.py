"""Languages of overviews, and the figures of the films of each language."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest

from pipeline.cleaning.language import (
    detect_languages,
    fit_by_language,
    foreign_share,
    language_name,
)
from pipeline.schemas.lineage import LANGUAGES
from tests.support.cases import case

OVERVIEWS = {
    "1": "A retired detective returns to the city to find the man who killed his partner.",
    "2": "Ein junger Mann kehrt nach dem Krieg in sein Dorf zurück und findet nichts mehr vor.",
    "3": "Deux enfants partent à la recherche de leur père dans les rues de Paris.",
    "4": "Xq zz.",
}


def test_languages_are_detected_and_short_texts_are_unknown() -> None:
    movies = pa.table({"movie_id": list(OVERVIEWS), "overview": list(OVERVIEWS.values())})
    languages = detect_languages(movies)["languages"]
    assert languages.schema == LANGUAGES
    assert languages["movie_id"].to_pylist() == list(OVERVIEWS)
    assert languages["text_language"].to_pylist() == ["en", "de", "fr", None]
    confidence = languages.column(languages.schema.names[2]).to_pylist()
    assert min(confidence[:3]) >= 0.65 > confidence[3]


def test_figures_are_by_language_whatever_the_order_of_the_tables() -> None:
    movies = pa.table(
        {
            "movie_id": ["1", "2", "3", "4"],
            "similarity": pa.array([0.5, 0.75, 0.25, 1.0], pa.float32()),
            "margin": pa.array([0.5, None, 0.25, None], pa.float32()),
            "weak": [False, False, True, False],
        }
    )
    languages = pa.table(
        [["4", "3", "2", "1"], [None, "en", "de", "en"], [0.1, 0.9, 0.9, 0.9]], schema=LANGUAGES
    )
    english, unknown, german = fit_by_language(movies, languages)
    assert english == {
        "language": "en",
        "films": 2,
        "share": 0.5,
        "mean_similarity": pytest.approx(0.375),
        "mean_margin": pytest.approx(0.375),
        "weak_share": 0.5,
    }
    assert (unknown["language"], unknown["films"], unknown["mean_margin"]) == (None, 1, None)
    assert (german["language"], german["mean_similarity"]) == ("de", 0.75)


def test_the_most_frequent_language_but_english() -> None:
    def share(*codes: str | None) -> tuple[str | None, float]:
        ids = [str(n) for n in range(len(codes))]
        confidence = [0.9] * len(codes)
        return foreign_share(pa.table([ids, list(codes), confidence], schema=LANGUAGES))

    assert share("de", "de", "de") == ("German", 1.0)
    assert share("en", "fr", "de", "fr") == ("French", 0.5)
    assert share("fr", "de", None, "en") == ("German", 0.25)
    assert share("en", None) == (None, 0.0)
    assert share() == (None, 0.0)
    assert share("xx") == ("xx", 1.0)


def test_case_19_is_german() -> None:
    with case("19-german/films.csv").open(encoding="utf-8", newline="") as file:
        movies = pa.table({"overview": [row["overview"] for row in csv.DictReader(file)]})
    ids = pa.array([str(n) for n in range(len(movies))])
    languages = detect_languages(movies.append_column("movie_id", ids))["languages"]
    assert foreign_share(languages) == ("German", 1.0)


def test_every_two_letter_code_of_the_classifier_has_a_name() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    codes = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert [code for code in codes if len(code) == 2 and language_name(code) == code] == []
