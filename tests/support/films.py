"""Films of the bundled catalogue, taken through the real stages up to their points."""

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

# Rounding differs between machines with bfloat16 and without; these tests are of float32.
EXACT = EmbedSettings(device="cpu", dtype="float32")
THEMES = ("Submarine thrillers", "Courtroom dramas", "Vampires", "Wedding comedies")
PER_THEME = 10


@dataclass(frozen=True)
class Mined:
    """Row by row the same films; `theme` is the editors' answer, which no stage sees."""

    movies: pa.Table
    features: pa.Table
    embeddings: pa.Table
    vocabulary: pa.Table
    theme: np.ndarray

    def rows(self, rows: Sequence[int]) -> tuple[pa.Table, pa.Table, pa.Table]:
        """Movies, features and embeddings of some films, in the order given."""
        chosen = pa.array(rows, pa.int64())
        return self.movies.take(chosen), self.features.take(chosen), self.embeddings.take(chosen)


def exact() -> ModelIdentity:
    """The bundled model in float32 on the CPU."""
    return identify(EXACT)


def table_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Clean movies of rows that say only what matters."""
    return pa.Table.from_pylist(
        [
            {"movie_id": f"m{row:04d}", "title": f"Film {row}", **film}
            for row, film in enumerate(rows)
        ],
        CLEAN_MOVIES,
    )


def features_of(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Features of rows that say only what matters."""
    wanted = [
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
    return pa.Table.from_pylist(wanted, FEATURES)


@cache
def mined() -> Mined:
    """Ten films of each of four themes; every third has no keywords, every other a tagline."""
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
    return through(movies, np.array(theme))


def through(movies: pa.Table, theme: np.ndarray) -> Mined:
    """Clean movies through features and embedding, with the vocabulary of their keywords."""
    identity = exact()
    made = features(movies, FeatureSettings())
    vectors = embed(made["features"], EXACT, identity.revision, identity.dtype)["vectors"]
    embeddings = join_vectors(made["features"], vectors, EXACT, identity.revision)["embeddings"]
    return Mined(movies, made["features"], embeddings, vocabulary(made["keyword_counts"]), theme)


def vocabulary(counts: pa.Table, least: int = 2) -> pa.Table:
    """VOCABULARY of the keywords that at least `least` films share."""
    pairs = zip(*(column.to_pylist() for column in counts.columns), strict=True)
    shared = sorted(((k, n) for k, n in pairs if n >= least), key=lambda item: (-item[1], item[0]))
    found = encode([keyword for keyword, _ in shared], exact())
    columns = [
        pa.array([k for k, _ in shared], pa.string()),
        pa.array([n for _, n in shared], pa.int64()),
        column_of_vectors(found, "float16"),
    ]
    return pa.table(columns, schema=VOCABULARY(found.shape[1]))


def nearest_of_own_theme(points: np.ndarray, theme: np.ndarray) -> float:
    """The share of films whose nearest other film, by cosine, is of their theme."""
    cosine = points @ points.T
    np.fill_diagonal(cosine, -np.inf)
    return float((theme[cosine.argmax(1)] == theme).mean())
