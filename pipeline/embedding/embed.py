"""Texts to unit vectors: each distinct text once, in batches of equal length.

The batches are a function of the texts alone, so the same texts give the same bytes on a machine,
whichever worker encodes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from pipeline.embedding.bert_loader import ModelFiles, read_files
from pipeline.embedding.weights import ModelIdentity, here, load
from pipeline.errors import ModelError
from pipeline.schemas.mining import EMBEDDINGS, vector_type
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings

__all__ = ["VECTORS", "attach", "embed", "embed_phrases", "encode", "lend", "warm"]

_GPU_BATCH = 256
_LEAN = 8  # a lean try takes batches so many times smaller


def VECTORS(dim: int, dtype: str = "float16") -> pa.Schema:  # noqa: N802
    """One unit vector per distinct text."""
    return pa.schema([("text_hash", pa.string()), ("vector", vector_type(dim, dtype))])


@stage("embed", version=2, inputs=("texts",), outputs=("vectors",))
def embed(
    texts: pa.Table,
    settings: EmbedSettings,
    revision: str,
    dtype: str,
    skip: Sequence[str] = (),
    lean: bool = False,
) -> dict[str, pa.Table]:
    """Encode the distinct texts of one partition.

    Parameters
    ----------
    texts : columns `text` and `text_hash`, in any order.
    revision, dtype : of the run's model, so that every worker computes alike.
    skip : hashes that another partition encodes.
    lean : take less memory and more time.

    Returns
    -------
    {"vectors": VECTORS}, sorted by text_hash; unit length before they are rounded to
    `settings.vector_dtype`.
    """
    left = dict(
        zip(texts.column("text_hash").to_pylist(), texts.column("text").to_pylist(), strict=True)
    )
    for text_hash in skip:
        left.pop(text_hash, None)
    hashes = sorted(left)
    identity = here(settings, revision, dtype)
    wanted = [left[text_hash] for text_hash in hashes]
    vectors = encode(wanted, identity, settings.batch_tokens, lean=lean)
    schema = VECTORS(vectors.shape[1], settings.vector_dtype)
    columns = [pa.array(hashes, pa.string()), column_of_vectors(vectors, settings.vector_dtype)]
    return {"vectors": pa.table(columns, schema=schema)}


@stage("phrase-vectors", inputs=("phrases",), outputs=("vectors",))
def embed_phrases(
    phrases: pa.Table, settings: EmbedSettings, revision: str, dtype: str, lean: bool = False
) -> dict[str, pa.Table]:
    """Encode short phrases: {"vectors": term, vector}, in the order of the column `term`."""
    terms = phrases.column("term")
    identity = here(settings, revision, dtype)
    vectors = encode(terms.to_pylist(), identity, settings.batch_tokens, lean=lean)
    columns = [terms.combine_chunks(), column_of_vectors(vectors, "float16")]
    return {"vectors": pa.table(columns, names=["term", "vector"])}


@stage(
    "lent-vectors", version=2, inputs=("vectors", "wanted"), outputs=("g*",), streamed=("vectors",)
)
def lend(vectors: Iterable[pa.Table], wanted: pa.Table) -> dict[str, pa.Table]:
    """The vectors of texts that others want, out of those of many, for each who wants some.

    Parameters
    ----------
    vectors : VECTORS part by part; one part is in memory beside what is lent.
    wanted : columns `text_hash`, each in one of the parts, and `borrower`, a name.

    Returns
    -------
    {borrower: VECTORS}, sorted by text_hash.
    """
    asked = wanted.column("text_hash").unique()
    found = [part.filter(pc.is_in(part.column("text_hash"), value_set=asked)) for part in vectors]
    lent = pa.concat_tables(found).sort_by("text_hash")
    return {
        borrower: lent.filter(
            pc.is_in(
                lent.column("text_hash"),
                value_set=wanted.filter(pc.equal(wanted["borrower"], borrower))["text_hash"],
            )
        ).combine_chunks()
        for borrower in sorted(wanted.column("borrower").unique().to_pylist())
    }


@stage("embeddings", inputs=("features", "vectors"), outputs=("embeddings",))
def attach(
    features: pa.Table, vectors: pa.Table, settings: EmbedSettings, revision: str
) -> dict[str, pa.Table]:
    """Give each film of one partition the vector of its text.

    Parameters
    ----------
    vectors : VECTORS that hold every text of the partition, this one's and others'.

    Returns
    -------
    {"embeddings": EMBEDDINGS} in the order of `features`.
    """
    row_of = {text: row for row, text in enumerate(vectors.column("text_hash").to_pylist())}
    hashes = features.column("text_hash")
    rows = np.array([row_of[text_hash] for text_hash in hashes.to_pylist()], np.int64)
    matrix = matrix_of(vectors)
    columns = [
        features.column("movie_id").combine_chunks(),
        hashes.combine_chunks(),
        pa.array([revision] * len(rows), pa.string()),
        column_of_vectors(matrix[rows], settings.vector_dtype),
    ]
    schema = EMBEDDINGS(matrix.shape[1], settings.vector_dtype)
    return {"embeddings": pa.table(columns, schema=schema)}


def encode(
    texts: Sequence[str], identity: ModelIdentity, batch_tokens: int = 4_096, *, lean: bool = False
) -> np.ndarray:
    """Unit vectors of texts, (len(texts), dim) float32, in the order of the texts.

    Raises
    ------
    ModelError
        when the model gives a vector that is not finite.
    MemoryError
        when the machine or its GPU has not enough of it; `lean` takes less.
    """
    with _memory_told():
        vectors = _vectors(texts, identity, batch_tokens, _LEAN if lean else 1)
    if not np.isfinite(vectors).all():
        raise ModelError(f"model {identity.name!r} gave a vector that is not finite")
    return vectors


def _vectors(
    texts: Sequence[str], identity: ModelIdentity, batch_tokens: int, smaller: int
) -> np.ndarray:
    own = read_files(identity)
    if own is not None:
        return _encode_packed(own, texts, batch_tokens // smaller)
    model = load(identity)
    vectors = np.empty((len(texts), int(model.get_embedding_dimension() or 0)), np.float32)
    order = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), texts[i]))
    if order:
        found = model.encode(
            [texts[i] for i in order],
            batch_size=(_GPU_BATCH if identity.device == "cuda" else 32) // smaller,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        vectors[order] = np.asarray(found, np.float32)
    return vectors


@contextmanager
def _memory_told() -> Iterator[None]:
    """PyTorch's ways to say that there is no memory left, as a MemoryError."""
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate" not in str(error):
            raise
        torch.cuda.empty_cache()  # does nothing where there is no GPU
        raise MemoryError(str(error)) from error


