"""The steps from shelves to names: keywords, names, families. Families take the same steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.mining.embed import embed_terms
from flows.mining.lineage import match_previous_release
from flows.mining.namer import suggest_names
from flows.mining.names import GroupNames, NamingLevel, PreviousName, name_groups
from flows.mining.naming_parts import NamingParts
from flows.mining.settle import Shelves
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, only_file, piece_per_partition, step, submit
from pipeline import label
from pipeline.execution.runner import Piece
from pipeline.fileio.manifest import FileRef
from pipeline.label.families import (
    Families,
    assignments_to_families,
    family_count,
    family_table,
    find_families,
    possible_names,
)
from pipeline.label.namer import PROMPT_FACTS, shelf_prompts, typical_films
from pipeline.label.naming.descriptions import ShelfFacts
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves.facts import Describer, FilmFacts, count_parts
from pipeline.label.words.subject_terms import subject_terms
from pipeline.label.words.subjects import subject_lexicon
from pipeline.lineage.continuation import Continuation
from pipeline.schemas.vectors import matrix_of

__all__ = ["MicroGenreNames", "name_clusters"]

_CLUSTERS_PER_PIECE = 16  # of the stage `keywords`


@dataclass(frozen=True)
class MicroGenreNames:
    """Names of the micro-genres and their families.

    Attributes
    ----------
    labels : list of dict
        For each cluster the `labels` of `pipeline.publish.tables.micro_genres`.
    named : GroupNames
        Names of the micro-genres.
    describer : Describer
        Describes the micro-genres, given their exemplars.
    families : dict of int to dict
        Keywords and further columns of FAMILIES of each family.
    text_means : pa.Table
        CENTROIDS of the text vectors of each cluster.
    figures : dict
        Quality of the names, for the report.
    continuation : Continuation
        How the micro-genres continue the previous release.
    """

    labels: list[dict[str, Any]]
    named: GroupNames
    describer: Describer
    families: dict[int, dict[str, Any]]
    text_means: pa.Table
    figures: dict[str, Any]
    continuation: Continuation


@step("name clusters")
def name_clusters(
    run: RunContext, movies: Refs, embeddings: Refs, shelves: Shelves, parts: NamingParts
) -> MicroGenreNames:
    """Give each cluster a unique name, keywords, an id and a family."""
    clusters = shelves.clusters
    assignments = clusters.assignments
    films = piece_per_partition(("movies", movies), ("assignments", assignments))
    facts = label.count_cluster_facts(
        (run.read(own, ["keywords"]), run.read(assigned, ["cluster"]))
        for own, assigned in zip(movies, assignments, strict=True)
    )
    sizes = [own.films for own in facts]
    pieces = piece_per_partition(("embeddings", embeddings), ("assignments", assignments))
    summed = run.stage(label.text_sums, pieces, shown=False)
    means = label.text_means(map(run.read, summed.refs("sums")), len(facts))
    text_means = label.centroid_table(means)
    counts = _term_counts(run, parts, assignments)
    own_keywords = submit(_select_keywords, run, "", films, counts, facts, text_means)
    known = _film_facts(run, parts, movies, assignments)
    families = _find_families(run, parts, known, assignments, clusters.centroids)
    family = families.family.tolist()
    above = _assigned_to_families(run, assignments, family)
    family_films = piece_per_partition(("movies", movies), ("assignments", above))
    family_counts = {
        **counts,
        "above": (run.put("family-of-clusters", "all", family_table(family)),),
    }
    family_facts = label.merge_cluster_facts(facts, family)
    family_means = label.centroid_table(label.family_means(means, sizes, family))
    family_keywords = submit(
        _select_keywords, run, "family-", family_films, family_counts, family_facts, family_means
    )

    continuation = match_previous_release(run, clusters)
    vocabulary = PartVocabulary(known.parts)
    about = known.of_clusters(shelves.thin)
    level = NamingLevel(
        "",
        assignments,
        len(facts),
        shelves.sure,
        previous=_previous_names(run, continuation),
        suggest=partial(_suggest, run, movies, shelves, parts, vocabulary, about),
        given=shelves.thin,
    )
    named = name_groups(run, level, parts, vocabulary, text_means)

    given = {number: name for number, name in enumerate(families.names) if name.all_numbers}
    family_level = NamingLevel("family-", above, len(family_facts), shelves.sure, given=given)
    family_named = name_groups(run, family_level, parts, vocabulary, family_means)
    family_describer = _describer(vocabulary, parts, family_named, known.of_families(family))

    keywords = own_keywords.result()
    labels = _labels(vocabulary, parts, named, continuation.assign_ids(named.names))
    for cluster, row in enumerate(labels):
        row["keywords"] = keywords[cluster]
        row["thin"] = cluster in shelves.thin
        row["family"] = family[cluster]
        row["family_name"] = family_named.names[family[cluster]]
    figures = label.name_figures(
        named.names,
        label.vectors_of_names(named.vectors, named.names),
        means,
        [keywords[cluster] for cluster in range(len(facts))],
        _find_terms(run, films, keywords, "coverage"),
    )
    keywords_above = family_keywords.result()
    columns = {
        number: {
            "keywords": keywords_above[number],
            "name_truth": family_named.truth[number].whole,
            "description": family_describer.describe(number),
        }
        for number in range(len(family_facts))
    }
    describer = _describer(vocabulary, parts, named, about)
    return MicroGenreNames(labels, named, describer, columns, text_means, figures, continuation)


def _film_facts(run: RunContext, parts: NamingParts, movies: Refs, assignments: Refs) -> FilmFacts:
    """Count by cluster what is known of the films."""
    clusters = run.read(assignments, ["cluster"]).column("cluster").to_numpy()
    return FilmFacts(
        run.read(parts.vocabulary),
        count_parts(_assigned_parts(run, parts, assignments), int(clusters.max()) + 1, parts.width),
        clusters,
        run.read(movies, ["year"]).column("year"),
    )


def _assigned_parts(
    run: RunContext, parts: NamingParts, assignments: Refs
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The parts and the cluster of the films of each partition."""
    for films, assigned in zip(parts.film_parts, assignments, strict=True):
        yield run.read(films, ["parts"]), run.read(assigned, ["cluster"])


