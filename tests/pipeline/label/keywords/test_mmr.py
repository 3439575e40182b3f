"""MMR: the selection of Carbonell and Goldstein, as KeyBERT computes it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from keybert import KeyBERT
from keybert.backend import BaseEmbedder
from sklearn.metrics.pairwise import cosine_similarity

from pipeline.label.keywords.mmr import select_diverse


def reference(
    centroid: np.ndarray, vectors: np.ndarray, terms: list[str], count: int, diversity: float
) -> list[str]:
    """The formula of the paper, term by term."""
    relevance = cosine_similarity(vectors, centroid[None, :])[:, 0]
    between = cosine_similarity(vectors)
    selected = [int(relevance.argmax())]
    while len(selected) < min(count, len(terms)):
        rest = [i for i in range(len(terms)) if i not in selected]
        merit = [
            (1 - diversity) * relevance[i] - diversity * between[i, selected].max() for i in rest
        ]
        selected.append(rest[int(np.argmax(merit))])
    return [terms[i] for i in sorted(selected, key=lambda i: -round(float(relevance[i]), 4))]


@pytest.mark.parametrize("diversity", [0.0, 0.3, 0.7, 1.0])
def test_selection_is_that_of_the_formula(diversity: float) -> None:
    rng = np.random.default_rng(int(10 * diversity))
    for _ in range(40):
        size, dim = int(rng.integers(1, 12)), int(rng.integers(2, 20))
        vectors = rng.normal(size=(size, dim)).astype(np.float32)
        vectors[rng.random(size) < 0.2] = vectors[0]  # equal terms
        centroid = vectors.mean(0) + rng.normal(size=dim).astype(np.float32)
        terms = [f"Term {n}: of-two words" for n in rng.permutation(size)]
        count = int(rng.integers(1, size + 3))
        found = select_diverse(centroid, vectors, terms, count, diversity)
        assert found == reference(centroid, vectors, terms, count, diversity)
        assert len(found) == min(count, size)


class Embedder(BaseEmbedder):
    """Vectors of words by the letters in them."""

    def embed(self, documents: list[str], verbose: bool = False) -> np.ndarray:
        letters = [[text.count(letter) for letter in "abcdefghij"] for text in documents]
        return np.array(letters, np.float32) + 0.1


def test_selection_is_that_of_keybert_for_a_text() -> None:
    terms = sorted(["cage", "beach", "badge", "jade", "fig", "hedge", "face", "dice"])
    text, embedder = " ".join(terms), Embedder()
    wanted = KeyBERT(embedder).extract_keywords(text, use_mmr=True, diversity=0.6, top_n=4)
    (centroid,), vectors = embedder.embed([text]), embedder.embed(terms)
    assert select_diverse(centroid, vectors, terms, 4, 0.6) == [term for term, _ in wanted]


def test_no_terms_give_none() -> None:
    assert select_diverse(np.ones(2, np.float32), np.zeros((0, 2), np.float32), [], 3, 0.5) == []


def test_a_vector_that_is_not_finite_is_an_error() -> None:
    vectors = np.array([[1, 0], [np.nan, 1]], np.float32)
    with pytest.raises(ValueError, match="not finite"):
        select_diverse(np.ones(2, np.float32), vectors, ["spy", "sea"], 1, 0.5)


def test_nothing_large_is_imported() -> None:
    command = (
        "import sys, numpy as np\n"
        "from pipeline.label.keywords.mmr import select_diverse\n"
        "print(select_diverse(np.ones(2), np.eye(2), ['spy', 'sea'], 1, 0.5))\n"
        "assert not {'torch', 'sentence_transformers', 'keybert'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", command], check=True)
