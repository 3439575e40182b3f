"""Estimators and representations against scikit-learn and against the papers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from pipeline.errors import ModelError
from pipeline.genres.models.classifier_chains import _WEIGHT, Chains
from pipeline.genres.models.linear import LinearSvm, Logistic
from pipeline.genres.models.ml_knn import Knn, MlKnn
from pipeline.genres.models.trees import Trees
from pipeline.genres.models.vectorizers import Representation
from pipeline.settings import GenreSettings

SETTINGS = GenreSettings(chains=1, neighbours=5, tree_depth=6, tree_films=3)
TEXTS = ["A crew wakes in space", "A crew, a ship and the sea", "Love in the sea", "Space love"] * 3


@pytest.fixture(scope="module")
def learnt() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors to learn from, their labels, and vectors to predict."""
    chance = np.random.default_rng(5)
    points = chance.normal(size=(240, 6)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    labels = np.stack([points[:, 0] > 0, points[:, 1] + points[:, 0] > 0, points[:, 2] > 0.3], 1)
    return points[:200], labels[:200], points[200:]


def test_tfidf_equals_scikit_learn() -> None:
    settings = GenreSettings(min_term_films=1)
    ours = Representation("tfidf", settings).fit(TEXTS).transform(TEXTS)
    theirs = TfidfVectorizer(ngram_range=(1, 2), strip_accents="unicode", sublinear_tf=True)
    assert sparse.issparse(ours) and ours.dtype == np.float32
    np.testing.assert_allclose(ours.toarray(), theirs.fit_transform(TEXTS).toarray(), atol=1e-6)


def test_tfidf_and_embeddings_are_side_by_side() -> None:
    model = Representation("tfidf+embedding", SETTINGS).fit(TEXTS)
    vectors = np.eye(len(TEXTS), 4, dtype=np.float32)
    both = model.transform(TEXTS, vectors)
    assert both.shape == (len(TEXTS), len(model.state()[1]["terms"]) + 4)
    assert np.asarray(both[1].todense())[0, -4:].argmax() == 1
    with pytest.raises(ModelError, match="vector of each text"):
        model.transform(TEXTS, vectors[:2])
    bag = Representation("bow", SETTINGS).fit(TEXTS).transform(["space space crew"])
    assert len(np.unique(bag.data)) == 1


def test_texts_without_words_are_refused() -> None:
    with pytest.raises(ModelError, match="no words to learn from in 2 texts"):
        Representation("tfidf", SETTINGS).fit(["", "!"])


def test_linear_models_equal_scikit_learn(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    points, labels, queries = learnt
    words = sparse.csr_matrix(points)
    ours = Logistic(SETTINGS)
    ours.fit(words, labels, 3)
    svm = LinearSvm(SETTINGS)
    svm.fit(words, labels, 3)
    for genre in range(labels.shape[1]):
        theirs = LogisticRegression(C=SETTINGS.penalty, solver="liblinear", random_state=3)
        theirs.fit(words, labels[:, genre])
        found = ours.scores(sparse.csr_matrix(queries))[:, genre]
        np.testing.assert_allclose(found, theirs.decision_function(queries), atol=1e-4)
        machine = LinearSVC(C=SETTINGS.svm_penalty, random_state=3, max_iter=20_000)
        machine.fit(words, labels[:, genre])
        found = svm.scores(queries)[:, genre]
        np.testing.assert_allclose(found, machine.decision_function(queries), atol=1e-4)


def test_a_genre_of_all_or_no_films_has_a_constant_score(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    points, labels, queries = learnt
    odd = np.stack([labels[:, 0], np.ones(len(labels), bool), np.zeros(len(labels), bool)], 1)
    for model in (Logistic(SETTINGS), LinearSvm(SETTINGS), Chains(SETTINGS)):
        model.fit(points, odd, 1)
        found = model.scores(queries)
        assert np.isfinite(found).all()
        assert (found[:, 1] > 0).all() and (found[:, 2] < 0).all()


def test_a_chain_reads_the_genres_before_each(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    points, labels, queries = learnt
    model = Chains(SETTINGS)
    model.fit(points, labels, 9)
    order = np.random.default_rng([9, 0]).permutation(3)
    has = np.zeros((len(queries), 3))
    expected = np.zeros((len(queries), 3))
    for place, genre in enumerate(order):
        before = order[:place]
        inputs = np.hstack([points, labels[:, before] * _WEIGHT])
        machine = LinearSVC(C=SETTINGS.svm_penalty, random_state=9, max_iter=20_000)
        machine.fit(inputs, labels[:, genre])
        expected[:, genre] = machine.decision_function(
            np.hstack([queries, has[:, before] * _WEIGHT])
        )
        has[:, genre] = expected[:, genre] > 0
    np.testing.assert_allclose(model.scores(queries), expected, atol=1e-3)
    np.testing.assert_allclose(model.scores(sparse.csr_matrix(queries)), expected, atol=1e-3)


def test_chains_of_an_ensemble_differ_in_order_and_films(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    points, labels, queries = learnt
    several = Chains(GenreSettings(chains=3))
    several.fit(points, labels, 9)
    orders = {tuple(order) for order in several.state()["order"]}
    assert len(orders) > 1
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert np.isfinite(several.scores(queries)).all()


def test_ml_knn_equals_the_paper(learnt: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    points, labels, queries = learnt
    model = MlKnn(SETTINGS)
    model.fit(points, labels, 0)
    k, s, films = SETTINGS.neighbours, SETTINGS.smoothing, len(points)
    nearest = np.argsort(-(points @ points.T - 9 * np.eye(films)), axis=1)[:, :k]
    counts = labels[nearest].sum(1)
    near = np.argsort(-(queries @ points.T), axis=1)[:, :k]
    expected = np.zeros((len(queries), 3))
    for genre in range(3):
        has = labels[:, genre]
        prior = (s + has.sum()) / (2 * s + films)
        for row in range(len(queries)):
            count = int(labels[near[row], genre].sum())
            yes = (s + ((counts[:, genre] == count) & has).sum()) / (s * (k + 1) + has.sum())
            no = (s + ((counts[:, genre] == count) & ~has).sum()) / (s * (k + 1) + (~has).sum())
            expected[row, genre] = prior * yes / (prior * yes + (1 - prior) * no)
    np.testing.assert_allclose(model.posterior(queries), expected, atol=1e-9)


def test_one_neighbour_decides_alone(learnt: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    points, labels, _ = learnt
    model = Knn(GenreSettings(neighbours=1))
    for features in (points, sparse.csr_matrix(points)):
        model.fit(features, labels, 0)
        assert ((model.scores(features) > 0) == labels).all()


def test_unfitted_or_too_few_films_are_an_error() -> None:
    with pytest.raises(ModelError, match="learnt nothing"):
        Knn(SETTINGS).scores(np.eye(3, dtype=np.float32))
    with pytest.raises(ModelError, match="needs two films or more"):
        MlKnn(SETTINGS).fit(np.eye(1, 3, dtype=np.float32), np.ones((1, 2), bool), 0)


@pytest.mark.parametrize("together", [False, True])
def test_trees_equal_scikit_learn(
    learnt: tuple[np.ndarray, np.ndarray, np.ndarray], together: bool
) -> None:
    points, labels, queries = learnt
    model = Trees(SETTINGS, together=together)
    model.fit(points, labels, 4)
    shares = 1 / (1 + np.exp(-model.scores(queries)))
    for genre in range(3):
        theirs = DecisionTreeClassifier(
            criterion="entropy",
            max_depth=6,
            min_samples_leaf=3,
            max_features=6,
            random_state=4 + (0 if together else genre),
        )
        if together:
            expected = theirs.fit(points, labels.astype(int)).predict_proba(queries)[genre][:, 1]
        else:
            expected = theirs.fit(points, labels[:, genre]).predict_proba(queries)[:, 1]
        np.testing.assert_allclose(shares[:, genre], np.clip(expected, 1e-3, 1 - 1e-3), atol=1e-5)
    words = Trees(SETTINGS, together=together)
    words.fit(sparse.csr_matrix(points), labels, 4)
    np.testing.assert_allclose(words.scores(sparse.csr_matrix(queries)), model.scores(queries))
