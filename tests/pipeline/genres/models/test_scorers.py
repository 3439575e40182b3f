"""Every genre model satisfies the contract."""

from __future__ import annotations

import pytest

from tests.support.contracts.genre_contract import GenreContract
from tests.support.genre_films import Divided, divided_films


@pytest.fixture(scope="module")
def divided() -> Divided:
    return divided_films()


class TestLogisticOnWords(GenreContract):
    name = "logistic-bow"


class TestLogisticOnTfidf(GenreContract):
    name = "logistic-tfidf"


class TestLogisticOnVectors(GenreContract):
    name = "logistic-embedding"


class TestSvmOnTfidf(GenreContract):
    name = "svm-tfidf"


class TestSvmOnVectors(GenreContract):
    name = "svm-embedding"


class TestKnnOnWords(GenreContract):
    name = "knn-bow"


class TestKnnOnVectors(GenreContract):
    name = "knn-embedding"


class TestTree(GenreContract):
    name = "tree"


class TestTransformation(GenreContract):
    name = "transformation"


class TestAdaptation(GenreContract):
    name = "adaptation"


class TestMultiLabelTree(GenreContract):
    name = "adaptation-tree"


class TestBlend(GenreContract):
    name = "blend"


class TestTransformer(GenreContract):
    name = "transformer"
