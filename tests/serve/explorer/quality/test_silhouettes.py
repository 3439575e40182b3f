"""The silhouettes of a report, the one of the verdict first."""

from __future__ import annotations

from serve.explorer.quality.measures import MEASURES
from serve.explorer.quality.silhouettes import list_silhouettes
from tests.support.full_release import FIGURES


def test_the_first_is_the_figure_of_the_verdict() -> None:
    found = list_silhouettes(FIGURES)
    assert [row.value for row in found] == [-0.007, -0.03, 0.22]
    (measure,) = [measure for measure in MEASURES if measure.name == "silhouette"]
    section, name = measure.path.split(".")
    assert FIGURES[section][name] == found[0].value


def test_values_that_were_not_measured_are_left_out() -> None:
    assert list_silhouettes({"k": {"chosen": 3, "curve": [{"k": 2, "silhouette": 0.5}]}}) == []
