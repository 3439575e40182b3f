"""The words that drove a prediction, found by leaving each one out (occlusion).

Zeiler and Fergus 2014 did so to images; it works for every model alike, whatever is inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pipeline.genres.models.classifier import Classifier

__all__ = ["Encode", "reasons"]

Encode = Callable[[Sequence[str]], np.ndarray]

_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_MOST = 80  # distinct words that are tried
_SMALL = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "i",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "she",
        "so",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "was",
        "were",
        "when",
        "who",
        "whom",
        "whose",
        "will",
        "with",
    }
)


def reasons(
    model: Classifier, text: str, encode: Encode | None = None, most: int = 5
) -> dict[str, list[dict[str, Any]]]:
    """For each genre that the text is given, the words without which it would be less likely.

    Parameters
    ----------
    encode : texts to the miner's vectors, where the model needs them. most : words per genre.

    Returns
    -------
    genre -> [{"word", "weight"}], the weightiest first; `weight` is how far the probability falls
    when all places of the word are left out, above 0.
    """
    words = [
        word
        for word in dict.fromkeys(match[0].lower() for match in _WORD.finditer(text))
        if word not in _SMALL
    ][:_MOST]
    without = [_without(text, word) for word in words]
    asked = [text, *without]
    vectors = encode(asked) if model.needs_vectors and encode is not None else None
    found = model.probabilities(asked, vectors)
    told = model.decided(found[:1])[0]
    falls = found[0] - found[1:]
    answer: dict[str, list[dict[str, Any]]] = {}
    for genre in np.flatnonzero(told):
        order = np.argsort(-falls[:, genre], kind="stable")[:most]
        answer[model.genres[genre]] = [
            {"word": words[place], "weight": float(falls[place, genre])}
            for place in order
            if falls[place, genre] > 0
        ]
    return answer


def _without(text: str, word: str) -> str:
    kept = _WORD.sub(lambda match: "" if match[0].lower() == word else match[0], text)
    return " ".join(kept.split())
