"""The verdict in words: is this clustering any good?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.report.formatting import decimal, finite, lookup, share
from serve.explorer.quality.measures import Grade, Graded

__all__ = ["Verdict", "judge"]


class Verdict(NamedTuple):
    """The answer and its reasons."""

    grade: Grade | None  # None if names were not measured
    answer: str
    reasons: list[str]


def judge(report: Mapping[str, Any], graded: Sequence[Graded], general: str = "") -> Verdict:
    """Return the verdict about a release.

    Parameters
    ----------
    report : mapping
        Its `report.json`.
    graded : sequence of Graded
        Its measures, as `measures.grade_all` returns them.
    general : str
        Name of a micro-genre without a theme, as an example; empty if there is none.

    Notes
    -----
    Names decide first, because visitors use micro-genres by their names: with poor names nothing
    else helps. Stability decides whether the borders between micro-genres mean something.
    """
    by_name = {row.measure.name: row for row in graded}
    names, stability = by_name["names"], by_name["stability"]
    grade, answer = _answer(names.grade, stability.grade)
    reasons = [
        _about_names(report, names),
        _about_themes(report, general),
        _about_stability(stability),
        _about_noise(by_name["noise"]),
        _about_silhouette(by_name["silhouette"]),
        _about_methods(report),
        _about_before(graded),
    ]
    return Verdict(grade, answer, [reason for reason in reasons if reason])


_BORDERS: dict[Grade | None, tuple[Grade, str]] = {
    "good": (
        "good",
        "Yes: the names can be trusted, and the groups are stable.",
    ),
    "fair": (
        "good",
        "Yes: the names can be trusted. The borders between micro-genres are soft.",
    ),
    "poor": (
        "fair",
        "Mostly: the names can be trusted, the borders between micro-genres cannot. A film near a "
        "border could as well be in the micro-genre beside it.",
    ),
    None: ("good", "Yes: the names can be trusted. Whether the groups are stable is not known."),
}


def _answer(names: Grade | None, stability: Grade | None) -> tuple[Grade | None, str]:
    if names is None:
        return None, "Not known: this release does not say whether its names are true."
    if names == "poor":
        return "poor", "No: too many films bear a name that is not true of them."
    if names == "fair":
        return "fair", "Partly: most names are true of their films, but check the weakest below."
    return _BORDERS[stability]


def _about_names(report: Mapping[str, Any], names: Graded) -> str:
    if names.value is None:
        return ""
    ends = f" (95 % interval {names.interval_text})" if names.interval else ""
    parts = [
        f"{label} of {share(value)}"
        for part, label in (("subject", "the subject"), ("form", "the genre"))
        if (value := finite(lookup(report, f"name_truth.{part}"))) is not None
    ]
    more = f"; where the name has one, {' and '.join(parts)}" if parts else ""
    return (
        f"Every part of the name is true of {share(names.value)} of the films{ends}{more}, by "
        "their own metadata alone."
    )


def _about_themes(report: Mapping[str, Any], general: str) -> str:
    thin = finite(lookup(report, "name_truth.thin_micro_genres"))
    themed = finite(lookup(report, "name_truth.themed"))
    if not thin or themed is None:
        return ""
    example = f", such as “{general}”," if general else ""
    return (
        f"{share(1 - themed)} of the films are in micro-genres without a theme{example} because "
        "their metadata say too little or no near theme is true of them."
    )


def _about_stability(row: Graded) -> str:
    texts: dict[Grade, str] = {
        "good": "Mining two different samples of the films gives nearly the same groups",
        "fair": "Mining two different samples of the films gives similar groups",
        "poor": "Mining two different samples of the films gives groups that differ in many films",
    }
    if row.grade is None:
        return ""
    ends = f" (95 % interval {row.interval_text})" if row.interval else ""
    return (
        f"{texts[row.grade]}: adjusted Rand index {row.text}{ends}, where 1 is equal and 0 is "
        "chance."
    )


def _about_noise(row: Graded) -> str:
    texts: dict[Grade, str] = {
        "good": "Tiny errors in the vectors change hardly anything",
        "fair": "Tiny errors in the vectors move some films",
        "poor": "Tiny errors in the vectors move many films, so another computer may give others",
    }
    return "" if row.grade is None else f"{texts[row.grade]} (adjusted Rand index {row.text})."


def _about_silhouette(row: Graded) -> str:
    texts: dict[Grade, str] = {
        "good": "The groups are separated from each other",
        "fair": "The groups are only weakly separated from each other",
        "poor": "The groups are not separated: themes of films overlap, and many films lie between "
        "two micro-genres",
    }
    return "" if row.grade is None else f"{texts[row.grade]} (silhouette {row.text})."


def _about_methods(report: Mapping[str, Any]) -> str:
    """Compare the silhouette with that of methods that leave out no film."""
    ours = finite(lookup(report, "clusters.points_silhouette"))
    others = [
        value
        for row in report.get("comparison") or ()
        if (finite(row.get("outlier_share")) or 0.0) < 0.01
        and (value := finite(row.get("cosine_silhouette"))) is not None
    ]
    if ours is None or not others:
        return ""
    best = max(others)
    if best > 0.25:
        return f"Another method separates the same films better (silhouette {decimal(best)})."
    return (
        f"Other methods that put each film into a group reach {decimal(best)} at best on the same "
        "films, so the overlap is mostly in the films."
    )


def _about_before(graded: Sequence[Graded]) -> str:
    """Say which measures have another grade than in the release before."""
    better: list[str] = []
    worse: list[str] = []
    for row in graded:
        before = row.measure.grade(row.previous)
        if before is None or row.grade is None or before == row.grade:
            continue
        order = ("poor", "fair", "good")
        (better if order.index(row.grade) > order.index(before) else worse).append(
            row.measure.label.lower()
        )
    changes = (("better", better), ("worse", worse))
    texts = [f"{word}: {', '.join(labels)}" for word, labels in changes if labels]
    return f"Since the release before, {'; '.join(texts)}." if texts else ""
