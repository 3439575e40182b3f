"""How well the films of each language fit, for the report's page: where a model reads one alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.formatting import decimal, finite, lookup, plain, share, whole
from pipeline.report.page_parts import rows_table

__all__ = ["language_note", "language_table"]

_SHOWN = 12  # languages of most films; the others are one row, and report.json has them all
_ENGLISH = "en"

Fits = Sequence[Mapping[str, Any]]


def language_table(report: Mapping[str, Any]) -> str:
    """Films and fit by the language of the overview, most films first, the rarest in one row."""
    told = _told(report)
    rows = [(_name(row.get("language")), row) for row in told[:_SHOWN]]
    if rest := told[_SHOWN:]:
        rows.append((f"{len(rest)} other languages", _together(rest)))
    return rows_table(
        "Films by the language of their overview, and how well they fit",
        ("Language", "Films", "Share", "Mean similarity", "Mean margin", "Weak films"),
        [
            (
                name,
                whole(row.get("films")),
                share(row.get("share")),
                decimal(row.get("mean_similarity")),
                decimal(row.get("mean_margin")),
                share(row.get("weak_share")),
            )
            for name, row in rows
        ],
    )


def language_note(report: Mapping[str, Any]) -> str:
    """English beside all other languages that could be told, in one sentence."""
    told = _told(report)
    english = [row for row in told if row.get("language") == _ENGLISH]
    others = [row for row in told if row.get("language") not in (_ENGLISH, None)]
    if not english or not others:
        return "English and other languages cannot be compared: one of the two is missing."
    here, there = _together(english), _together(others)
    return (
        f"Weak among the {whole(here['films'])} films told in English: "
        f"{share(here['weak_share'])}; among the {whole(there['films'])} told in "
        f"{whole(len(others))} other languages: {share(there['weak_share'])}. Mean similarity: "
        f"{decimal(here['mean_similarity'])} and {decimal(there['mean_similarity'])}."
    )


def _told(report: Mapping[str, Any]) -> Fits:
    found = lookup(report, "languages")
    rows = found if isinstance(found, list) else []
    return [row for row in rows if isinstance(row, Mapping)]


def _name(code: Any) -> str:
    return "not told" if code is None else plain(code)


def _together(rows: Fits) -> dict[str, Any]:
    """Several languages as one: films and shares added up, means weighted by films."""
    films = sum(finite(row.get("films")) or 0.0 for row in rows)

    def mean(name: str) -> float | None:
        pairs = [(finite(row.get(name)), finite(row.get("films")) or 0.0) for row in rows]
        known = [(value, weight) for value, weight in pairs if value is not None]
        total = sum(weight for _, weight in known)
        return sum(value * weight for value, weight in known) / total if total else None

    return {
        "films": films,
        "share": sum(finite(row.get("share")) or 0.0 for row in rows),
    } | {name: mean(name) for name in ("mean_similarity", "mean_margin", "weak_share")}
