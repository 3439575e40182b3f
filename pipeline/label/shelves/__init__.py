"""Shelves: micro-genres whose names are true of their films, by names and moves in turn."""

from __future__ import annotations

from pipeline.label.shelves.choice import choose_shelf_names
from pipeline.label.shelves.moves import mean_points, move_films, move_weights, renumbered
from pipeline.label.shelves.proposals import PROPOSED_NAMES, propose_shelf_names
from pipeline.label.shelves.truth import NameTruth, add_truth, check_names

__all__ = [
    "PROPOSED_NAMES",
    "NameTruth",
    "add_truth",
    "check_names",
    "choose_shelf_names",
    "mean_points",
    "move_films",
    "move_weights",
    "propose_shelf_names",
    "renumbered",
]
