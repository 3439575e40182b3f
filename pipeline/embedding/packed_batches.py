"""Batches of texts of similar length for the packed model, and their way to a GPU and back.

On a CPU, all texts are tokenized first, so that batches hold texts of equal length. On a GPU, whose
work is done before the tokenizer's, threads tokenize the next texts while it computes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from pipeline.embedding.bert_loader import PackedModel
from pipeline.embedding.packed_bert import PackedEncoder

__all__ = [
    "GPU_BATCH_FACTOR",
    "Batch",
    "encode_batches",
    "encode_packed",
    "sorted_batches",
    "stream_batches",
    "token_batches",
]

GPU_BATCH_FACTOR = 24  # a batch on a GPU has this many times the tokens: 98,304 by default

_THREADS = min(4, os.cpu_count() or 1)  # that tokenize; one handles 10,000 to 14,000 texts a second
_SLICE = 256  # texts that a thread tokenizes at a time
_AHEAD = 32  # slices that are tokenized before they are needed: more than a batch

Batch = tuple[list[int], list[Any]]
"""Which texts, and the token ids of each, shortest first."""


def encode_packed(model: PackedModel, texts: Sequence[str], batch_tokens: int) -> np.ndarray:
    """Encode texts in batches of similar length.

    Batches depend on the texts alone, neither on their order nor on the speed of the threads.

    Parameters
    ----------
    model : PackedModel
        Encoder and tokenizer.
    texts : sequence of str
        Any texts; what exceeds the model's limit is cut off.
    batch_tokens : int
        Tokens of a batch on a CPU, about; a GPU gets GPU_BATCH_FACTOR times as many.

    Returns
    -------
    ndarray of shape (len(texts), dim), float32
        Vectors of unit length, in the order of the texts.
    """
    if model.encoder.device.type == "cpu":
        stream = sorted_batches(model, texts, batch_tokens)
    else:
        stream = stream_batches(model, texts, batch_tokens * GPU_BATCH_FACTOR)
    with closing(stream) as batches:  # its threads end, whatever happens to the encoder
        return encode_batches(model.encoder, len(texts), batches)


def encode_batches(encoder: PackedEncoder, texts: int, batches: Iterable[Batch]) -> np.ndarray:
    """Encode batches one after the other, without waiting for a GPU before the last one.

    Parameters
    ----------
    encoder : PackedEncoder
        The encoder.
    texts : int
        Number of texts in all batches.
    batches : iterable of Batch
        Each text once.

    Returns
    -------
    ndarray of shape (texts, dim), float32
        Vectors of unit length, by number of the text.
    """
    on_gpu = encoder.device.type == "cuda"
    # a GPU writes its results to pinned memory while this thread prepares the next batch
    encoded = torch.empty(texts, encoder.dim, pin_memory=on_gpu)
    order: list[int] = []
    for rows, tokens in batches:
        done = len(order)
        order += rows
        encoded[done : len(order)].copy_(encoder.encode(tokens), non_blocking=True)
    if on_gpu:
        torch.cuda.current_stream(encoder.device).synchronize()
    vectors = np.empty((texts, encoder.dim), np.float32)
    vectors[order] = encoded.numpy()
    return vectors


def sorted_batches(
    model: PackedModel, texts: Sequence[str], batch_tokens: int
) -> Generator[Batch, None, None]:
    """Tokenize all texts, then yield batches in order of their number of tokens.

    Parameters
    ----------
    model : PackedModel
        Its tokenizer is used.
    texts : sequence of str
        Any texts.
    batch_tokens : int
        Tokens of a batch, about.

    Yields
    ------
    Batch
    """
    tokens = [encoding.ids for encoding in model.tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda i: (len(tokens[i]), texts[i]))
    for part in token_batches([len(tokens[i]) for i in order], batch_tokens):
        rows = order[part]
        yield rows, [tokens[i] for i in rows]


def stream_batches(
    model: PackedModel, texts: Sequence[str], batch_tokens: int
) -> Generator[Batch, None, None]:
    """Yield batches in order of the length of the texts, while threads tokenize the next ones.

    Parameters
    ----------
    model : PackedModel
        Its tokenizer is used.
    texts : sequence of str
        Any texts.
    batch_tokens : int
        Most tokens of a batch; a longer text is a batch of its own.

    Yields
    ------
    Batch
    """
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), texts[i]))
    batch: list[tuple[int, np.ndarray]] = []
    tokens = 0
    for row, ids in zip(order, _tokenize(model.tokenizer, [texts[i] for i in order]), strict=True):
        if batch and tokens + len(ids) > batch_tokens:
            yield _by_length(batch, texts)
            batch, tokens = [], 0
        batch.append((row, ids))
        tokens += len(ids)
    if batch:
        yield _by_length(batch, texts)


def _by_length(batch: list[tuple[int, np.ndarray]], texts: Sequence[str]) -> Batch:
    """Return a batch in order of the number of tokens, as the encoder needs it."""
    batch.sort(key=lambda one: (len(one[1]), texts[one[0]]))
    return [row for row, _ in batch], [ids for _, ids in batch]


def _tokenize(tokenizer: Any, texts: Sequence[str]) -> Iterator[np.ndarray]:
    """Yield the token ids of each text, int32, in order; threads are some slices ahead."""
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="tokenizer")
    ahead: deque[Future[list[np.ndarray]]] = deque()
    try:
        for start in range(0, len(texts), _SLICE):
            ahead.append(pool.submit(_token_ids, tokenizer, texts[start : start + _SLICE]))
            if len(ahead) > _AHEAD:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _token_ids(tokenizer: Any, texts: Sequence[str]) -> list[np.ndarray]:
    # this function of the library computes no offsets of words, and does not hold Python's lock
    return [np.array(encoding.ids, np.int32) for encoding in tokenizer.encode_batch_fast(texts)]


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
