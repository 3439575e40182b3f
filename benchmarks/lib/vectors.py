"""Vectors and texts to measure with: those of real films, and as many more as are asked for."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import Catalogue
from pipeline.schemas.mining import EMBEDDINGS, POINTS
from pipeline.schemas.partitions import partition_count
from pipeline.schemas.vectors import column_of_vectors, matrix_of

__all__ = [
    "JITTER",
    "cut",
    "drawn",
    "drawn_films",
    "many",
    "real_texts",
    "real_vectors",
    "synthetic_texts",
]

JITTER = 0.8  # length of the random vector that is added to a unit vector


def real_vectors(release: Path | None, *, quick: bool = False) -> np.ndarray:
    """(films, dim) float32 of unit length: a release's, or those of the sample's overviews.

    `quick` takes two hundred of the latter.
    """
    if release is not None:
        return matrix_of(pq.read_table(release / "embeddings.parquet", columns=["vector"]))
    # here, since a contender's process takes vectors from a file and needs no model
    from pipeline.embedding.embed import encode
    from pipeline.embedding.weights import identify
    from pipeline.settings import EmbedSettings

    texts = real_texts(None)
    return encode(texts[:200] if quick else texts, identify(EmbedSettings()))


def real_texts(release: Path | None) -> list[str]:
    """Overviews: a release's, or the bundled sample's."""
    if release is not None:
        return [str(t) for t in pq.read_table(release / "movies.parquet")["overview"].to_pylist()]
    from pipeline.settings import SourceSettings
    from pipeline.sources import open_source

    chunks = open_source("sample", SourceSettings()).read()
    return [str(t) for t in pa.concat_tables(c.movies for c in chunks)["overview"].to_pylist()]


def synthetic_texts(films: int, seed: int) -> list[str]:
    """Overviews of synthetic films."""
    catalogue = Catalogue(films, seed)
    return [str(catalogue.film(number)[0]["overview"]) for number in range(films)]


def many(real: np.ndarray, films: int, seed: int) -> np.ndarray:
    """`films` unit vectors in random order: the real ones, then copies of them with noise.

    The noise of a copy is a random vector of length JITTER, so that no copy is nearer to its
    original than films of one micro-genre are to each other.
    """
    rng = np.random.default_rng(seed)
    found = np.empty((films, real.shape[1]), np.float32)
    for start in range(0, films, len(real)):
        part = real[: films - start]
        found[start : start + len(part)] = _noised(part, rng) if start else part
    rng.shuffle(found)
    return found


def cut(films: int) -> list[int]:
    """Films of each partition; there are as many partitions as of a catalogue of that size."""
    partitions = partition_count(films)
    each, more = divmod(films, partitions)
    return [each + (number < more) for number in range(partitions)]


def drawn(real: np.ndarray, films: int, seed: int, partition: int) -> np.ndarray:
    """(films, dim) float32 unit vectors of one partition: real ones at random, each with noise.

    The noise is that of `many`. Here no vector is a real one as it is, so that catalogues of any
    size are alike; and a partition depends on no other, so that each is made where it is needed.
    """
    rng = np.random.default_rng((seed, partition))
    return _noised(real[rng.integers(len(real), size=films)], rng)


def drawn_films(
    real: pa.Table, seed: int, partition: int, first: int, films: int
) -> dict[str, pa.Table]:
    """`drawn` as a stage, numbered on from `first`: {"embeddings": EMBEDDINGS, "points": POINTS}.

    `real` has a column `vector`; both tables hold the same films and vectors, in the same order.
    """
    vectors = drawn(matrix_of(real), films, seed, partition)
    ids = [f"syn-{number:08d}" for number in range(first, first + films)]
    hashes = [sha256(movie_id.encode()).hexdigest() for movie_id in ids]  # no two texts are alike
    columns = [ids, hashes, ["drawn"] * films, column_of_vectors(vectors, "float16")]
    dim = vectors.shape[1]
    return {
        "embeddings": pa.table(columns, schema=EMBEDDINGS(dim)),
        "points": pa.table([ids, column_of_vectors(vectors)], schema=POINTS(dim)),
    }


def _noised(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(vectors.shape, np.float32)
    noise *= JITTER / np.linalg.norm(noise, axis=1, keepdims=True)
    found = vectors + noise
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found
