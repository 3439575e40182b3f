"""Shelves: micro-genres whose names are true of their films, by names and moves in turn."""

from __future__ import annotations

from pipeline.label.shelves.assigned import appended, mean_points, padded, renumbered
from pipeline.label.shelves.audit import audit_films, sum_split
from pipeline.label.shelves.choice import (
    ChosenName,
    NameCandidates,
    best_proposals,
    lasting_names,
    many_nameless,
    nameless_clusters,
    numbered_name,
    own_margins,
    split_names,
)
from pipeline.label.shelves.moves import margin_weights, move_films, move_weights
from pipeline.label.shelves.proposals import PROPOSED_NAMES, propose_shelf_names
from pipeline.label.shelves.pull import SHARP, pull_of, select_pull
from pipeline.label.shelves.rest import RestShelf, count_rest, rest_shelves, telling_genres
from pipeline.label.shelves.settling import measure_films, settle_films
from pipeline.label.shelves.truth import NameTruth, add_truth, check_names

__all__ = [
    "PROPOSED_NAMES",
    "SHARP",
    "ChosenName",
    "NameCandidates",
    "NameTruth",
    "RestShelf",
    "add_truth",
    "appended",
    "audit_films",
    "best_proposals",
    "check_names",
    "count_rest",
    "lasting_names",
    "many_nameless",
    "margin_weights",
    "mean_points",
    "measure_films",
    "move_films",
    "move_weights",
    "nameless_clusters",
    "numbered_name",
    "own_margins",
    "padded",
    "propose_shelf_names",
    "pull_of",
    "renumbered",
    "rest_shelves",
    "select_pull",
    "settle_films",
    "split_names",
    "sum_split",
    "telling_genres",
]
