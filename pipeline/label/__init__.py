"""Clusters to names without a language model: candidates, contrast, MMR, unique names."""

from __future__ import annotations

from pipeline.label.candidates import candidates
from pipeline.label.keywords import keywords
from pipeline.label.lexicon import is_boilerplate
from pipeline.label.names import PROPOSALS, choose_names, genre_noun, propose_names, standing_names
from pipeline.label.quality import name_figures
from pipeline.label.term_counts import count_terms, holdings, term_lists
from pipeline.label.text_centroids import text_means, text_sums

__all__ = [
    "PROPOSALS",
    "candidates",
    "choose_names",
    "count_terms",
    "genre_noun",
    "holdings",
    "is_boilerplate",
    "keywords",
    "name_figures",
    "propose_names",
    "standing_names",
    "term_lists",
    "text_means",
    "text_sums",
]
