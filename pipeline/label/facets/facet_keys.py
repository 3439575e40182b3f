"""Facets of films as parts of names: "decade:1970", "era:silent", "language:hi", "country:HK"."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["facet_keys"]

_ONE = (("decade", "decade"), ("era", "era"), ("language", "language"))  # kind, column
_FORMS = ("short",)  # documentary and animation are genres


def facet_keys(facets: pa.Table) -> tuple[np.ndarray, list[str]]:
    """Return the facets of films as pairs of a row and a key.

    Parameters
    ----------
    facets : pa.Table
        FACETS.

    Returns
    -------
    rows : ndarray of shape (n,), int64
        Row of the film of each pair.
    keys : list of str
        Key of the facet of each pair, as in PARTS.

    Examples
    --------
    >>> table = pa.table(
    ...     {"decade": [1970, None], "era": [None, "silent"], "language": ["hi", None],
    ...      "countries": [["IN", "GB"], []], "short": [False, True]}
    ... )
    >>> rows, keys = facet_keys(table)
    >>> sorted(zip(rows.tolist(), keys))  # doctest: +NORMALIZE_WHITESPACE
    [(0, 'country:GB'), (0, 'country:IN'), (0, 'decade:1970'), (0, 'language:hi'),
     (1, 'era:silent'), (1, 'form:short')]
    """
    rows: list[np.ndarray] = []
    keys: list[str] = []
    for kind, column in _ONE:
        values = facets.column(column)
        rows.append(np.flatnonzero(pc.is_valid(values).to_numpy()))
        keys += [f"{kind}:{value}" for value in values.drop_null().to_pylist()]
    countries = facets.column("countries").combine_chunks()
    rows.append(pc.list_parent_indices(countries).to_numpy())
    keys += [f"country:{code}" for code in pc.list_flatten(countries).to_pylist()]
    for form in _FORMS:
        own = np.flatnonzero(facets.column(form).to_numpy())
        rows.append(own)
        keys += [f"form:{form}"] * len(own)
    return np.concatenate(rows).astype(np.int64), keys
