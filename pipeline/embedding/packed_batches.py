"""Batches of texts of similar length for the packed model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from pipeline.embedding.bert_loader import PackedModel

__all__ = ["encode_packed", "token_batches"]


def encode_packed(model: PackedModel, texts: Sequence[str], batch_tokens: int) -> np.ndarray:
    """Encode texts in batches of similar length.

    Parameters
    ----------
    model : PackedModel
        Encoder and tokenizer.
    texts : sequence of str
        Any texts; what exceeds the model's limit is cut off.
    batch_tokens : int
        Tokens of a batch, about.

    Returns
    -------
    ndarray of shape (len(texts), dim), float32
        Vectors of unit length, in the order of the texts.
    """
    vectors = np.empty((len(texts), model.encoder.dim), np.float32)
    tokens = [encoding.ids for encoding in model.tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda i: (len(tokens[i]), texts[i]))
    for rows in token_batches([len(tokens[i]) for i in order], batch_tokens):
        batch = order[rows]
        vectors[batch] = model.encoder.encode([tokens[i] for i in batch]).numpy()
    return vectors


def token_batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[slice]:
    """Yield consecutive slices with about `batch_tokens` tokens each, or a single text.

    Tokens are divided evenly, so that the last batch is not much smaller than the others.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each text.
    batch_tokens : int
        Tokens of a batch, about.

    Yields
    ------
    slice
        Positions in `lengths`.

    Examples
    --------
    >>> list(token_batches([2, 2, 3, 3], 5))
    [slice(0, 2, None), slice(2, 4, None)]
    """
    if not lengths:
        return
    ends = np.cumsum(lengths)
    count = max(1, round(int(ends[-1]) / batch_tokens))
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], count + 1)[1:-1])
    for start, end in pairwise([0, *cuts.tolist(), len(lengths)]):
        if end > start:
            yield slice(start, end)
