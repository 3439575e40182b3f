"""The measures of the verdict, each with the thresholds that grade it and where these are from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.report.formatting import Writer, decimal, finite, lookup, share
from serve.catalogue.statistics.intervals import wilson_interval

__all__ = ["MEASURES", "Grade", "Graded", "Measure", "grade_all"]

Grade = Literal["good", "fair", "poor"]


@dataclass(frozen=True)
class Measure:
    """A measure of `report.json` with its thresholds.

    Attributes
    ----------
    name : str
        Its key in the verdict.
    path : str
        Dotted path of the value in `report.json`.
    label : str
        What it is called on the page.
    question : str
        The question that it answers.
    write : callable
        Formats a value as text.
    good, fair : float
        The value is good from `good` on, fair from `fair` on, and poor below.
    source : str
        Where the thresholds are from.
    """

    name: str
    path: str
    label: str
    question: str
    write: Writer
    good: float
    fair: float
    source: str

    def grade(self, value: Any) -> Grade | None:
        """Return the grade of a value, None if there is none.

        Examples
        --------
        >>> [MEASURES[0].grade(value) for value in (0.9, 0.75, 0.2, None)]
        ['good', 'fair', 'poor', None]
        """
        number = finite(value)
        if number is None:
            return None
        return "good" if number >= self.good else "fair" if number >= self.fair else "poor"


@dataclass(frozen=True)
class Graded:
    """A measure of one release.

    Attributes
    ----------
    measure : Measure
        The measure.
    value, previous : float or None
        Its value in this release and in the release before, None if not measured.
    interval : (float, float) or None
        95 % interval of `value`, None if it is not known.
    grade : {"good", "fair", "poor"} or None
        The grade of `value`.
    """

    measure: Measure
    value: float | None
    previous: float | None
    interval: tuple[float, float] | None
    grade: Grade | None

    @property
    def text(self) -> str:
        """The value as text."""
        return self.measure.write(self.value)

    @property
    def interval_text(self) -> str:
        """The interval as text, empty if it is not known."""
        if self.interval is None:
            return ""
        low, high = map(self.measure.write, self.interval)
        return f"{low} to {high}"


_STEINLEY = (
    "Steinley 2004 (Psychological Methods 9): agreement of clusterings above 0.90 is excellent, "
    "above 0.80 good, above 0.65 moderate, else poor"
)
_KAUFMAN = (
    "Kaufman and Rousseeuw 1990 (Finding Groups in Data): above 0.50 a reasonable structure, "
    "above 0.25 a weak one, else none"
)

MEASURES: tuple[Measure, ...] = (
    Measure(
        "names",
        "name_truth.whole",
        "Name truth",
        "Is the name of a micro-genre true of its films?",
        share,
        0.85,
        0.7,
        "ours: a name is printed if it is true of 60 % of its films, so a mean near 60 % would "
        "mean that most names only just pass",
    ),
    Measure(
        "stability",
        "clusters.subsample_ari",
        "Stability (ARI of two samples)",
        "Do other films of the same kind give the same groups?",
        decimal,
        0.8,
        0.65,
        _STEINLEY,
    ),
    Measure(
        "noise",
        "clusters.seed_ari",
        "Noise (ARI with noise in the vectors)",
        "Do tiny errors in the vectors leave the groups as they are?",
        decimal,
        0.9,
        0.8,
        _STEINLEY,
    ),
    Measure(
        "silhouette",
        "clusters.points_silhouette",
        "Silhouette",
        "Are the groups separated from each other?",
        decimal,
        0.5,
        0.25,
        _KAUFMAN,
    ),
    Measure(
        "neighbours",
        "neighbours.recall_at_10",
        "Recall of the nearest films",
        "Are the similar films of a film really the nearest ones?",
        share,
        0.95,
        0.9,
        "ours: at 95 % every second list of ten lacks one film on average",
    ),
)


def grade_all(report: Mapping[str, Any], previous: Mapping[str, Any] | None) -> list[Graded]:
    """Return each measure of `MEASURES` with its values and its grade.

    Parameters
    ----------
    report : mapping
        `report.json` of the release.
    previous : mapping or None
        That of the release before.
    """
    graded = []
    for measure in MEASURES:
        value = finite(lookup(report, measure.path))
        before = finite(lookup(previous, measure.path))
        ends = _interval(measure.name, value, report)
        graded.append(Graded(measure, value, before, ends, measure.grade(value)))
    return graded


def _interval(
    name: str, value: float | None, report: Mapping[str, Any]
) -> tuple[float, float] | None:
    """Return Wilson's interval of name truth over films, or that of stability at the chosen k."""
    films = finite(lookup(report, "counts.released"))
    if name == "names" and value is not None and films:
        return wilson_interval(value * films, films)
    if name == "stability":
        for row in lookup(report, "k.curve") or ():
            low, high = finite(row.get("stability_low")), finite(row.get("stability_high"))
            if row.get("stability") == value and low is not None and high is not None:
                return low, high
    return None
