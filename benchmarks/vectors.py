"""Vectors and texts to measure with: those of real films, and as many more as are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.films import Catalogue
from pipeline.vectors import matrix_of

__all__ = ["JITTER", "many", "real_texts", "real_vectors", "synthetic_texts"]

JITTER = 0.8  # length of the random vector that is added to a unit vector


def real_vectors(release: Path | None, *, quick: bool = False) -> np.ndarray:
    """(films, dim) float32 of unit length: a release's, or those of the sample's overviews.

    `quick` takes two hundred of the latter.
    """
    if release is not None:
        return matrix_of(pq.read_table(release / "embeddings.parquet", columns=["vector"]))
    # here, since a contender's process takes vectors from a file and needs no model
    from pipeline.embed import encode
    from pipeline.model import identify
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
        if start:
            noise = rng.standard_normal(part.shape, np.float32)
            noise *= JITTER / np.linalg.norm(noise, axis=1, keepdims=True)
            part = part + noise
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        found[start : start + len(part)] = part
    rng.shuffle(found)
    return found
