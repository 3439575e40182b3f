"""The inputs of `tests/data/cases`: small invented catalogues, each with its right values."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CASES", "case"]

CASES = Path(__file__).resolve().parents[1] / "data" / "cases"


def case(name: str) -> Path:
    """Return a file or folder of the cases, such as `case("13-dates/films.csv")`."""
    path = CASES / name
    assert path.exists(), path
    return path
