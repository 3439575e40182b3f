"""The steps from clusters to names: candidates, keywords, names. Families take the same steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flows.mining.choose_names import ChosenNames, NamingLevel, choose_level_names
from flows.mining.cluster import Clusters
from flows.mining.embed import embed_terms
from flows.mining.lineage import match_previous_release
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, only_file, piece_per_partition, step
from pipeline import label
from pipeline.execution.runner import Piece
from pipeline.lineage.continuation import Continuation
from pipeline.schemas.vectors import matrix_of
from pipeline.taxonomy import assignments_to_families, families_of, family_table

__all__ = ["MicroGenreNames", "name_clusters"]

_CLUSTERS_PER_PIECE = 16  # of the stage `keywords`


@dataclass(frozen=True)
class MicroGenreNames:
    """Names of the micro-genres and their families.

    Attributes
    ----------
    labels : list of dict
        For each cluster the `labels` of `pipeline.publish.tables.micro_genres`.
    family_keywords : dict of int to list of str
        Keywords of each family.
    text_means : pa.Table
        CENTROIDS of the text vectors of each cluster.
    figures : dict
        Quality of the names, for the report.
    fresh_names : list of str
        Names by cluster that this mining would give without a previous release.
    continuation : Continuation
        How the micro-genres continue the previous release.
    """

    labels: list[dict[str, Any]]
    family_keywords: dict[int, list[str]]
    text_means: pa.Table
    figures: dict[str, Any]
    fresh_names: list[str]
    continuation: Continuation


@step("name clusters")
def name_clusters(
    run: RunContext, movies: Refs, embeddings: Refs, clusters: Clusters, languages: Refs
) -> MicroGenreNames:
    """Give each cluster a unique name, keywords, an id and a family."""
    assignments = clusters.assignments
    films = piece_per_partition(("movies", movies), ("assignments", assignments))
    own = piece_per_partition(("movies", movies))
    found = run.stage(label.find_film_terms, _with_languages(run, own, languages))
    parts = (("terms", found.refs("terms")), ("held", found.refs("held")))
    counted = run.stage(
        label.count_terms, piece_per_partition(*parts, ("assignments", assignments)), shown=False
    )
    facts = label.count_cluster_facts(
        (run.read(films_of, ["keywords", "genres"]), run.read(assigned, ["cluster"]))
        for films_of, assigned in zip(movies, assignments, strict=True)
    )
    pieces = piece_per_partition(("embeddings", embeddings), ("assignments", assignments))
    summed = run.stage(label.text_sums, pieces, shown=False)
    means = label.text_means(map(run.read, summed.refs("sums")), len(facts))
    text_means = label.centroid_table(means)
    continuation = match_previous_release(run, clusters)
    counts = {"terms": counted.refs("counts"), "words": found.refs("words")}
    level = NamingLevel("", films, previous=continuation.previous_names)
    keywords, named = _name_level(run, level, counts, facts, text_means)
    names = [named.names[cluster] for cluster in range(len(facts))]

    sizes = [own.films for own in facts]
    family = families_of(run.read(clusters.centroids), sizes, run.settings.taxonomy).tolist()
    counts["above"] = (run.put("family-of-clusters", "all", family_table(family)),)
    family_level = NamingLevel(
        "family-", _films_by_family(run, films, family), joiner="&", taken=tuple(names)
    )
    family_keywords, family_named = _name_level(
        run,
        family_level,
        counts,
        label.merge_cluster_facts(facts, family),
        label.centroid_table(label.family_means(means, sizes, family)),
    )

    ids = continuation.assign_ids(names)
    labels: list[dict[str, Any]] = [
        {
            "cluster": cluster,
            "micro_genre_id": ids[cluster],
            "micro_genre_name": names[cluster],
            "keywords": keywords[cluster],
            "family": family[cluster],
            "family_name": family_named.names[family[cluster]],
        }
        for cluster in range(len(facts))
    ]
    figures = label.name_figures(
        names,
        label.vectors_of_names(named.vectors, names),
        matrix_of(text_means),
        [row["keywords"] for row in labels],
        _find_terms(run, films, keywords, "coverage"),
    )
    fresh = [named.fresh_names[cluster] for cluster in range(len(facts))]
    return MicroGenreNames(labels, family_keywords, text_means, figures, fresh, continuation)


def _name_level(
    run: RunContext,
    level: NamingLevel,
    counts: Mapping[str, Refs],
    facts: Sequence[label.ClusterFacts],
    text_means: pa.Table,
) -> tuple[dict[int, list[str]], ChosenNames]:
    """Choose the keywords and the name of each group of a level."""
    section, prefix, groups = run.settings.label, level.prefix, len(facts)
    sizes = run.put(f"{prefix}sizes", "all", label.size_table(facts))
    ranked = run.stage(
        label.rank_candidates,
        [Piece("all", {**counts, "sizes": (sizes,)})],
        settings=section,
        shown=False,
        name=f"{prefix}candidates",
    )
    candidates = run.read(only_file(ranked, "candidates"))
    shared = {
        "phrases": embed_terms(run, label.distinct_terms(candidates), f"{prefix}phrase-vectors"),
        "centroids": (run.put(f"{prefix}text-means", "all", text_means),),
    }
    terms = label.candidate_terms(candidates, groups)
    held = _find_terms(run, level.films, terms, f"{prefix}holdings")
    parts = zip(
        label.split_clusters(candidates, groups, _CLUSTERS_PER_PIECE),
        label.split_clusters(held, groups, _CLUSTERS_PER_PIECE),
        strict=True,
    )
    pieces = []
    for number, (own_candidates, own_held) in enumerate(parts):
        key = f"g{number * _CLUSTERS_PER_PIECE:05d}"
        inputs = {
            "candidates": (run.put(f"{prefix}candidate-groups", key, own_candidates),),
            "held": (run.put(f"{prefix}held-groups", key, own_held),),
        }
        pieces.append(Piece(key, inputs))
    selected = run.stage(
        label.select_keywords,
        add_to_all(pieces, shared),
        settings=section,
        name=f"{prefix}keywords",
    )
    table = run.read(selected.refs("keywords"))
    keywords = label.chosen_keywords(table, groups)
    scored = label.scored_keywords(table, groups)
    nouns = label.genre_nouns(facts)
    return keywords, choose_level_names(run, level, nouns, keywords, scored, text_means)


def _with_languages(run: RunContext, films: Sequence[Piece], languages: Refs) -> list[Piece]:
    """Add the language of each film, and the languages of the catalogue, to its partition."""
    known = label.catalogue_languages(run.read(ref, ["text_language"]) for ref in languages)
    return [
        Piece(
            piece.key,
            {**piece.inputs, "languages": (own,)},
            {**piece.constants, "known_languages": known},
        )
        for piece, own in zip(films, languages, strict=True)
    ]


def _find_terms(
    run: RunContext, films: Sequence[Piece], terms: Mapping[int, Sequence[str]], name: str
) -> pa.Table:
    """Find which terms of its group each film contains, over all partitions."""
    # A file, not a constant: the scheduler, in this process, keeps the constants of each piece.
    listed = run.put(f"{name}-terms", "all", label.term_lists(terms))
    pieces = add_to_all(films, {"terms": (listed,)})
    result = run.stage(label.find_terms, pieces, name=name, shown=False)
    return run.read(result.refs("holdings"))


def _films_by_family(run: RunContext, films: Sequence[Piece], family: Sequence[int]) -> list[Piece]:
    """The same movies, assigned to families instead of clusters."""
    pieces = []
    for piece in films:
        assigned = assignments_to_families(run.read(piece.inputs["assignments"]), family)
        ref = run.put("family-of-films", piece.key, assigned)
        pieces.append(Piece(piece.key, {**piece.inputs, "assignments": (ref,)}))
    return pieces
