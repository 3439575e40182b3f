"""Families: micro-genres under names that are true of most of their films."""

from __future__ import annotations

from pipeline.label.families.families import Families, find_families
from pipeline.label.families.possible_names import PossibleNames, possible_names
from pipeline.label.families.tables import assignments_to_families, family_count, family_table

__all__ = [
    "Families",
    "PossibleNames",
    "assignments_to_families",
    "family_count",
    "family_table",
    "find_families",
    "possible_names",
]
