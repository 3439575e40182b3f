"""Name clusters without a language model: candidates, keywords, unique names."""

from __future__ import annotations

from pipeline.label.facets.film_facets import find_facets
from pipeline.label.keywords.by_cluster import (
    candidate_terms,
    chosen_keywords,
    distinct_terms,
    split_clusters,
)
from pipeline.label.keywords.candidates import rank_candidates
from pipeline.label.keywords.cluster_facts import (
    ClusterFacts,
    count_cluster_facts,
    merge_cluster_facts,
    size_table,
)
from pipeline.label.keywords.name_vectors import add_name_vectors, missing_names, vectors_of_names
from pipeline.label.keywords.selection import select_keywords
from pipeline.label.keywords.text_centroids import (
    centroid_table,
    cluster_text_means,
    family_means,
    text_means,
    text_sums,
)
from pipeline.label.quality import name_figures
from pipeline.label.terms.film_parts import find_film_parts
from pipeline.label.terms.film_terms import find_film_terms
from pipeline.label.terms.holdings import find_terms, term_lists
from pipeline.label.terms.name_parts import find_name_parts
from pipeline.label.terms.term_counts import count_terms
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.label.words.stop_words import catalogue_languages, name_language

__all__ = [
    "ClusterFacts",
    "add_name_vectors",
    "candidate_terms",
    "catalogue_languages",
    "centroid_table",
    "chosen_keywords",
    "cluster_text_means",
    "count_cluster_facts",
    "count_terms",
    "distinct_terms",
    "family_means",
    "find_facets",
    "find_film_parts",
    "find_film_terms",
    "find_name_parts",
    "find_terms",
    "is_boilerplate",
    "merge_cluster_facts",
    "missing_names",
    "name_figures",
    "name_language",
    "rank_candidates",
    "select_keywords",
    "size_table",
    "split_clusters",
    "term_lists",
    "text_means",
    "text_sums",
    "vectors_of_names",
]
