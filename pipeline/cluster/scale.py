"""Sizes that clusters aim at, by the number of films of the catalogue.

A catalogue of a hundred films holds themes of about ten films, one of thousands holds themes of
about fifty. Settings that are "auto" follow the catalogue.
"""

from __future__ import annotations

from math import log

import numpy as np

from pipeline.settings import ClusterSettings

__all__ = ["TOO_FEW", "adapt", "leaf_films", "min_films"]

TOO_FEW = 50  # films; the clusters of a smaller catalogue say little

# Average films of a cluster by the number of films; between them, linear in log(films).
_FILMS = (100, 500, 1_000, 5_000)
_LEAVES = (10.0, 15.0, 25.0, 48.0)
_MIN_SHARE = 6  # a cluster has at least a sixth of the average films, at most `_MOST_MIN_FILMS`
_LEAST_MIN_FILMS, _MOST_MIN_FILMS = 2, 5


def leaf_films(settings: ClusterSettings, films: int) -> int:
    """Return the average number of films of a cluster to aim at.

    Parameters
    ----------
    settings : ClusterSettings
        `leaf_films`.
    films : int
        Number of training films.

    Examples
    --------
    >>> [leaf_films(ClusterSettings(), films) for films in (20, 100, 500, 1_000, 2_000, 90_000)]
    [10, 10, 15, 25, 35, 48]
    >>> leaf_films(ClusterSettings(leaf_films=30), 100)
    30
    """
    if settings.leaf_films != "auto":
        return settings.leaf_films
    return round(float(np.interp(log(max(films, 1)), [log(f) for f in _FILMS], _LEAVES)))


def min_films(settings: ClusterSettings, films: int) -> int:
    """Return the fewest films of a cluster.

    Parameters
    ----------
    settings : ClusterSettings
        `min_films`, and `leaf_films` if it is "auto".
    films : int
        Number of training films.

    Examples
    --------
    >>> [min_films(ClusterSettings(), films) for films in (20, 500, 1_000, 5_000)]
    [2, 2, 4, 5]
    """
    if settings.min_films != "auto":
        return settings.min_films
    share = round(leaf_films(settings, films) / _MIN_SHARE)
    return max(_LEAST_MIN_FILMS, min(_MOST_MIN_FILMS, share))


def adapt(settings: ClusterSettings, films: int) -> ClusterSettings:
    """Return the settings with numbers in the place of "auto" for `leaf_films` and `min_films`.

    Parameters
    ----------
    settings : ClusterSettings
        Settings of the clustering.
    films : int
        Number of training films.

    Examples
    --------
    >>> adapt(ClusterSettings(), 1_000).leaf_films
    25
    """
    sizes = {
        "leaf_films": leaf_films(settings, films),
        "min_films": min_films(settings, films),
    }
    return settings.model_copy(update=sizes)
