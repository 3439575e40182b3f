"""What an update says about a release: its changes, and the drift since the last mining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.report.formatting import Writer, decimal, finite, lookup, share, whole

__all__ = ["DriftFigure", "describe_update", "list_drift"]

_FIGURES: Mapping[str, tuple[str, str, Writer]] = {
    "ks": (
        "Fit of the films (KS)",
        "Kolmogorov-Smirnov distance of the similarities of films to their centroids, then and now",
        decimal,
    ),
    "psi": (
        "Fit of the films (PSI)",
        "population stability index of the same similarities",
        decimal,
    ),
    "vocabulary": (
        "New words",
        "growth of the share of keywords that the mining did not know",
        share,
    ),
    "centroid_shift": (
        "Shift of micro-genres",
        "1 minus the cosine of the mean of the films of a micro-genre and its centroid",
        decimal,
    ),
    "growth": (
        "Growth of micro-genres",
        "share of the films by which sizes of micro-genres changed",
        share,
    ),
    "novel": ("Novel films", "share of the films that fit no micro-genre well", share),
    "proposals": ("Proposed micro-genres", "groups of novel films that could form one", whole),
}


class DriftFigure(NamedTuple):
    """A figure of drift."""

    label: str
    meaning: str
    value: str
    threshold: str
    past: bool  # whether it has reached its threshold


def describe_update(report: Mapping[str, Any]) -> list[str]:
    """Return sentences about an update, empty for a release that was mined.

    Examples
    --------
    >>> describe_update({"update": {"parent": "a", "added": 1, "changed": 0, "withdrawn": 2}})
    ['This release is an update of a: 1 film added, 0 changed, 2 withdrawn.']
    """
    update = report.get("update") or {}
    parent = update.get("parent")
    if not parent:
        return []
    added = update.get("added") or 0
    sentences = [
        f"This release is an update of {parent}: {whole(added)} film{'' if added == 1 else 's'} "
        f"added, {whole(update.get('changed') or 0)} changed, "
        f"{whole(update.get('withdrawn') or 0)} withdrawn."
    ]
    source, sections = lookup(report, "carried.from"), lookup(report, "carried.sections")
    if source and sections:
        sentences.append(
            f"An update does not cluster again, so these figures are those of the mining {source}: "
            f"{', '.join(sections)}."
        )
    past = [row.label.lower() for row in list_drift(report) if row.past]
    if past:
        sentences.append(f"Another mining is due, for these have drifted: {', '.join(past)}.")
    return sentences


def list_drift(report: Mapping[str, Any]) -> list[DriftFigure]:
    """Return the figures of drift with their thresholds, empty for a release that was mined."""
    figures, limits = (
        lookup(report, "drift.figures") or {},
        lookup(report, "drift.thresholds") or {},
    )
    past = set(lookup(report, "drift.past") or ())
    rows = []
    for name, value in figures.items():
        label, meaning, write = _FIGURES.get(name, (name.replace("_", " "), "", decimal))
        if finite(value) is not None:
            rows.append(
                DriftFigure(label, meaning, write(value), write(limits.get(name)), name in past)
            )
    return rows
