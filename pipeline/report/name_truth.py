"""How far the names of a release are true of their films: figures for the report.

`docs/name-truth.md` defines when a name is true of a film.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["MOSTLY", "name_truth_figures"]

MOSTLY = 0.6  # share of its films from which on a name counts as true
_PARTS = ("subject", "form", "adjective")


def name_truth_figures(micro_genres: pa.Table) -> dict[str, Any]:
    """Return the figures under "name_truth" in `report.json`.

    Parameters
    ----------
    micro_genres : pa.Table
        MICRO_GENRES. Rows without films, and rows whose `name_truth` is null, do not count.

    Returns
    -------
    dict of str to Any
        `whole`: share of the films for which the whole name of their micro-genre is true, 0 to 1.
        `themed`: share of the films whose micro-genre has a theme, which is a subject in its name;
        `whole_of_themed`: share of these for which the whole name is true.
        `subject`, `form`, `adjective`: shares for one part, of the films whose name has that part;
        None if no name has it. `names_true_of_60`: share of the names that are true of at least
        60 % of their films; `forms_true_of_60`: the same for the forms, of the names with a form.
        `without_form`, `without_subject`: shares of the names. `thin_micro_genres`, `thin_films`:
        micro-genres that are named by genre, language or time alone, and their films. Empty if
        nothing is known.

    Examples
    --------
    >>> columns = {"films": [10, 30], "name_truth": [0.9, 0.5], "subject_truth": [0.9, None]}
    >>> columns |= {"form_truth": [1.0, 0.5], "adjective_truth": [None, None]}
    >>> figures = name_truth_figures(pa.table(columns | {"thin": [False, True]}))
    >>> figures["whole"], figures["subject"], figures["names_true_of_60"], figures["thin_films"]
    (0.6, 0.9, 0.5, 30)
    """
    films = np.asarray(micro_genres["films"].to_numpy(), np.float64)
    whole = _shares(micro_genres, "name_truth")
    known = ~np.isnan(whole) & (films > 0)
    if not known.any():
        return {}
    films, whole = films[known], whole[known]
    parts = {name: _shares(micro_genres, f"{name}_truth")[known] for name in _PARTS}
    thin = micro_genres["thin"].to_numpy(zero_copy_only=False)[known].astype(bool)
    themed = ~np.isnan(parts["subject"])
    return {
        "whole": _of_films(whole, films),
        "themed": float(films[themed].sum() / films.sum()),
        "whole_of_themed": _of_films(whole[themed], films[themed]),
        **{name: _of_films(shares, films) for name, shares in parts.items()},
        "names_true_of_60": _mostly_true(whole, films),
        "forms_true_of_60": _mostly_true(parts["form"], films),
        "without_form": float(np.isnan(parts["form"]).mean()),
        "without_subject": float(np.isnan(parts["subject"]).mean()),
        "thin_micro_genres": int(thin.sum()),
        "thin_films": int(films[thin].sum()),
    }


def _shares(table: pa.Table, name: str) -> np.ndarray:
    """A column of shares as float64; NaN for null."""
    return np.asarray(table[name].to_numpy(zero_copy_only=False), np.float64)


def _counts(shares: np.ndarray, films: np.ndarray) -> np.ndarray:
    """Films for which something is true: whole numbers, which a float32 share gives exactly."""
    counts: np.ndarray = np.rint(shares * films)
    return counts


def _of_films(shares: np.ndarray, films: np.ndarray) -> float | None:
    there = ~np.isnan(shares)
    if not there.any():
        return None
    return float(_counts(shares[there], films[there]).sum() / films[there].sum())


def _mostly_true(shares: np.ndarray, films: np.ndarray) -> float | None:
    there = ~np.isnan(shares)
    if not there.any():
        return None
    return float((_counts(shares[there], films[there]) >= MOSTLY * films[there]).mean())
