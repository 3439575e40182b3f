"""Texts, numeric features, keyword counts and TF-IDF."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from pipeline.features.text import (
    KEYWORD_COUNTS,
    compose_text,
    extract_features,
    fit_tfidf,
    normalize_keyword,
    tfidf_vectors,
)
from pipeline.schemas.mining import CLEAN_MOVIES, FEATURES, validate
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import FeatureSettings
from tests.support.cases import case
from tests.support.films import features_of, mined, nearest_of_own_theme, table_of

DEFAULT = FeatureSettings()


def model_of(table: pa.Table) -> dict[str, np.ndarray]:
    return {
        "term": np.array(table["term"].to_pylist(), object),
        "idf": table["idf"].to_numpy(),
        "vector": matrix_of(table),
    }


class TestText:
    def test_each_part_becomes_a_sentence_with_all_its_words(self) -> None:
        text = compose_text("It is not what he was", "Who is it?", ["war", "not him"], DEFAULT)
        assert text == "It is not what he was. Who is it? war, not him."

    @pytest.mark.parametrize("end", [".", "!", "?", "…", '"', ")"])
    def test_a_complete_sentence_gets_no_second_full_stop(self, end: str) -> None:
        assert compose_text(f"The end{end}", None, [], DEFAULT) == f"The end{end}"

    def test_at_most_max_keywords_are_used_in_the_order_of_the_catalogue(self) -> None:
        settings = FeatureSettings(max_keywords=2)
        assert compose_text("A.", None, ["z", "b", "c"], settings) == "A. z, b."

    def test_keywords_can_be_left_out(self) -> None:
        for settings in (FeatureSettings(max_keywords=0), FeatureSettings(use_keywords=False)):
            assert compose_text("A.", "B.", ["z"], settings) == "A. B."

    def test_the_tagline_can_be_left_out(self) -> None:
        assert compose_text("A.", "B.", ["z"], FeatureSettings(use_tagline=False)) == "A. z."

    def test_an_empty_tagline_is_ignored(self) -> None:
        assert compose_text("A.", "", [], DEFAULT) == "A."


class TestNumbers:
    def test_one_row_per_film_in_the_order_given(self) -> None:
        movies = table_of([{"overview": "One film."}, {"overview": "Another film."}]).take([1, 0])
        found = extract_features(movies, DEFAULT)["features"]
        validate(found, FEATURES, name="features")
        assert found["movie_id"].to_pylist() == ["m0001", "m0000"]
        assert found["text"].to_pylist() == ["Another film.", "One film."]

    def test_lengths_and_counts_describe_the_film_not_its_text(self) -> None:
        keywords = [f"k{n}" for n in range(30)]
        rows = [{"overview": "Äß 🎬.", "keywords": keywords, "tagline": "T"}, {"overview": "A."}]
        found = extract_features(table_of(rows), FeatureSettings(max_keywords=3))["features"]
        assert found["desc_length"].to_pylist() == [5, 2]
        assert found["num_keywords"].to_pylist() == [30, 0]
        assert found["has_tagline"].to_pylist() == [True, False]

    def test_sentiment_has_the_sign_of_the_overview(self) -> None:
        rows = [
            {"overview": "A wonderful, happy and beautiful love story with an excellent ending."},
            {"overview": "A horrible, disgusting murder and a terrible, miserable death."},
            {"overview": "Two men carry a table."},
        ]
        full = FeatureSettings(mode="full")
        good, bad, plain = extract_features(table_of(rows), full)["features"][
            "sentiment_score"
        ].to_pylist()
        assert 0.3 < good <= 1
        assert -1 <= bad < -0.3
        assert plain == 0

    def test_sentiment_is_measured_only_where_it_is_used(self) -> None:
        found = extract_features(table_of([{"overview": "A happy end."}]), DEFAULT)["features"]
        assert found["sentiment_score"].to_pylist() == [None]

    def test_equal_texts_have_equal_hashes(self) -> None:
        rows = [{"overview": "Same.", "keywords": k} for k in (["a"], ["a"], ["b"])]
        found = extract_features(table_of(rows), DEFAULT)["features"]
        same, again, other = found["text_hash"].to_pylist()
        assert same == again != other
        assert same == hashlib.sha256(b"Same. a.").hexdigest()

    def test_no_films_give_empty_tables(self) -> None:
        found = extract_features(CLEAN_MOVIES.empty_table(), DEFAULT)
        validate(found["features"], FEATURES, name="features")
        assert found["features"].num_rows == found["keyword_counts"].num_rows == 0


class TestKeywordCounts:
    def test_spelling_is_normalized_and_a_film_counts_once(self) -> None:
        rows = [
            {"overview": "A.", "keywords": ["Cold  War", "cold war", " spy"]},
            {"overview": "B.", "keywords": ["COLD WAR"]},
            {"overview": "C."},
        ]
        counts = extract_features(table_of(rows), DEFAULT)["keyword_counts"]
        validate(counts, KEYWORD_COUNTS, name="keyword_counts")
        assert counts.to_pylist() == [
            {"keyword": "cold war", "films": 2},
            {"keyword": "spy", "films": 1},
        ]
        assert normalize_keyword("  Cold\tWar ") == "cold war"

    def test_partitions_add_up_to_the_whole(self) -> None:
        movies = mined().movies

        def counted(part: pa.Table) -> Counter[str]:
            rows = extract_features(part, DEFAULT)["keyword_counts"].to_pylist()
            return Counter({row["keyword"]: row["films"] for row in rows})

        parts = counted(movies.slice(0, 13)) + counted(movies.slice(13))
        assert parts == counted(movies)
        assert max(parts.values()) > 1


@pytest.fixture(scope="module")
def fitted() -> dict[str, np.ndarray]:
    return model_of(fit_tfidf(mined().features, DEFAULT, 2026)["tfidf"])


class TestTfidf:
    def test_vectors_have_unit_length(self, fitted: dict[str, np.ndarray]) -> None:
        found = tfidf_vectors(mined().features["text"].to_pylist(), fitted)
        assert found.dtype == np.float32
        assert found.shape == (len(mined().features), fitted["vector"].shape[1])
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)

    def test_a_text_of_unknown_words_is_zero(self, fitted: dict[str, np.ndarray]) -> None:
        found = tfidf_vectors(["", "Zxqv wkrp 💥", "مرحبا"], fitted)
        assert not found.any()

    def test_weights_equal_those_of_the_library(self, fitted: dict[str, np.ndarray]) -> None:
        texts = mined().features["text"].to_pylist()
        library = TfidfVectorizer(
            ngram_range=(1, 3), stop_words="english", sublinear_tf=True, min_df=3, max_df=0.5
        )
        weights = library.fit_transform(texts)
        assert library.get_feature_names_out().tolist() == fitted["term"].tolist()
        expected = normalize(weights @ fitted["vector"])
        np.testing.assert_allclose(tfidf_vectors(texts, fitted), expected, atol=1e-5)

    def test_films_of_a_theme_are_near_each_other(self, fitted: dict[str, np.ndarray]) -> None:
        found = tfidf_vectors(mined().features["text"].to_pylist(), fitted)
        assert nearest_of_own_theme(found, mined().theme) >= 0.6  # by chance: 0.23

    def test_terms_have_one_to_three_words(self, fitted: dict[str, np.ndarray]) -> None:
        sizes = {len(term.split()) for term in fitted["term"]}
        assert {1, 2} <= sizes <= {1, 2, 3}

    def test_the_same_films_give_the_same_table(self) -> None:
        first, second = (fit_tfidf(mined().features, DEFAULT, 7)["tfidf"] for _ in range(2))
        assert first.equals(second)

    def test_the_settings_limit_terms_and_components(self) -> None:
        settings = FeatureSettings(tfidf_max_features=20, tfidf_components=5)
        table = fit_tfidf(mined().features, settings, 1)["tfidf"]
        assert table.num_rows == 20
        assert matrix_of(table).shape == (20, 5)

    @pytest.mark.parametrize("films", [1, 2, 3])
    def test_a_catalogue_of_few_films_can_be_fitted(self, films: int) -> None:
        texts = ["A submarine dives deep.", "A judge hears a case.", "A vampire sleeps."]
        table = fit_tfidf(features_of([{"text": t} for t in texts[:films]]), DEFAULT, 1)["tfidf"]
        found = tfidf_vectors(texts[:films], model_of(table))
        assert np.isfinite(found).all()


class TestTfidfWithoutTerms:
    """Texts of stop words only, and limits that leave out every term."""

    def test_texts_of_stop_words_give_no_rows(self) -> None:
        with case("25-stop-words-only/films.csv").open(encoding="utf-8", newline="") as file:
            rows = [{"text": row["overview"]} for row in csv.DictReader(file)]
        table = fit_tfidf(features_of(rows), FeatureSettings(mode="full"), 1)["tfidf"]
        assert (len(table), table.column_names) == (0, ["term", "idf", "vector"])
        assert matrix_of(table).shape == (0, 1)

    def test_limits_that_leave_no_term_give_no_rows(self) -> None:
        texts = [f"A submarine dives to wreck{row}." for row in range(40)]
        settings = FeatureSettings(tfidf_min_films=4, tfidf_max_share=0.2)
        table = fit_tfidf(features_of([{"text": text} for text in texts]), settings, 1)["tfidf"]
        assert len(table) == 0

    def test_texts_without_a_word_give_no_rows(self) -> None:
        films = features_of([{"text": "... !"}, {"text": "\u6218\u4e89\u7247"}])
        assert len(fit_tfidf(features_of([{"text": "... !"}]), DEFAULT, 1)["tfidf"]) == 0
        assert len(fit_tfidf(films, DEFAULT, 1)["tfidf"]) == 1
