"""Encodes texts to unit vectors: each distinct text once, in batches of similar length.

Batches depend on the texts only, so the same texts give the same bytes on any worker of one kind
of machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.embedding.pieces import select_part
from pipeline.embedding.weights import ModelIdentity, load, local_identity
from pipeline.errors import ModelError
from pipeline.schemas.mining import EMBEDDINGS, vector_type
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings

__all__ = ["VECTORS", "embed", "embed_phrases", "encode", "join_vectors", "share_vectors", "warm"]

_GPU_BATCH, _CPU_BATCH = 256, 32  # texts that the library encodes at a time
_LEAN = 8  # a retry with little memory uses batches of this fraction


def VECTORS(dim: int, dtype: str = "float16") -> pa.Schema:  # noqa: N802
    """Return the schema of one unit vector per distinct text."""
    return pa.schema([("text_hash", pa.string()), ("vector", vector_type(dim, dtype))])


@stage("embed", version=3, inputs=("texts",), outputs=("vectors",))
def embed(
    texts: pa.Table,
    settings: EmbedSettings,
    revision: str,
    dtype: str,
    skip: Sequence[str] = (),
    part: Sequence[int] = (0, 1),
    lean: bool = False,
) -> dict[str, pa.Table]:
    """Encode the distinct texts of one partition, or a part of them.

    Parameters
    ----------
    texts : Table
        Columns `text` and `text_hash`, in any order.
    settings : EmbedSettings
        Settings of the embedding.
    revision, dtype : str
        Of the run's model, so that every worker computes the same.
    skip : sequence of str
        Hashes of texts that another partition encodes.
    part : sequence of int
        Number of the part, from 0, and number of parts; see `pieces.select_part`.
    lean : bool
        Use less memory and more time.

    Returns
    -------
    dict of str to Table
        "vectors": VECTORS, by `text_hash`. Vectors have unit length before they are rounded to
        `settings.vector_dtype`.

    Raises
    ------
    ModelError
        If this machine has other weights, or the model returns a vector that is not finite.
    MemoryError
        If the machine or its GPU runs out of memory.
    """
    text_of = dict(
        zip(texts.column("text_hash").to_pylist(), texts.column("text").to_pylist(), strict=True)
    )
    for text_hash in skip:
        text_of.pop(text_hash, None)
    hashes = sorted(text_of)  # the order of hashes is random, so parts have texts of any length
    distinct = [text_of[text_hash] for text_hash in hashes]
    own = select_part(distinct, *part)
    hashes, distinct = hashes[own], distinct[own]
    identity = local_identity(settings, revision, dtype)
    vectors = encode(distinct, identity, settings.batch_tokens, lean=lean)
    schema = VECTORS(vectors.shape[1], settings.vector_dtype)
    columns = [pa.array(hashes, pa.string()), column_of_vectors(vectors, settings.vector_dtype)]
    return {"vectors": pa.table(columns, schema=schema)}


@stage("phrase-vectors", version=2, inputs=("phrases",), outputs=("vectors",))
def embed_phrases(
    phrases: pa.Table, settings: EmbedSettings, revision: str, dtype: str, lean: bool = False
) -> dict[str, pa.Table]:
    """Encode short phrases.

    Parameters
    ----------
    phrases : Table
        Column `term` (string).
    settings : EmbedSettings
        Settings of the embedding.
    revision, dtype : str
        Of the run's model.
    lean : bool
        Use less memory and more time.

    Returns
    -------
    dict of str to Table
        "vectors": `term` (string) and `vector` (float16, unit length), in the order of `phrases`.
    """
    terms = phrases.column("term")
    identity = local_identity(settings, revision, dtype)
    vectors = encode(terms.to_pylist(), identity, settings.batch_tokens, lean=lean)
    columns = [terms.combine_chunks(), column_of_vectors(vectors, "float16")]
    return {"vectors": pa.table(columns, names=["term", "vector"])}


@stage(
    "lent-vectors", version=2, inputs=("vectors", "wanted"), outputs=("g*",), streamed=("vectors",)
)
def share_vectors(vectors: Iterable[pa.Table], wanted: pa.Table) -> dict[str, pa.Table]:
    """Select the vectors of texts that one partition encodes and other partitions contain too.

    Parameters
    ----------
    vectors : iterable of Table
        VECTORS of the partitions that encode the texts; one of them is in memory at a time.
    wanted : Table
        Columns `text_hash`, and `borrower`: the name of a group of partitions that needs it.

    Returns
    -------
    dict of str to Table
        For each borrower VECTORS, by `text_hash`.
    """
    hashes = wanted.column("text_hash").unique()
    parts = [part.filter(pc.is_in(part.column("text_hash"), value_set=hashes)) for part in vectors]
    shared = pa.concat_tables(parts).sort_by("text_hash")
    return {
        borrower: shared.filter(
            pc.is_in(
                shared.column("text_hash"),
                value_set=wanted.filter(pc.equal(wanted["borrower"], borrower))["text_hash"],
            )
        ).combine_chunks()
        for borrower in sorted(wanted.column("borrower").unique().to_pylist())
    }


@stage("embeddings", inputs=("features", "vectors"), outputs=("embeddings",))
def join_vectors(
    features: pa.Table, vectors: pa.Table, settings: EmbedSettings, revision: str
) -> dict[str, pa.Table]:
    """Join each film of one partition with the vector of its text.

    Parameters
    ----------
    features : Table
        FEATURES of the films.
    vectors : Table
        VECTORS of every text of the partition, whichever partition encodes it.
    settings : EmbedSettings
        `vector_dtype` of the result.
    revision : str
        Revision of the run's model.

    Returns
    -------
    dict of str to Table
        "embeddings": EMBEDDINGS, in the order of `features`.
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
    """Encode texts.

    Parameters
    ----------
    texts : sequence of str
        Any texts; what exceeds the model's limit is cut off.
    identity : ModelIdentity
        The model.
    batch_tokens : int
        Tokens of a batch, about.
    lean : bool
        Use less memory and more time.

    Returns
    -------
    ndarray of shape (len(texts), dim), float32
        Vectors of unit length, in the order of the texts.

    Raises
    ------
    ModelError
        If the model returns a vector that is not finite.
    MemoryError
        If the machine or its GPU runs out of memory; with `lean` it needs less.
    """
    with _raise_memory_error():
        vectors = _vectors(texts, identity, batch_tokens, _LEAN if lean else 1)
    if not np.isfinite(vectors).all():
        raise ModelError(
            f"model {identity.name!r} gave a vector that is not finite; install it again, "
            "or choose another one"
        )
    return vectors


