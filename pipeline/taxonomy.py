"""Ids of micro-genres, created from their names."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["micro_genre_ids"]


def micro_genre_ids(names: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """Return an id for each micro-genre, readable in an address: its name, simplified.

    Parameters
    ----------
    names : sequence of str
        Names of the micro-genres.
    taken : collection of str
        Ids that other micro-genres have or had.

    Examples
    --------
    >>> micro_genre_ids(["Sci-Fi Ghosts", "Sci-Fi Ghosts!"], taken=["sci-fi-ghosts"])
    ['sci-fi-ghosts-2', 'sci-fi-ghosts-3']
    """
    ids: list[str] = []
    for name in names:
        plain = "".join(c if c.isalnum() else " " for c in name.casefold())
        base = "-".join(plain.split()) or "micro-genre"
        number, candidate = 2, base
        while candidate in ids or candidate in taken:
            candidate, number = f"{base}-{number}", number + 1
        ids.append(candidate)
    return ids