def _find_families(
    run: RunContext, parts: NamingParts, known: FilmFacts, assignments: Refs, centroids: FileRef
) -> Families:
    """Group the micro-genres into families, each under a name if one is true of most films."""
    k = known.counts.shape[0]
    films = np.bincount(known.clusters, minlength=k)
    possible = possible_names(
        partial(_assigned_parts, run, parts, assignments),
        known.counts,
        films,
        known.parts,
        parts.language,
        parts.lexicon,
    )
    count = family_count(k, run.settings.taxonomy)
    return find_families(possible, matrix_of(run.read(centroids)), films, count)


def _describer(
    vocabulary: PartVocabulary, parts: NamingParts, named: GroupNames, facts: Sequence[ShelfFacts]
) -> Describer:
    names = [chosen.parts for chosen in named.chosen]
    return Describer(names, facts, vocabulary, parts.language, parts.lexicon)


def _suggest(
    run: RunContext,
    movies: Refs,
    shelves: Shelves,
    parts: NamingParts,
    vocabulary: PartVocabulary,
    facts: Sequence[ShelfFacts],
) -> dict[int, list[str]]:
    """Names that the namer suggests for micro-genres with a theme; none without a namer."""
    if not run.settings.label.namer:
        return {}
    columns = ["movie_id", "cluster", "similarity"]
    typical = typical_films(run.read(shelves.clusters.assignments, columns), shelves.thin)
    wanted = typical.column("movie_id").combine_chunks()
    films = chain.from_iterable(
        own.filter(pc.is_in(own["movie_id"], value_set=wanted)).to_pylist()
        for own in (run.read(ref, list(PROMPT_FACTS)) for ref in movies)
    )
    prompts = shelf_prompts(typical, films, facts, vocabulary, parts.language)
    return suggest_names(run, prompts, parts.language)