def warm(settings: EmbedSettings, revision: str, dtype: str) -> None:
    """Load the model in this process, before anything is timed."""
    encode(["a film"], here(settings, revision, dtype))


def _encode_packed(own: ModelFiles, texts: Sequence[str], batch_tokens: int) -> np.ndarray:
    vectors = np.empty((len(texts), own.packed.dim), np.float32)
    tokens = [found.ids for found in own.tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(texts)), key=lambda i: (len(tokens[i]), texts[i]))
    for rows in _batches([len(tokens[i]) for i in order], batch_tokens):
        chosen = order[rows]
        vectors[chosen] = own.packed.encode([tokens[i] for i in chosen]).numpy()
    return vectors


def _batches(lengths: Sequence[int], batch_tokens: int) -> Iterator[slice]:
    """Consecutive slices whose lengths add up to about `batch_tokens`, or hold one text.

    The tokens are shared out evenly, so that no batch is left with a few texts.
    """
    if not lengths:
        return
    ends = np.cumsum(lengths)
    count = max(1, round(int(ends[-1]) / batch_tokens))
    cuts = np.searchsorted(ends, np.linspace(0, ends[-1], count + 1)[1:-1])
    for start, end in pairwise([0, *cuts.tolist(), len(lengths)]):
        if end > start:
            yield slice(start, end)
