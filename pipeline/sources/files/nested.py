"""Values within the objects of JSON: `imdb.rating` is `rating` of the objects in column `imdb`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["Paths", "expand", "pick"]

Paths = Mapping[str, tuple[str, ...]]
_DEPTH, _MOST_KEYS = 3, 60
_LOOKED_AT = 50  # rows whose objects are looked into


def expand(columns: Sequence[str], sample: Mapping[str, Sequence[object]]) -> Paths:
    """Return the names and paths of the values within the objects of a table.

    Parameters
    ----------
    columns : sequence of str
        Columns of the table.
    sample : Mapping of str to sequence of object
        Column -> cells of the first rows.

    Returns
    -------
    Mapping of str to tuple of str
        Such as `imdb.rating` -> (`imdb`, `rating`), without names that are columns themselves.

    Examples
    --------
    >>> list(expand(["imdb"], {"imdb": [{"rating": 7.5, "votes": {"all": 3}}]}))
    ['imdb.rating', 'imdb.votes', 'imdb.votes.all']
    """
    paths: dict[str, tuple[str, ...]] = {}
    for column in columns:
        for cell in sample.get(column, ())[:_LOOKED_AT]:
            _walk(cell, (column,), paths)
    return {name: path for name, path in paths.items() if name not in columns}


def _walk(cell: object, path: tuple[str, ...], paths: dict[str, tuple[str, ...]]) -> None:
    if not isinstance(cell, Mapping) or len(path) > _DEPTH or len(cell) > _MOST_KEYS:
        return
    for key, value in cell.items():
        inner = (*path, str(key))
        if len(paths) < 10 * _MOST_KEYS:
            paths.setdefault(".".join(inner), inner)
        _walk(value, inner, paths)


def pick(cell: object, path: Sequence[str]) -> object:
    """Return the value at a path within an object, None if there is none.

    Examples
    --------
    >>> pick({"votes": {"all": 3}}, ("votes", "all"))
    3
    """
    for key in path:
        if not isinstance(cell, Mapping):
            return None
        cell = cell.get(key)
    return cell