def _labels(
    known: PartVocabulary, parts: NamingParts, named: GroupNames, ids: Sequence[str]
) -> list[dict[str, Any]]:
    """The columns of MICRO_GENRES that follow from the names."""
    lexicon = subject_lexicon(parts.lexicon)
    rows: list[dict[str, Any]] = []
    for cluster, (chosen, truth) in enumerate(zip(named.chosen, named.truth, strict=True)):
        own = chosen.parts
        words = own.words or own.subjects
        terms = [(known[number].key, known[number].terms) for number in own.subjects]
        rows.append(
            {
                "cluster": cluster,
                "micro_genre_id": ids[cluster],
                "micro_genre_name": chosen.printed,
                "name_source": chosen.source,
                "alternatives": named.alternatives[cluster],
                "subjects": [known[number].printed for number in words],
                "subject_terms": subject_terms(terms, lexicon, parts.languages),
                "form_genres": [known[number].key for number in own.genres],
                "every_genre": own.every_genre,
                "facets": [known[number].key for number in own.facets],
                "name_truth": truth.whole,
                "subject_truth": truth.subject,
                "form_truth": truth.form,
                "adjective_truth": truth.facet,
            }
        )
    return rows


def _previous_names(run: RunContext, continuation: Continuation) -> dict[int, PreviousName]:
    """Names of the previous release; with `label.new_names`, only those that a person set."""
    before = continuation.previous_names
    return {
        cluster: name
        for cluster, (text, by_person) in before.items()
        for name in [PreviousName(text, by_person)]
        if by_person or not run.settings.label.new_names
    }


def _term_counts(run: RunContext, parts: NamingParts, assignments: Refs) -> dict[str, Refs]:
    """Count the terms of the films by cluster."""
    pieces = piece_per_partition(
        ("terms", parts.terms), ("held", parts.held), ("assignments", assignments)
    )
    counted = run.stage(label.count_terms, pieces, shown=False)
    return {"terms": counted.refs("counts"), "words": parts.words}


@step("select keywords")
def _select_keywords(
    run: RunContext,
    prefix: str,
    films: Sequence[Piece],
    counts: Mapping[str, Refs],
    facts: Sequence[label.ClusterFacts],
    text_means: pa.Table,
) -> dict[int, list[str]]:
    """Select the keywords of each group of a level."""
    section, groups = run.settings.label, len(facts)
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
    held = _find_terms(run, films, terms, f"{prefix}holdings")
    keys = [f"g{number:05d}" for number in range(0, groups, _CLUSTERS_PER_PIECE)]
    grouped = {
        name: run.put_all(
            f"{prefix}{stage}",
            zip(keys, label.split_clusters(table, groups, _CLUSTERS_PER_PIECE), strict=True),
        )
        for name, stage, table in (
            ("candidates", "candidate-groups", candidates),
            ("held", "held-groups", held),
        )
    }
    pieces = [
        Piece(key, {name: (refs[row],) for name, refs in grouped.items()})
        for row, key in enumerate(keys)
    ]
    selected = run.stage(
        label.select_keywords,
        add_to_all(pieces, shared),
        settings=section,
        name=f"{prefix}keywords",
    )
    return label.chosen_keywords(run.read(selected.refs("keywords")), groups)


def _find_terms(
    run: RunContext, films: Sequence[Piece], terms: Mapping[int, Sequence[str]], name: str
) -> pa.Table:
    """Find which terms of its group each film contains, over all partitions."""
    # A file, not a constant: the scheduler, in this process, keeps the constants of each piece.
    listed = run.put(f"{name}-terms", "all", label.term_lists(terms))
    pieces = add_to_all(films, {"terms": (listed,)})
    result = run.stage(label.find_terms, pieces, name=name, shown=False)
    return run.read(result.refs("holdings"))


def _assigned_to_families(run: RunContext, assignments: Refs, family: Sequence[int]) -> Refs:
    """The assignments of each partition, to families instead of clusters."""
    return run.put_all(
        "family-of-films",
        (
            (f"p{number:05d}", assignments_to_families(run.read(ref), family))
            for number, ref in enumerate(assignments)
        ),
    )
