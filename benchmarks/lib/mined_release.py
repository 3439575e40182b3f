"""Build a release of the bundled sample in seconds, without a cluster.

All tables come from the stages. The micro-genres of the editors replace clusters and names, and the
model has a few kilobytes of random weights.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.sample_films import sample_rows
from pipeline import label
from pipeline.cleaning import profile as quality
from pipeline.cleaning.clean import clean
from pipeline.cleaning.language import detect_languages
from pipeline.embedding.embed import embed, embed_phrases, join_vectors
from pipeline.embedding.weights import identify
from pipeline.features import space
from pipeline.features.fit_space import fit_space
from pipeline.features.text import extract_features
from pipeline.fileio.atomic import write_bytes
from pipeline.fileio.parquet import write_table
from pipeline.inference.placement import assign_to_release, cluster_means
from pipeline.ingest.row_hash import hash_rows
from pipeline.lineage.matching import empty_match, lineage_table
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.search import nearest_films
from pipeline.publish import tables as publish
from pipeline.report.figures import assemble, fit_map, place_on_map
from pipeline.schemas.lineage import BASELINE, LINEAGE, ROWS
from pipeline.schemas.mining import CENTROIDS, MOVIES, VOCABULARY
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings, Settings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore
from pipeline.taxonomy import micro_genre_ids
from pipeline.update.drift import keyword_uses

__all__ = ["catalogue", "mined_release", "settings_of", "write_catalogue"]

_FAMILY = 4  # micro-genres in a family
_ROUNDS = 12


@cache
def catalogue() -> pa.Table:
    """Return the rows of the sample, as MOVIES."""
    chunks = open_source("sample", Settings().source).read()
    return pa.concat_tables([chunk.movies for chunk in chunks]).combine_chunks()


def write_catalogue(path: Path, rows: pa.Table) -> str:
    """Write rows of MOVIES as a file; return its name as a source, `files:PATH`."""
    columns = [name for name in MOVIES.names if name not in ("source", "row")]
    pq.write_table(rows.select(columns), path)
    return f"files:{path}"


def settings_of(model: Path) -> Settings:
    """Return settings with the small model, in float32 on the CPU."""
    own = EmbedSettings(model=str(model), device="cpu", dtype="float32")
    return Settings(embed=own)


def mined_release(root: Path, model: Path, rows: pa.Table | None = None) -> Path:
    """Commit the release.

    Parameters
    ----------
    root : Path
        Output folder.
    model : Path
        Folder of the small model.
    rows : Table of MOVIES, optional
        The catalogue; None for the whole sample.

    Returns
    -------
    Path
        Folder of the release.
    """
    settings = settings_of(model)
    identity = identify(settings.embed)
    raw = catalogue() if rows is None else rows
    cleaned = clean(raw, settings.clean)
    partition = partition_ids(cleaned["movies"]["movie_id"], partition_count(len(raw)))
    ids = np.array(cleaned["movies"]["movie_id"].to_pylist(), object)
    movies = cleaned["movies"].take(pa.array(np.lexsort((ids, partition))))
    extracted = extract_features(movies, settings.features)
    features = extracted["features"]
    vectors = embed(features, settings.embed, identity.revision, identity.dtype)["vectors"]
    embeddings = join_vectors(features, vectors, settings.embed, identity.revision)["embeddings"]
    vocabulary = _vocabulary(extracted["keyword_counts"], settings, identity)
    languages = detect_languages(movies)["languages"]
    fitted = fit_space(movies, features, embeddings, vocabulary, settings.features, languages)
    points = matrix_of(
        space.place(
            movies,
            features,
            embeddings,
            vocabulary,
            fitted["space"],
            settings.features,
            languages=languages,
        )["points"]
    )
    names, truth = _themes(movies)
    cluster = truth
    for _ in range(_ROUNDS):  # until each centroid is the mean of its films, as after a mining
        centroids = cluster_means(points, cluster, len(names)).astype(np.float32)
        first = assign_to_release(movies["movie_id"], points, centroids, -1.0)
        cluster = first["cluster"].to_numpy()
    weak_below = float(np.quantile(first["similarity"].to_numpy(), 0.05, method="lower"))
    assignments = assign_to_release(movies["movie_id"], points, centroids, weak_below)
    drawn = fit_map(points, centroids, assignments["cluster"].to_numpy(), settings.seed)
    means = label.cluster_text_means(embeddings, assignments, len(names))
    labels = _labels(names, movies, truth)
    genres = publish.micro_genres(movies, assignments, labels, means)
    places = place_on_map(points, centroids, assignments["cluster"].to_numpy(), drawn)
    index = build_index(embeddings, settings.neighbours, len(embeddings))["index"]
    near = nearest_films(embeddings, embeddings.select(["movie_id"]), index, settings.neighbours)[
        "neighbours"
    ]
    own = [(row["micro_genre_id"], row["micro_genre_name"]) for row in labels]
    match = empty_match(len(own))
    tables = {
        "movies": publish.released_movies(movies, assignments, genres, places),
        "micro_genres": genres,
        "families": publish.families(genres, {}),
        "neighbours": near.sort_by([("movie_id", "ascending"), ("rank", "ascending")]),
        "embeddings": embeddings,
        "rejects": cleaned["rejects"],
        "centroids": pa.table(
            [pa.array(range(len(names)), pa.int32()), column_of_vectors(centroids)],
            schema=CENTROIDS(centroids.shape[1]),
        ),
        "space": fitted["space"],
        "vocabulary": vocabulary,
        "map": space.arrays_to_table(drawn),
        "rows": hash_rows(raw)["rows"].sort_by([(n, "ascending") for n in ROWS.names]),
        "languages": languages.sort_by("movie_id"),
        "baseline": assignments.select(BASELINE.names).sort_by(
            [(n, "ascending") for n in BASELINE.names]
        ),
        "lineage": lineage_table(match, [], own, LINEAGE.empty_table(), 0, settings.identity),
    }
    return _committed(root, tables, index, settings, identity, cleaned["profile"], weak_below)


def _committed(
    root: Path,
    tables: dict[str, pa.Table],
    index: pa.Table,
    settings: Settings,
    identity: Any,
    profile: pa.Table,
    weak_below: float,
) -> Path:
    store = ReleaseStore(root)
    attempt = store.begin("mined")
    for name, table in tables.items():
        write_table(attempt / f"{name}.parquet", table)
    write_bytes(attempt / "index.faiss", b"".join(index_bytes(index)))
    released, rejected = len(tables["movies"]), len(tables["rejects"])
    counts = {"rows_in": released + rejected, "released": released, "rejected": rejected}
    reasons: dict[str, int] = {}
    for reason in tables["rejects"]["reason"].to_pylist():
        reasons[reason] = reasons.get(reason, 0) + 1
    report = assemble(
        {
            "release_id": "mined",
            "counts": counts,
            "data_quality": quality.combine([profile], reasons, released + rejected),
            "k": {"chosen": len(tables["micro_genres"]), "rule": "the editors'", "curve": []},
            "clusters": {},
            "names": {},
            "comparison": [],
            "neighbours": {"index": "flat", "recall_at_10": 1.0, "count": 10},
            "embedding": {"model": identity.name},
        }
    )
    write_bytes(attempt / "report.json", json.dumps(report).encode())
    manifest = {
        "release_id": "mined",
        "schema_version": 1,
        "kind": "mined",
        "parent": None,
        "generation": 0,
        "created_at": "2026-01-01T00:00:00+00:00",
        "counts": counts,
        "keyword_uses": keyword_uses([tables["movies"]], tables["vocabulary"]),
        "settings": settings.model_dump(mode="json", exclude={"serve", "log"}),
        "weak_below": weak_below,
        "model": {
            "name": identity.name,
            "revision": identity.revision,
            "dtype": identity.dtype,
            "device": identity.device,
        },
        "sources": [],
    }
    return store.commit(attempt, "mined", manifest)


def _vocabulary(counts: pa.Table, settings: Settings, identity: Any) -> pa.Table:
    pairs = zip(*(column.to_pylist() for column in counts.columns), strict=True)
    shared = sorted(((k, n) for k, n in pairs if n >= 2), key=lambda item: (-item[1], item[0]))
    phrases = pa.table({"term": [keyword for keyword, _ in shared]})
    embedded = embed_phrases(phrases, settings.embed, identity.revision, identity.dtype)["vectors"]
    vectors = matrix_of(embedded)
    columns = [
        [k for k, _ in shared],
        [n for _, n in shared],
        column_of_vectors(vectors, "float16"),
    ]
    return pa.table(columns, schema=VOCABULARY(vectors.shape[1]))


def _themes(movies: pa.Table) -> tuple[list[str], np.ndarray]:
    """Return the names of the editors' micro-genres, and the number of each film's, (n_films,)."""
    # by title too: other catalogues contain films of the sample under other ids
    theme = {
        row[name]: row["micro_genre"] for row in sample_rows() for name in ("title", "movie_id")
    }
    pairs = zip(movies["movie_id"].to_pylist(), movies["title"].to_pylist(), strict=True)
    own = [theme.get(movie_id) or theme[title] for movie_id, title in pairs]
    names = sorted(set(own))
    place = {name: number for number, name in enumerate(names)}
    return names, np.array([place[name] for name in own], np.int64)


def _labels(names: list[str], movies: pa.Table, truth: np.ndarray) -> list[dict[str, Any]]:
    keywords: list[list[str]] = [[] for _ in names]
    for own, words in zip(truth.tolist(), movies["keywords"].to_pylist(), strict=True):
        keywords[own] += [word for word in words or [] if word not in keywords[own]]
    return [
        {
            "cluster": number,
            "micro_genre_id": micro_genre_id,
            "micro_genre_name": name,
            "keywords": keywords[number][:5],
            "family": number // _FAMILY,
            "family_name": f"Family {number // _FAMILY}",
        }
        for number, (name, micro_genre_id) in enumerate(
            zip(names, micro_genre_ids(names), strict=True)
        )
    ]