def _vectors(
    texts: Sequence[str], identity: ModelIdentity, batch_tokens: int, divisor: int
) -> np.ndarray:
    """Encode with the packed model if there is one, else with the library."""
    # both import PyTorch, which the driver of a run does not need
    from pipeline.embedding.bert_loader import load_packed_model
    from pipeline.embedding.packed_batches import encode_packed

    packed = load_packed_model(identity)
    if packed is not None:
        return encode_packed(packed, texts, batch_tokens // divisor)
    model = load(identity)
    vectors = np.empty((len(texts), int(model.get_embedding_dimension() or 0)), np.float32)
    order = sorted(range(len(texts)), key=lambda i: (-len(texts[i]), texts[i]))
    if order:
        encoded = model.encode(
            [texts[i] for i in order],
            batch_size=(_GPU_BATCH if identity.device == "cuda" else _CPU_BATCH) // divisor,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        vectors[order] = np.asarray(encoded, np.float32)
    return vectors


@contextmanager
def _raise_memory_error() -> Iterator[None]:
    """Raise a MemoryError if PyTorch runs out of memory."""
    try:
        yield
    except RuntimeError as error:
        import torch

        from pipeline.embedding.torch_internals import is_out_of_memory

        if not is_out_of_memory(error):
            raise
        torch.cuda.empty_cache()  # does nothing without a GPU
        raise MemoryError(str(error)) from error


def warm(settings: EmbedSettings, revision: str, dtype: str) -> None:
    """Load the model into this process, so that no stage's time contains the loading."""
    encode(["a film"], local_identity(settings, revision, dtype))
