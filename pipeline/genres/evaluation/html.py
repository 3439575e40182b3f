"""Render the HTML pages of genre models: no scripts, no other files, every value escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["HeatMap", "environment", "render"]


@dataclass(frozen=True)
class HeatMap:
    """A table of shaded shares.

    Attributes
    ----------
    caption : str
        What the map shows.
    rows, columns : sequence of str
        Names of the rows and columns.
    values : sequence of sequence of float
        One row of shares, 0 to 1, for each of `rows`.
    """

    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]

    def named_rows(self) -> Iterable[tuple[str, Sequence[float]]]:
        """Return each row's name with its values."""
        return zip(self.rows, self.values, strict=True)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the Jinja2 environment of the pages; a missing variable is an error."""
    style = files("pipeline.report").joinpath("templates", "report.css")
    pages = Environment(
        loader=PackageLoader("pipeline.genres.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_encodable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.globals["report_css"] = style.read_text(encoding="utf-8")
    return pages


def render(template: str, **values: Any) -> str:
    """Return a page; the same values give the same text."""
    return environment().get_template(template).render(values)


def _encodable(value: Any) -> Any:
    """Replace the lone surrogates of a damaged catalogue, which UTF-8 cannot encode."""
    if not isinstance(value, str) or hasattr(value, "__html__"):  # HTML of a macro or of `safe`
        return value
    return value.encode("utf-8", "replace").decode("utf-8")
