"""Vectors and texts for benchmarks: those of real films, and any number of synthetic ones."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import Catalogue
from pipeline.schemas.mining import EMBEDDINGS, POINTS
from pipeline.schemas.partitions import partition_count
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors, matrix_of

__all__ = [
    "NOISE",
    "draw_films",
    "draw_vectors",
    "enlarge",
    "partition_sizes",
    "real_texts",
    "real_vectors",
    "synthetic_texts",
]

NOISE = 0.8  # length of the random vector that is added to a unit vector


def real_vectors(release: Path | None, *, quick: bool = False) -> np.ndarray:
    """Return the vectors of real films.

    Parameters
    ----------
    release : Path, optional
        Folder of a release; None for the overviews of the bundled sample.
    quick : bool
        Only two hundred films of the sample.

    Returns
    -------
    ndarray of shape (n_films, dim), float32
        Vectors of unit length.
    """
    if release is not None:
        return matrix_of(pq.read_table(release / "embeddings.parquet", columns=["vector"]))
    # imported here: the process of a contender reads vectors from a file, without a model
    from pipeline.embedding.embed import encode
    from pipeline.embedding.weights import identify
    from pipeline.settings import EmbedSettings

    texts = real_texts(None)
    return encode(texts[:200] if quick else texts, identify(EmbedSettings()))


def real_texts(release: Path | None) -> list[str]:
    """Return the overviews of a release, or of the bundled sample."""
    if release is not None:
        return [str(t) for t in pq.read_table(release / "movies.parquet")["overview"].to_pylist()]
    from pipeline.settings import SourceSettings
    from pipeline.sources import open_source

    chunks = open_source("sample", SourceSettings()).read()
    return [str(t) for t in pa.concat_tables(c.movies for c in chunks)["overview"].to_pylist()]


def synthetic_texts(films: int, seed: int) -> list[str]:
    """Return the overviews of synthetic films."""
    catalogue = Catalogue(films, seed)
    return [str(catalogue.film(number)[0]["overview"]) for number in range(films)]


def enlarge(real: np.ndarray, films: int, seed: int) -> np.ndarray:
    """Return real vectors and noisy copies of them, in random order.

    The noise of a copy is a random vector of length NOISE: a copy is not nearer to its original
    than films of one micro-genre are to each other.

    Parameters
    ----------
    real : ndarray of shape (n_real, dim), float32
        Vectors of unit length.
    films : int
        Number of vectors to return.
    seed : int
        Seed of noise and order.

    Returns
    -------
    ndarray of shape (films, dim), float32
        Vectors of unit length.
    """
    rng = np.random.default_rng(seed)
    vectors = np.empty((films, real.shape[1]), np.float32)
    for start in range(0, films, len(real)):
        part = real[: films - start]
        vectors[start : start + len(part)] = _add_noise(part, rng) if start else part
    rng.shuffle(vectors)
    return vectors


def partition_sizes(films: int) -> list[int]:
    """Return the number of films of each partition of a catalogue of that size."""
    partitions = partition_count(films)
    each, more = divmod(films, partitions)
    return [each + (number < more) for number in range(partitions)]


def draw_vectors(real: np.ndarray, films: int, seed: int, partition: int) -> np.ndarray:
    """Draw the vectors of one partition: random real ones, each with noise as in `enlarge`.

    All vectors have noise, so that catalogues of any size have the same distribution. A partition
    does not depend on others, so each is drawn on the worker that needs it.

    Parameters
    ----------
    real : ndarray of shape (n_real, dim), float32
        Vectors of unit length.
    films : int
        Number of films of the partition.
    seed : int
        Seed of the catalogue.
    partition : int
        Number of the partition.

    Returns
    -------
    ndarray of shape (films, dim), float32
        Vectors of unit length.
    """
    rng = np.random.default_rng((seed, partition))
    return _add_noise(real[rng.integers(len(real), size=films)], rng)


@stage("vectors", inputs=("real",), outputs=("embeddings", "points"))
def draw_films(
    real: pa.Table, seed: int, partition: int, first: int, films: int
) -> dict[str, pa.Table]:
    """Draw the films of one partition, see `draw_vectors`.

    Parameters
    ----------
    real : Table
        Column `vector`.
    seed, partition, films : int
        See `draw_vectors`.
    first : int
        Number of the first film in its id.

    Returns
    -------
    dict of str to Table
        "embeddings": EMBEDDINGS and "points": POINTS, of the same films and vectors.
    """
    vectors = draw_vectors(matrix_of(real), films, seed, partition)
    ids = [f"syn-{number:08d}" for number in range(first, first + films)]
    hashes = [sha256(movie_id.encode()).hexdigest() for movie_id in ids]  # all texts are distinct
    columns = [ids, hashes, ["drawn"] * films, column_of_vectors(vectors, "float16")]
    dim = vectors.shape[1]
    return {
        "embeddings": pa.table(columns, schema=EMBEDDINGS(dim)),
        "points": pa.table([ids, column_of_vectors(vectors)], schema=POINTS(dim)),
    }


def _add_noise(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(vectors.shape, np.float32)
    noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
    noisy = vectors + noise
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    return noisy
