"""Explain a prediction by the words without which a genre would be less likely (occlusion).

Zeiler and Fergus 2014 leave out parts of an image; here each word is left out. The method works for
every kind of model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypedDict

import numpy as np

from pipeline.genres.models.classifier import Classifier

__all__ = ["Encode", "Reason", "explain"]

Encode = Callable[[Sequence[str]], np.ndarray]

_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_MOST = 80  # distinct words that are left out in turn
_LISTED = (
    "a an and are as at be been but by for from had has have he her his i in into is it its of on "
    "or she so that the their them they this to was were when who whom whose will with"
)
_STOP_WORDS = frozenset(_LISTED.split())


class Reason(TypedDict):
    """A word, and how much the probability of a genre falls without it, above 0."""

    word: str
    weight: float


def explain(
    model: Classifier, text: str, encode: Encode | None = None, most: int = 5
) -> dict[str, list[Reason]]:
    """Return, for each predicted genre, the words without which it would be less likely.

    Parameters
    ----------
    model : Classifier
        Fitted model.
    text : str
        A composed text.
    encode : callable, optional
        Texts to embeddings, float32 (n_texts, dim), where the model needs them.
    most : int
        Largest number of words per genre.

    Returns
    -------
    dict of str to list of Reason
        Genre to words, the greatest weight first. The weight is the fall of the probability when
        all occurrences of the word are left out.
    """
    words = [
        word
        for word in dict.fromkeys(match[0].lower() for match in _WORD.finditer(text))
        if word not in _STOP_WORDS
    ][:_MOST]
    texts = [text, *(_without(text, word) for word in words)]
    vectors = encode(texts) if model.needs_vectors and encode is not None else None
    probabilities = model.probabilities(texts, vectors)
    given = model.decide(probabilities[:1])[0]
    falls = probabilities[0] - probabilities[1:]
    reasons: dict[str, list[Reason]] = {}
    for genre in np.flatnonzero(given):
        order = np.argsort(-falls[:, genre], kind="stable")[:most]
        reasons[model.genres[genre]] = [
            {"word": words[row], "weight": float(falls[row, genre])}
            for row in order
            if falls[row, genre] > 0
        ]
    return reasons


def _without(text: str, word: str) -> str:
    """Return the text without any occurrence of the word, whatever its case."""
    rest = _WORD.sub(lambda match: "" if match[0].lower() == word else match[0], text)
    return " ".join(rest.split())
