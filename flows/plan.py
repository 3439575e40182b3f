"""The steps of the flows in order: they number the tasks in Prefect and the progress of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PLANS", "PlannedStep", "place_in_plan"]


@dataclass(frozen=True)
class PlannedStep:
    """A step of a flow.

    Attributes
    ----------
    name : str
        The name of its task.
    weight : float
        Seconds that it took for 5,000 films (tmdb-4968, two cores): only their relation counts.
    stage : str
        The stage whose pieces say how far the step is, if one takes most of its time.
    """

    name: str
    weight: float
    stage: str = ""


PLANS: Mapping[str, tuple[PlannedStep, ...]] = {
    "mine": (
        PlannedStep("read sources", 0.9),
        PlannedStep("clean movies", 0.4, "clean"),
        PlannedStep("find languages", 0.3),
        PlannedStep("extract features", 0.1, "features"),
        PlannedStep("embed texts", 18.5, "embed"),
        PlannedStep("find parts of names", 5.5),
        PlannedStep("place films", 5.2),
        PlannedStep("find neighbours", 1.6),
        PlannedStep("cluster films", 2.3),
        PlannedStep("check clusters", 2.8),
        PlannedStep("shape shelves", 4.0),
        PlannedStep("place films on map", 0.8),
        PlannedStep("name clusters", 6.0),
        PlannedStep("publish release", 2.0),
    ),
    "update": (
        PlannedStep("read sources", 1.0),
        PlannedStep("compare rows", 0.5),
        PlannedStep("find changes", 1.5),
        PlannedStep("embed new texts", 2.0, "update-vectors"),
        PlannedStep("place changed films", 2.0),
        PlannedStep("find novel films", 0.5),
        PlannedStep("publish update", 2.5),
    ),
}


def place_in_plan(flow: str | None, step: str) -> tuple[int, int]:
    """Return the number of a step, from 1, and how many steps the flow has; zeros if unplanned.

    Examples
    --------
    >>> place_in_plan("update", "embed new texts")
    (4, 7)
    >>> place_in_plan("fetch", "fetch films")
    (0, 0)
    """
    plan = PLANS.get(flow or "", ())
    for number, planned in enumerate(plan, 1):
        if planned.name == step:
            return number, len(plan)
    return 0, 0
