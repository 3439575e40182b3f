"""Tiles whose area is a number of films, in families, with labels that fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import squarify

from serve.catalogue.records import FamilyRow, MicroGenreRow

__all__ = ["Canvas", "FamilyTile", "Tile", "lay_out", "wrapped"]

_HEAD = 1.7  # height of a family's heading, in heights of a letter
_GAP = 2.0
_LETTER = 0.62  # width of a letter of wide fonts, in heights of a letter
_MOST_LINES = 5


@dataclass(frozen=True)
class Canvas:
    """The size of the drawing.

    Attributes
    ----------
    width, height : float
        In units.
    letter : float
        Height of letters in units. The page shows a unit large enough that letters have at least
        9 pixels.
    """

    width: float
    height: float
    letter: float


@dataclass(frozen=True)
class Tile:
    """A rectangle; places in units from the upper left corner.

    Attributes
    ----------
    x, y, width, height : float
        Its place and size.
    genre : MicroGenreRow or None
        Its micro-genre; None for a family.
    lines : tuple of str
        The lines of its label; none if it would not fit.
    """

    x: float
    y: float
    width: float
    height: float
    genre: MicroGenreRow | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class FamilyTile:
    """A family with its tiles; `tile.lines` is its heading."""

    family: FamilyRow
    tile: Tile
    tiles: list[Tile] = field(default_factory=list)


def wrapped(name: str, width: float, letter: float, most: int = _MOST_LINES) -> tuple[str, ...]:
    """Return a name in lines that fit a width; no line if it does not fit.

    Examples
    --------
    >>> wrapped("Submarine War Films", 90, 10)
    ('Submarine War', 'Films')
    >>> wrapped("Submarine War Films", 30, 10)
    ()
    """
    letters = int(width / (letter * _LETTER))
    lines = [""]
    for word in name.split():
        if len(word) > letters:
            return ()
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= letters:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines) if len(lines) <= most else ()


def lay_out(
    families: Sequence[FamilyRow], genres: Sequence[MicroGenreRow], canvas: Canvas
) -> list[FamilyTile]:
    """Lay families and their micro-genres out as a squarified treemap.

    The method is that of Bruls, Huizing and van Wijk (2000), by the library squarify.

    Parameters
    ----------
    families : sequence of FamilyRow
        The families to show.
    genres : sequence of MicroGenreRow
        All micro-genres.
    canvas : Canvas
        The size.

    Returns
    -------
    list of FamilyTile
        The largest family first.
    """
    shown = sorted(
        (family for family in families if family["films"]),
        key=lambda row: (-row["films"], row["family_name"]),
    )
    if not shown:
        return []
    found = []
    places = _squares([row["films"] for row in shown], 0, 0, canvas.width, canvas.height)
    for family, place in zip(shown, places, strict=True):
        x, y, width, height = _inner(place)
        head = _HEAD * canvas.letter
        heading = _heading(family["family_name"], width - 8, canvas.letter)
        if not heading or height < 2 * head:
            head, heading = 0.0, ()
        own = sorted(
            (row for row in genres if row["family"] == family["family"] and row["films"]),
            key=lambda row: (-row["films"], row["cluster"]),
        )
        inner = _squares([row["films"] for row in own], x, y + head, width, height - head)
        tiles = [_tile(genre, where, canvas) for genre, where in zip(own, inner, strict=True)]
        found.append(FamilyTile(family, Tile(x, y, width, height, None, heading), tiles))
    return found


def _heading(name: str, width: float, letter: float) -> tuple[str, ...]:
    """Return a name in one line, cut if it is too long; no line if little of it would be left."""
    letters = int(width / (letter * (_LETTER + 0.04)))  # headings are bold
    if len(name) <= letters:
        return (name,)
    return (f"{name[: letters - 1].rstrip()}\u2026",) if letters >= 6 else ()


def _tile(genre: MicroGenreRow, place: dict[str, float], canvas: Canvas) -> Tile:
    x, y, width, height = _inner(place)
    lines = wrapped(genre["micro_genre_name"], width - 10, canvas.letter)
    if (len(lines) + 0.5) * canvas.letter * 1.2 > height:
        lines = ()
    return Tile(x, y, width, height, genre, lines)


def _squares(
    films: Sequence[int], x: float, y: float, width: float, height: float
) -> list[dict[str, float]]:
    sizes: list[float] = squarify.normalize_sizes(list(films), width, height)
    found: list[dict[str, float]] = squarify.squarify(sizes, x, y, width, height)
    return found


def _inner(place: dict[str, Any]) -> tuple[float, float, float, float]:
    """Return a rectangle without the gap around it."""
    width, height = max(1.0, place["dx"] - _GAP), max(1.0, place["dy"] - _GAP)
    return place["x"] + _GAP / 2, place["y"] + _GAP / 2, width, height
