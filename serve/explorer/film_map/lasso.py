"""A selection on the map: the films inside a polygon that an address describes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from serve.explorer.query import WrongValueError

__all__ = ["Lasso", "read_lasso"]

MOST_CORNERS = 200
_CORNER = re.compile(r"(-?\d{1,4}),(-?\d{1,4})")
_UNITS = 1_000  # of the whole map, in the address


@dataclass(frozen=True)
class Lasso:
    """A closed polygon.

    Attributes
    ----------
    corners : ndarray of shape (n_corners, 2), float64
        x and y of each corner; the whole map is 0 to 1.
    """

    corners: np.ndarray

    def contains(self, positions: np.ndarray) -> np.ndarray:
        """Return whether each place is inside, by the even-odd rule.

        Parameters
        ----------
        positions : ndarray of shape (n_films, 2), float
            x and y, 0 to 1.

        Returns
        -------
        ndarray of shape (n_films,), bool

        Examples
        --------
        >>> square = read_lasso("0,0 500,0 500,500 0,500")
        >>> square.contains(np.array([[0.2, 0.3], [0.7, 0.3]])).tolist()
        [True, False]
        """
        x, y = positions[:, 0], positions[:, 1]
        inside = np.zeros(len(positions), bool)
        ends = np.roll(self.corners, 1, axis=0)
        for (x0, y0), (x1, y1) in zip(self.corners, ends, strict=True):
            if y0 == y1:
                continue
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return inside


def read_lasso(text: str) -> Lasso:
    """Read a polygon such as "100,100 900,100 500,800", in thousandths of the map.

    Raises
    ------
    WrongValueError
        If it has fewer than 3 or more than 200 corners, or is not written so.
    """
    parts = text.split()
    corners = [_CORNER.fullmatch(part) for part in parts]
    if not 3 <= len(parts) <= MOST_CORNERS or not all(corners):
        raise WrongValueError(
            f'"lasso" is 3 to {MOST_CORNERS} corners such as "100,100 900,100 500,800"'
        )
    found = [(int(corner[1]), int(corner[2])) for corner in corners if corner]
    return Lasso(np.array(found, np.float64) / _UNITS)
