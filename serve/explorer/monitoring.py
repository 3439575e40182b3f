"""What the upkeep database says about a recommender, in sentences and rows with units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.recommend.documents import AlertRow, MetricRow, VersionRow
from pipeline.report.formatting import finite, share, whole
from pipeline.settings import UpkeepSettings

__all__ = [
    "CHECKED",
    "Check",
    "CheckedFigure",
    "describe_alert",
    "list_checks",
    "normal_ranges",
    "summarise",
]

_KS = "distance of the distribution of stars from that of the training ratings"


@dataclass(frozen=True)
class CheckedFigure:
    """A figure of the check of a batch.

    Attributes
    ----------
    name : str
        Its key in the database.
    label : str
        What it is called.
    unit : {"", "%", "stars"}
        Its unit; "%" is a relative change, which may be negative.
    meaning : str
        What it says.
    """

    name: str
    label: str
    unit: str
    meaning: str

    def write(self, value: Any) -> str:
        """Return a value with its unit, "" if there is none.

        Examples
        --------
        >>> CHECKED[1].write(-0.031), CHECKED[3].write(0.912), CHECKED[0].write(None)
        ('\u22123.1\u202f%', '0.91 stars', '')
        """
        number = finite(value)
        if number is None:
            return ""
        if self.unit == "%":
            sign = "+" if number > 0 else "\u2212" if number < 0 else ""
            return sign + share(abs(number))
        return f"{number:.2f} stars" if self.unit == "stars" else f"{number:.3f}"


CHECKED: tuple[CheckedFigure, ...] = (
    CheckedFigure("ks", "Drift of the stars", "", f"Kolmogorov-Smirnov {_KS}, 0 to 1"),
    CheckedFigure("mean_change", "Change of the mean", "%", "of the mean number of stars"),
    CheckedFigure("deviation_change", "Change of the spread", "%", "of the standard deviation"),
    CheckedFigure("rmse", "RMSE", "stars", "root mean squared error of the predicted stars"),
    CheckedFigure("mae", "MAE", "stars", "mean absolute error of the predicted stars"),
    CheckedFigure("ndcg", "nDCG", "", "quality of the recommended lists, 0 to 1; higher is better"),
)


@dataclass(frozen=True)
class Check:
    """The check of one batch, or of several small batches together.

    Attributes
    ----------
    week : str
        Monday of the last week that was checked (ISO 8601).
    version : str
        The version of the recommender that was served.
    ratings : int
        Number of ratings.
    values : dict of str to float or None
        Figures by the names of `CHECKED`.
    beyond : set of str
        Names of the figures that are beyond their threshold.
    """

    week: str
    version: str
    ratings: int
    values: dict[str, float | None]
    beyond: set[str]


def list_checks(metrics: Sequence[MetricRow], alerts: Sequence[AlertRow]) -> list[Check]:
    """Return the checks, oldest first.

    Parameters
    ----------
    metrics, alerts : sequence of rows
        Rows of the tables of the same names.
    """
    beyond: dict[int, set[str]] = {}
    for alert in alerts:
        beyond.setdefault(alert["metric"], set()).add(alert["kind"].removesuffix("_growth"))
    return [
        Check(
            row["week"],
            row["version"],
            int(row["figures"].get("rows") or 0),
            {figure.name: finite(row["figures"].get(figure.name)) for figure in CHECKED},
            beyond.get(row["id"], set()),
        )
        for row in metrics
    ]


def normal_ranges(
    settings: UpkeepSettings, champion: Mapping[str, Any] | None
) -> dict[str, tuple[float | None, str]]:
    """Return what is normal for each figure: its largest normal value, and the range in words.

    Parameters
    ----------
    settings : UpkeepSettings
        The thresholds.
    champion : mapping or None
        Figures of the served version when it was evaluated.
    """
    ranges: dict[str, tuple[float | None, str]] = {
        "ks": (settings.ks, f"up to {settings.ks:g}"),
        "ndcg": (None, "no threshold"),
    }
    for name in ("mean_change", "deviation_change"):
        limit = getattr(settings, name)
        ranges[name] = (limit, f"\u00b1{share(limit)} at most")
    for name in ("rmse", "mae"):
        start = finite((champion or {}).get(name))
        limit = None if start is None else start * (1 + settings.performance_change)
        text = "not known" if limit is None else f"up to {limit:.2f} stars"
        ranges[name] = (limit, text)
    return ranges


def describe_alert(alert: AlertRow) -> str:
    """Return an alert as a sentence.

    Examples
    --------
    >>> describe_alert({"kind": "rmse_growth", "value": 0.2, "threshold": 0.1})
    'RMSE grew by 20\u202f% since the version was promoted; normal is up to 10\u202f%.'
    """
    kind, value, limit = alert["kind"], alert["value"], alert["threshold"]
    figures = {figure.name: figure for figure in CHECKED}
    if kind.endswith("_growth"):
        name = kind.removesuffix("_growth").upper()
        return (
            f"{name} grew by {share(value)} since the version was promoted; normal is up to "
            f"{share(limit)}."
        )
    if kind == "ks":
        return f"The {_KS} is {value:.3f}; normal is up to {limit:g}."
    label = figures[kind].meaning.removeprefix("of ") if kind in figures else kind
    return f"Change {share(value)} of {label}; normal is up to {share(limit)}."


def summarise(
    versions: Sequence[VersionRow],
    checks: Sequence[Check],
    alerts: Sequence[AlertRow],
    waiting: int,
    settings: UpkeepSettings,
) -> tuple[str, list[str]]:
    """Return the state of the recommender as one sentence, and further sentences.

    Parameters
    ----------
    versions : sequence of VersionRow
        All versions.
    checks : sequence of Check
        All checks, oldest first.
    alerts : sequence of AlertRow
        All alerts.
    waiting : int
        Ratings in batches that were not checked yet.
    settings : UpkeepSettings
        The thresholds.
    """
    served = next((row for row in versions if row["status"] == "champion"), None)
    if served is None:
        return "No version of the recommender is served yet.", []
    own = [row for row in alerts if row["version"] == served["version"]]
    checked = [check for check in checks if check.version == served["version"]]
    learnt = datetime.fromtimestamp(served["learnt_before"], UTC)
    reasons = [
        f"Served is version {served['version']} ({served['model']}), which has learnt from "
        f"ratings before {learnt:%-d %B %Y}."
    ]
    if checked:
        last = checked[-1]
        found = f"{len(last.beyond)} figures were" if len(last.beyond) != 1 else "one figure was"
        reasons.append(
            f"The last check was of the week of {last.week}, with {whole(last.ratings)} ratings: "
            + (f"{found} beyond the normal range." if last.beyond else "all figures were normal.")
        )
    if waiting:
        reasons.append(
            f"{whole(waiting)} new ratings wait to be checked; a check needs at least "
            f"{whole(settings.min_rows)}."
        )
    if len(own) >= settings.alerts:
        answer = (
            f"Training is due: {len(own)} alert{'s' if len(own) != 1 else ''} since this version "
            "was promoted. Train with: microgenres ratings retrain"
        )
    elif checked:
        answer = "All is normal: new ratings are like those that the recommender has learnt from."
    else:
        answer = "No batch has been checked yet. Check with: microgenres ratings monitor"
    return answer, reasons
