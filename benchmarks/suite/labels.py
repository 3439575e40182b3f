"""Keywords of the same clusters: ours, KeyBERT for each cluster, and BERTopic.

All contenders get the same films, vectors and clusters. The name of a cluster is its five keywords,
joined; the figures are those of the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import NOISE, Catalogue
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    median_row,
    take_turns,
)
from benchmarks.lib.machine import Watch, find_missing
from pipeline import label
from pipeline.embedding.embed import embed_phrases, encode
from pipeline.embedding.weights import identify, load
from pipeline.schemas.mining import CENTROIDS, RELEASED_MOVIES
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import EmbedSettings, LabelSettings

__all__ = ["BENCH", "load_clustered_films", "ours"]

_SETTINGS = EmbedSettings(device="cpu")
_LABEL = LabelSettings()
_READ = ["movie_id", "cluster", "overview", "tagline", "keywords", "directors", "cast"]


def measure(options: BenchOptions) -> BenchResult:
    """Run ours, KeyBERT and BERTopic in turn, each in a new process."""
    methods: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
        "ours": (ours, ()),
        "KeyBERT, cluster by cluster": (_keybert, ("keybert",)),
        "BERTopic, c-TF-IDF": (_ctfidf, ("bertopic",)),
        "BERTopic, MMR": (_mmr, ("bertopic",)),
        "BERTopic, KeyBERTInspired": (_inspired, ("bertopic",)),
    }
    missing = {name: why for name, (_, needed) in methods.items() if (why := find_missing(*needed))}
    rows: list[Row] = []
    for size in options.sizes:
        films = load_clustered_films(options.release, size, options.seed)
        turns = {
            name: lambda method=method, films=films: options.call(_run_turn, method, films)
            for name, (method, _) in methods.items()
            if name not in missing
        }
        for name, runs in take_turns(
            turns, options.repeats, options.work, f"labels-{size}"
        ).items():
            rows.append({"contender": name, "films": len(films), **median_row(runs)})
    return BenchResult(rows, _figures(rows), missing=missing)


def load_clustered_films(release: Path | None, films: int, seed: int) -> pa.Table:
    """Return films with their clusters: complete clusters of a release, or planted ones.

    Parameters
    ----------
    release : Path, optional
        Folder of a release; None for synthetic films.
    films : int
        The most films, if the first cluster has not more.
    seed : int
        Seed of the synthetic films.

    Returns
    -------
    Table
        Columns of RELEASED_MOVIES; clusters are numbered from 0.
    """
    if release is None:
        planted = [Catalogue(films, seed).film(number) for number in range(films)]
        rows = [
            {name: row.get(name) for name in _READ} | {"cluster": truth["micro_genre"]}
            for row, truth in planted
            if truth["micro_genre"] != NOISE
        ]
        schema = pa.schema([RELEASED_MOVIES.field(name) for name in _READ])
        table = pa.Table.from_pylist(rows, schema)
    else:
        table = pq.read_table(release / "movies.parquet", columns=_READ)
    sizes = Counter(table["cluster"].to_pylist())
    chosen: list[int] = []
    for cluster in sorted(sizes):
        if not chosen or sum(sizes[c] for c in chosen) + sizes[cluster] <= films:
            chosen.append(cluster)
    selected = table.filter(
        pa.compute.is_in(table["cluster"], value_set=pa.array(chosen, pa.int32()))
    )
    numbers = [chosen.index(cluster) for cluster in selected["cluster"].to_pylist()]
    place = selected.schema.get_field_index("cluster")
    return selected.set_column(place, "cluster", pa.array(numbers, pa.int32())).combine_chunks()


def _run_turn(method: Callable[..., list[list[str]]], films: pa.Table) -> Row:
    # imports and weights are loaded before the timing
    for library in ("keybert", "bertopic"):
        if find_missing(library) is None:
            import_module(library)
    load(identify(_SETTINGS))
    texts = films["overview"].to_pylist()
    vectors = encode(texts, identify(_SETTINGS))
    labels = films["cluster"].to_numpy()
    means = _means(vectors, labels)
    with Watch() as watch:
        keywords = method(films, vectors)
    names = [" / ".join(own) for own in keywords]
    held = label.find_terms(films, films, label.term_lists(dict(enumerate(keywords))))
    figures = label.name_figures(
        names, encode(names, identify(_SETTINGS)), means, keywords, held["holdings"]
    )
    return {
        **watch.row,
        "clusters": len(means),
        "seconds_per_cluster": watch.seconds / len(means),
        **{n: figures[n] for n in ("own_centroid_share", "keyword_coverage", "unique_share")},
        "boilerplate": len(figures["boilerplate_keywords"]),
        "example": names[0],
    }


def _means(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    placed = pa.table([pa.array(labels, pa.int32())], names=["cluster"])
    table = pa.table([column_of_vectors(vectors)], names=["vector"])
    return label.cluster_text_means(table, placed, int(labels.max()) + 1)


def ours(films: pa.Table, vectors: np.ndarray) -> list[list[str]]:
    """Return the keywords of each cluster from the stages of the pipeline.

    Parameters
    ----------
    films : Table
        Columns as from `load_clustered_films`.
    vectors : ndarray of shape (n_films, dim), float32
        Text vector of each film, of unit length.
    """
    labels = films["cluster"].to_numpy()
    of_films = label.find_film_terms(films)
    counted = label.count_terms(of_films["terms"], of_films["held"], films)["counts"]
    sizes = np.bincount(labels)
    worded = np.bincount(labels, [bool(k) for k in films["keywords"].to_pylist()])
    groups = pa.array(np.arange(len(sizes)), pa.int32())
    table = pa.table(
        [groups, pa.array(sizes, pa.int64()), pa.array(worded.astype(int), pa.int64())],
        names=["cluster", "films", "keyword_films"],
    )
    found = label.rank_candidates(counted, of_films["words"], table, _LABEL)["candidates"]
    listed: dict[int, list[str]] = {c: [] for c in range(len(sizes))}
    for row in found.select(["cluster", "term"]).to_pylist():
        listed[row["cluster"]].append(row["term"])
    held = label.find_terms(films, films, label.term_lists(listed))["holdings"]
    model = identify(_SETTINGS)
    terms = pa.table([sorted(set(found["term"].to_pylist()))], names=["term"])
    phrases = embed_phrases(terms, _SETTINGS, model.revision, model.dtype)["vectors"]
    means = _means(vectors, labels)
    centroids = pa.table([groups, column_of_vectors(means)], schema=CENTROIDS(means.shape[1]))
    chosen = label.select_keywords(found, phrases, centroids, held, _LABEL)["keywords"].to_pylist()
    return [
        [row["keyword"] for row in chosen if row["chosen"] and row["cluster"] == c]
        for c in range(len(sizes))
    ]


def _keybert(films: pa.Table, _: np.ndarray) -> list[list[str]]:
    """Return KeyBERT keywords of the joined texts of each cluster: one to three words, with MMR."""
    from keybert import KeyBERT

    model = KeyBERT(load(identify(_SETTINGS)))
    return [
        [
            str(term)
            for term, _ in model.extract_keywords(
                text,
                keyphrase_ngram_range=(1, 3),
                stop_words="english",
                use_mmr=True,
                diversity=_LABEL.diversity,
                top_n=_LABEL.keywords,
            )
        ]
        for text in _joined(films)
    ]


def _joined(films: pa.Table) -> list[str]:
    texts: dict[int, list[str]] = {}
    for row in films.select(["cluster", "overview"]).to_pylist():
        texts.setdefault(row["cluster"], []).append(row["overview"])
    return [" ".join(texts[cluster]) for cluster in sorted(texts)]


def _ctfidf(films: pa.Table, vectors: np.ndarray) -> list[list[str]]:
    return _bertopic(films, vectors, None)


def _mmr(films: pa.Table, vectors: np.ndarray) -> list[list[str]]:
    from bertopic.representation import MaximalMarginalRelevance

    return _bertopic(films, vectors, MaximalMarginalRelevance(_LABEL.diversity))


def _inspired(films: pa.Table, vectors: np.ndarray) -> list[list[str]]:
    from bertopic.representation import KeyBERTInspired

    return _bertopic(films, vectors, KeyBERTInspired(random_state=0))


def _bertopic(films: pa.Table, vectors: np.ndarray, representation: Any) -> list[list[str]]:
    """Return the words by which BERTopic describes given clusters."""
    from bertopic import BERTopic
    from bertopic.cluster import BaseCluster
    from bertopic.dimensionality import BaseDimensionalityReduction
    from sklearn.feature_extraction.text import CountVectorizer

    model = BERTopic(
        embedding_model=load(identify(_SETTINGS)),
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        vectorizer_model=CountVectorizer(stop_words="english", ngram_range=(1, 3)),
        representation_model=representation,
    )
    labels: Sequence[int] = films["cluster"].to_pylist()
    topics, _ = model.fit_transform(films["overview"].to_pylist(), vectors, y=labels)
    # BERTopic renumbers topics by size, largest first
    number = {cluster: topic for cluster, topic in zip(labels, topics, strict=True)}
    return [
        [word for word, _ in model.get_topic(number[cluster])[: _LABEL.keywords] if word]
        for cluster in range(max(labels) + 1)
    ]


def _figures(rows: Sequence[Row]) -> dict[str, Any]:
    last = {row["contender"]: row for row in rows}
    mine = last["ours"]
    return {
        "times_faster_than": {
            name: row["seconds"] / mine["seconds"] for name, row in last.items() if name != "ours"
        }
    }


BENCH = Bench(
    name="labels",
    title="Keywords of clusters: time, and figures of the report",
    measure=measure,
    sizes=(600,),
    quick_sizes=(120,),
    columns=(
        "contender",
        "films",
        "clusters",
        "seconds",
        "seconds_per_cluster",
        "own_centroid_share",
        "keyword_coverage",
        "boilerplate",
        "example",
    ),
    plot=Plot("seconds"),
)
