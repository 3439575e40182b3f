"""Which nouns of texts are themes: films of some genres have them, films of others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.vectors import Parts, parts_of

__all__ = ["themes_among"]

_DIVERGENCE = 0.4  # nats: few words of texts have it, and those that lack it make weak names


def themes_among(
    forms: Collection[tuple[str, str]], noun_genres: pa.Table | Parts, genres: Mapping[str, int]
) -> set[tuple[str, str]]:
    """Return the forms whose films have other genres than the catalogue.

    "blacksmith" and "drug" have, "attempt" and "moment" do not.

    Parameters
    ----------
    forms : collection of (str, str)
        Form and language.
    noun_genres : pa.Table or Parts
        NOUN_GENRES of all partitions, one after the other.
    genres : Mapping of str to int
        Number of films of each genre in the catalogue.

    Notes
    -----
    The measure is the Kullback-Leibler divergence between the genres of the films with the noun and
    all genres, minus its expectation by chance for as few films, (genres - 1) / 2n (Miller 1955).

    Examples
    --------
    >>> columns = [["spy", "day", "day"], ["en"] * 3, ["War", "Thriller", "War"], [90, 50, 50]]
    >>> table = pa.table(columns, names=["form", "language", "genre", "films"])
    >>> themes_among([("spy", "en"), ("day", "en")], table, {"Thriller": 500, "War": 500})
    {('spy', 'en')}
    """
    names = sorted(genres)
    position = {genre: n for n, genre in enumerate(names)}
    wanted = pa.array(sorted({form for form, _ in forms}), pa.string())
    counts: Counter[tuple[str, str, str]] = Counter()
    for part in parts_of(noun_genres):
        own = part.filter(pc.is_in(part.column("form"), value_set=wanted))
        for form, language, genre, films in zip(*(c.to_pylist() for c in own.columns), strict=True):
            counts[form, language, genre] += films
    rows = {key: n for n, key in enumerate(sorted(forms))}
    table = np.zeros((len(rows), len(names)))
    for (form, language, genre), films in sorted(counts.items()):
        if (form, language) in rows and genre in position:
            table[rows[form, language], position[genre]] = films
    total = table.sum(1)
    base = np.array([genres[genre] for genre in names], float)
    share = table / np.maximum(total, 1)[:, None]
    ratio = np.where(share > 0, share * base.sum() / np.maximum(base, 1), 1)
    divergence = (share * np.log(ratio)).sum(1)
    by_chance = max(len(names) - 1, 0) / (2 * np.maximum(total, 1))
    return {key for key, n in rows.items() if divergence[n] - by_chance[n] >= _DIVERGENCE}
