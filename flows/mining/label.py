"""The steps from clusters to names: candidates, keywords, names; families through the same code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from flows.mining.choose_names import Level, choose
from flows.mining.cluster import Clusters
from flows.mining.embed import embed_terms
from flows.mining.lineage import Succession, goes_on
from flows.runtime.context import Run
from flows.runtime.tasks import Refs, each, one, step, with_all
from pipeline import label
from pipeline.execution.runner import Piece
from pipeline.lineage.matching import identify_all
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.taxonomy import families_of

__all__ = ["Named", "name_clusters"]

_GROUP = 16  # clusters named in one piece


@dataclass(frozen=True)
class Named:
    """Names of the micro-genres and their families.

    Attributes
    ----------
    labels : for each cluster what `publish.micro_genres` asks for.
    families : keywords of each family.
    text_means : (k, dim) unit means of the text vectors.
    figures : quality of the names, for the report.
    fresh : the names that this mining alone would give; with no release before, those given.
    succession : how the micro-genres go on from the release before.
    """

    labels: list[dict[str, Any]]
    families: dict[int, list[str]]
    text_means: np.ndarray
    figures: dict[str, Any]
    fresh: list[str]
    succession: Succession


@step("name clusters")
def name_clusters(run: Run, movies: Refs, embeddings: Refs, clusters: Clusters) -> Named:
    """Clusters to unique names, keywords and families."""
    pieces = each(("movies", movies), ("assignments", clusters.assignments))
    counted = run.stage(label.count_terms, pieces)
    facts = _facts(run, movies, clusters.assignments)
    summed = run.stage(
        label.text_sums,
        each(("embeddings", embeddings), ("assignments", clusters.assignments)),
        shown=False,
    )
    means = label.text_means(map(run.read, summed.refs("sums")), len(facts))
    succession = goes_on(run, clusters)
    own_level = Level("", pieces, before=succession.names)
    counts = {name: counted.refs(name) for name in ("terms", "words")}
    keywords, names, fresh, margin_vectors = _level(run, own_level, counts, facts, means)

    centroids = run.read(clusters.centroids)
    films = np.array([fact["films"] for fact in facts])
    family = families_of(centroids, films, run.settings.taxonomy)
    above = pa.table({"cluster": pa.array(family, pa.int32())})
    counts["above"] = (run.put("family-of-clusters", "all", above),)
    grouped = _gathered(facts, family)
    weights = np.zeros((len(grouped), means.shape[1]))
    np.add.at(weights, family, means * films[:, None])
    lifted = []
    for piece in pieces:
        assigned = _lifted(run.read(piece.inputs["assignments"]), family)
        put = run.put("family-of-films", piece.key, assigned)
        lifted.append(Piece(piece.key, {**piece.inputs, "assignments": (put,)}))
    level = Level("family-", lifted, joiner="&", taken=tuple(names.values()))
    family_keywords, family_names, _, _ = _level(run, level, counts, grouped, _unit(weights))
    ids = identify_all(
        succession.match,
        succession.ids_before,
        [names[c] for c in range(len(facts))],
        succession.ever,
    )

    labels: list[dict[str, Any]] = [
        {
            "cluster": c,
            "micro_genre_id": identity,
            "micro_genre_name": names[c],
            "keywords": keywords[c],
            "family": int(family[c]),
            "family_name": family_names[int(family[c])],
        }
        for c, identity in enumerate(ids)
    ]
    figures = label.name_figures(
        [row["micro_genre_name"] for row in labels],
        margin_vectors,
        means,
        [row["keywords"] for row in labels],
        _held(run, pieces, keywords, "coverage"),
    )
    spelt = [fresh[c] for c in range(len(facts))]
    return Named(labels, family_keywords, means, figures, spelt, succession)


def _level(
    run: Run,
    level: Level,
    counts: Mapping[str, Refs],
    facts: Sequence[Mapping[str, Any]],
    means: np.ndarray,
) -> tuple[dict[int, list[str]], dict[int, str], dict[int, str], np.ndarray]:
    """Keywords, names, names without regard to those before, and the vectors of the names."""
    section, prefix = run.settings.label, level.prefix
    columns = [[int(fact[n]) for fact in facts] for n in ("films", "keyword_films")]
    groups = list(range(len(facts)))
    sizes = pa.table(
        [pa.array(groups, pa.int32()), *(pa.array(c, pa.int64()) for c in columns)],
        names=["cluster", "films", "keyword_films"],
    )
    ranked = run.stage(
        label.candidates,
        [Piece("all", {**counts, "sizes": (run.put(f"{prefix}sizes", "all", sizes),)})],
        settings=section,
        shown=False,
        name=f"{prefix}candidates",
    )
    candidates = run.read(one(ranked, "candidates"))
    phrases = sorted(set(candidates.column("term").to_pylist()))
    vectors = embed_terms(run, phrases, f"{prefix}phrase-vectors")
    centroids = run.put(
        f"{prefix}text-means",
        "all",
        pa.table(
            [pa.array(groups, pa.int32()), column_of_vectors(means)],
            schema=CENTROIDS(means.shape[1]),
        ),
    )
    listed: dict[int, list[str]] = {group: [] for group in groups}
    for row in candidates.select(["cluster", "term"]).to_pylist():
        listed[row["cluster"]].append(row["term"])
    held = _held(run, level.films, listed, f"{prefix}holdings")
    pieces = []
    for start in range(0, len(groups), _GROUP):
        chosen = pa.array(groups[start : start + _GROUP], pa.int32())
        mask = pa.compute.is_in(candidates.column("cluster"), value_set=chosen)
        part = run.put(
            f"{prefix}candidate-groups", f"g{start:05d}", candidates.filter(mask).combine_chunks()
        )
        own = held.filter(pa.compute.is_in(held.column("cluster"), value_set=chosen))
        kept = run.put(f"{prefix}held-groups", f"g{start:05d}", own.combine_chunks())
        inputs = {
            "candidates": (part,),
            "held": (kept,),
            "phrases": vectors,
            "centroids": (centroids,),
        }
        pieces.append(Piece(f"g{start:05d}", inputs))
    found = run.stage(label.keywords, pieces, settings=section, name=f"{prefix}keywords")
    rows = run.read(found.refs("keywords")).to_pylist()
    keywords: dict[int, list[str]] = {group: [] for group in groups}
    scored: dict[int, list[tuple[str, float, float]]] = {group: [] for group in groups}
    for row in rows:
        scored[row["cluster"]].append((row["keyword"], row["score"], row["contrast"]))
        if row["chosen"]:
            keywords[row["cluster"]].append(row["keyword"])
    names, fresh, vectors_of = choose(run, level, facts, keywords, scored, centroids)
    unknown = np.zeros(means.shape[1], np.float32)
    named = np.array([vectors_of.get(names[group], unknown) for group in groups])
    return keywords, names, fresh, named


def _held(
    run: Run, films: Sequence[Piece], terms: Mapping[int, Sequence[str]], name: str
) -> pa.Table:
    """Which terms of its group each film holds, over all partitions."""
    # a file, since what is sent with every piece stays with the scheduler, in this process
    listed = run.put(f"{name}-terms", "all", label.term_lists(terms))
    pieces = with_all(films, {"terms": (listed,)})
    looked = run.stage(label.holdings, pieces, name=name, shown=False)
    return run.read(looked.refs("holdings"))


def _lifted(assignments: pa.Table, family: np.ndarray) -> pa.Table:
    place = assignments.schema.get_field_index("cluster")
    above = pa.array(family[assignments.column("cluster").to_numpy()], pa.int32())
    return assignments.set_column(place, "cluster", above)


def _facts(run: Run, movies: Refs, assignments: Refs) -> list[dict[str, Any]]:
    """Films, films with keywords, and films by genre, of each cluster."""
    films: Counter[int] = Counter()
    keyworded: Counter[int] = Counter()
    genres: dict[int, Counter[str]] = {}
    for movie_ref, assigned_ref in zip(movies, assignments, strict=True):
        clusters = run.read(assigned_ref, ["cluster"]).column(0).to_pylist()
        for row, cluster in zip(
            run.read(movie_ref, ["keywords", "genres"]).to_pylist(), clusters, strict=True
        ):
            films[cluster] += 1
            keyworded[cluster] += bool(row["keywords"])
            genres.setdefault(cluster, Counter()).update(set(row["genres"] or []))
    k = max(films) + 1
    return [
        {"films": films[c], "keyword_films": keyworded[c], "genres": genres.get(c, Counter())}
        for c in range(k)
    ]


def _gathered(facts: Sequence[Mapping[str, Any]], family: np.ndarray) -> list[dict[str, Any]]:
    gathered: list[dict[str, Any]] = [
        {"films": 0, "keyword_films": 0, "genres": Counter()} for _ in range(int(family.max()) + 1)
    ]
    for fact, group in zip(facts, family.tolist(), strict=True):
        for name in ("films", "keyword_films"):
            gathered[group][name] += fact[name]
        gathered[group]["genres"].update(fact["genres"])
    return gathered


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)
