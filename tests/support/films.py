"""Films of the bundled catalogue, with the results of the real stages up to embeddings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.lib.sample_films import sample_rows
from pipeline.embedding.embed import embed, encode, join_vectors
from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.features.text import extract_features
from pipeline.schemas.mining import CLEAN_MOVIES, FEATURES, VOCABULARY
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import EmbedSettings, FeatureSettings

# The results of bfloat16 differ between machines, so tests use float32.
EXACT = EmbedSettings(device="cpu", dtype="float32")
THEMES = ("Submarine thrillers", "Courtroom dramas", "Vampires", "Wedding comedies")
# a search for the films of each theme
QUERIES = (
    "a submarine crew under attack",
    "a lawyer defends an innocent man in court",
    "an undead creature that drinks blood",
    "a wedding where everything goes wrong",
)
PER_THEME = 10


@dataclass(frozen=True)
class Mined:
    """Tables with the same films in the same order; no stage reads the editors' label `theme`."""

    movies: pa.Table
    features: pa.Table
    embeddings: pa.Table
    vocabulary: pa.Table
    theme: np.ndarray

    def rows(self, rows: Sequence[int]) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Return movies, features and embeddings of some films, in the order of `rows`."""
        chosen = pa.array(rows, pa.int64())
        return self.movies.take(chosen), self.features.take(chosen), self.embeddings.take(chosen)


def exact() -> ModelIdentity:
    """Return the bundled model in float32 on the CPU."""
    return identify(EXACT)


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return CLEAN_MOVIES; rows give only the fields that a test needs."""
    return pa.Table.from_pylist(
        [
            {"movie_id": f"m{row:04d}", "title": f"Film {row}", **film}
            for row, film in enumerate(rows)
        ],
        CLEAN_MOVIES,
    )


def features_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return FEATURES; rows give only the fields that a test needs."""
    complete = [
        {
            "movie_id": f"m{row:04d}",
            "text": "",
            "text_hash": hashlib.sha256(film.get("text", "").encode()).hexdigest(),
            "desc_length": len(film.get("text", "")),
            "num_keywords": 0,
            "has_tagline": False,
            "sentiment_score": 0.0,
            **film,
        }
        for row, film in enumerate(rows)
    ]
    return pa.Table.from_pylist(complete, FEATURES)


@cache
def mined() -> Mined:
    """Return ten films of each theme: every third has no keywords, every other a tagline."""
    rows: list[dict[str, Any]] = []
    theme = []
    for number, name in enumerate(THEMES):
        films = [row for row in sample_rows() if row["micro_genre"] == name][:PER_THEME]
        for place, film in enumerate(films):
            keywords = film["keywords"].split("|") if place % 3 else []
            tagline = "Nothing will ever be the same." if place % 2 else None
            rows.append({"overview": film["overview"], "keywords": keywords, "tagline": tagline})
            theme.append(number)
    movies = table_of(rows)
    return run_stages(movies, np.array(theme))


def run_stages(movies: pa.Table, theme: np.ndarray) -> Mined:
    """Run the stages features and embed, and build the vocabulary of the keywords."""
    identity = exact()
    extracted = extract_features(movies, FeatureSettings(mode="full"))
    features = extracted["features"]
    vectors = embed(features, EXACT, identity.revision, identity.dtype)["vectors"]
    embeddings = join_vectors(features, vectors, EXACT, identity.revision)["embeddings"]
    return Mined(movies, features, embeddings, vocabulary(extracted["keyword_counts"]), theme)


def vocabulary(counts: pa.Table) -> pa.Table:
    """Return VOCABULARY of the keywords that at least two films have."""
    pairs = zip(*(column.to_pylist() for column in counts.columns), strict=True)
    shared = sorted(((k, n) for k, n in pairs if n >= 2), key=lambda item: (-item[1], item[0]))
    found = encode([keyword for keyword, _ in shared], exact())
    columns = [
        pa.array([k for k, _ in shared], pa.string()),
        pa.array([n for _, n in shared], pa.int64()),
        column_of_vectors(found, "float16"),
    ]
    return pa.table(columns, schema=VOCABULARY(found.shape[1]))


def nearest_of_own_theme(points: np.ndarray, theme: np.ndarray) -> float:
    """Return the share of films whose nearest other film, by cosine, has the same theme."""
    cosine = points @ points.T
    np.fill_diagonal(cosine, -np.inf)
    return float((theme[cosine.argmax(1)] == theme).mean())
