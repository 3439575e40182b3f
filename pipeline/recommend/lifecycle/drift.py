"""Whether a batch of ratings is still like those learnt from, and whether stars still fit.

The statistic of Kolmogorov and Smirnov over the ten ratings; mean and deviation beside it. Fewer
rows than `min_rows` say nothing, so small batches are judged together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.settings import UpkeepSettings

__all__ = ["Shape", "alerts_of", "drift", "shape_of"]


@dataclass(frozen=True)
class Shape:
    """How ratings are spread: counts of 0.5, 1, ... 5 stars."""

    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """In stars."""
        return float(np.arange(1, 11) / 2 @ np.array(self.counts)) / max(1, self.rows)

    @property
    def deviation(self) -> float:
        """Standard deviation in stars."""
        apart = (np.arange(1, 11) / 2 - self.mean) ** 2
        return float(np.sqrt(apart @ np.array(self.counts) / max(1, self.rows)))


def shape_of(stars: np.ndarray) -> Shape:
    """The shape of ratings, 0.5 to 5."""
    found = np.bincount(np.round(stars * 2).astype(int), minlength=11)[1:11]
    return Shape(tuple(int(count) for count in found))


def drift(reference: Shape, batch: Shape) -> dict[str, float]:
    """`ks` (0 to 1), `mean_change` and `deviation_change` (relative, signed), `rows`."""
    ours, theirs = (
        np.cumsum(np.array(shape.counts) / max(1, shape.rows)) for shape in (reference, batch)
    )
    return {
        "rows": batch.rows,
        "ks": float(np.abs(ours - theirs).max()),
        "mean": batch.mean,
        "mean_change": batch.mean / max(reference.mean, 1e-9) - 1,
        "deviation_change": batch.deviation / max(reference.deviation, 1e-9) - 1,
    }


def alerts_of(
    figures: Mapping[str, Any], at_promotion: Mapping[str, Any], settings: UpkeepSettings
) -> list[tuple[str, float, float]]:
    """What is beyond its threshold: (kind, value, threshold); nothing below `min_rows`.

    Parameters
    ----------
    figures : of `drift`, with `rmse` and `mae` where stars were measured. at_promotion : `rmse` and
        `mae` of the version when it was promoted.
    """
    if figures["rows"] < settings.min_rows:
        return []
    checked = [
        ("ks", figures["ks"], settings.ks),
        ("mean_change", abs(figures["mean_change"]), settings.mean_change),
        ("deviation_change", abs(figures["deviation_change"]), settings.deviation_change),
    ]
    for name in ("rmse", "mae"):
        if name in figures and at_promotion.get(name):
            growth = figures[name] / at_promotion[name] - 1
            checked.append((f"{name}_growth", growth, settings.performance_change))
    return [(kind, float(value), limit) for kind, value, limit in checked if value > limit]
