"""A colour and pattern for each family, never shared by two families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["family_classes", "family_css"]

HUES = (215, 25, 140, 330, 50, 275, 175, 0, 95, 245)  # degrees; neighbours differ in hue
# percent; the lightest, up to 44, on which white text has a contrast of 4.8 or more (WCAG 2.2)
LIGHTNESS = (44, 41, 32, 44, 32, 44, 32, 44, 32, 44)
PATTERNS = (
    "none",
    "repeating-linear-gradient(45deg, #fff7 0 2px, transparent 2px 6px)",
    "repeating-linear-gradient(-45deg, #0006 0 2px, transparent 2px 6px)",
    "repeating-linear-gradient(0deg, #fff7 0 2px, transparent 2px 5px)",
    "repeating-linear-gradient(90deg, #0006 0 2px, transparent 2px 5px)",
)


def family_classes(families: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the CSS class of each family's name, the family with most films first.

    Examples
    --------
    >>> family_classes([{"family_name": "War", "films": 3}, {"family_name": "Crime", "films": 9}])
    {'Crime': 'family-0', 'War': 'family-1'}
    """
    ranked = sorted(families, key=lambda row: (-(row["films"] or 0), row["family_name"]))
    return {row["family_name"]: f"family-{number}" for number, row in enumerate(ranked)}


def family_css(count: int) -> str:
    """Return the style sheet of `count` families.

    The first ten have a hue each. Later ones repeat the hues with another pattern, and after
    five patterns with another lightness, so that no two of 1,000 look the same.

    Examples
    --------
    >>> family_css(1)
    '.family-0{--family:hsl(215 55% 44%);--pattern:none}'
    """
    rules = []
    for number in range(count):
        turn, hue = divmod(number, len(HUES))
        level, pattern = divmod(turn, len(PATTERNS))
        lightness = LIGHTNESS[hue] - level % 20
        colour = f"hsl({HUES[hue]} 55% {lightness}%)"
        rules.append(f".family-{number}{{--family:{colour};--pattern:{PATTERNS[pattern]}}}")
    return "\n".join(rules)
