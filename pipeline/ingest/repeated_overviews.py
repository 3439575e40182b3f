"""Find overviews that say there is none: the same short text under several titles.

A placeholder is short and stands under many titles: one for each 2.5 words of the text, at least 3.
A text of more than half of all rows is no placeholder (it is that of a series, or of an example),
unless it has only a few words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.ingest.spool import Hashes, Numbers, RowSpool, RowValues

__all__ = ["RepeatedOverviews", "find_repeated_overviews"]

_FEWEST_TITLES = 3
_TITLES_A_WORD = 0.4  # a long text is less likely to be a placeholder
_MOST_WORDS = 30
_FEW_WORDS = 5  # words of a text that is a placeholder although most rows have it
_MOST_ROWS, _NEARLY_ALL = 0.5, 0.9  # shares of the rows
_SHOWN = 5  # texts that notes quote
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")
_IDEOGRAPHS_OF_WORD = 2


@dataclass(frozen=True)
class RepeatedOverviews:
    """Overviews that are none.

    Attributes
    ----------
    hashes : ndarray, uint64
        Hashes of these texts, as in `RowValues.overview`; sorted.
    notes : tuple of str
        Which they are.
    """

    hashes: Hashes
    notes: tuple[str, ...]

    def in_rows(self, values: RowValues) -> npt.NDArray[np.bool_]:
        """Return whether each row has one of these overviews."""
        return np.asarray(np.isin(values.overview, self.hashes), bool)


def find_repeated_overviews(
    spool: RowSpool, values: RowValues, films: Numbers
) -> RepeatedOverviews:
    """Find the overviews that stand under several titles of different films.

    Parameters
    ----------
    spool : RowSpool
        The rows.
    values : RowValues
        Their numbers.
    films : ndarray of shape (n_rows,), int64
        Number of a row of the same film.
    """
    rows = np.flatnonzero(values.overview)
    hashes, group, counts = np.unique(
        values.overview[rows], return_inverse=True, return_counts=True
    )
    wanted = counts[group] >= _FEWEST_TITLES
    rows, group = rows[wanted], group[wanted]
    if not len(rows):
        return RepeatedOverviews(hashes[:0], ())
    titles = spool.titles(rows)
    found: list[tuple[int, int, str]] = []
    order = np.lexsort((rows, group))
    groups, starts = np.unique(group[order], return_index=True)
    for number, at in zip(groups, np.split(order, starts[1:]), strict=True):
        distinct = min(len(np.unique(titles[at])), len(np.unique(films[rows[at]])))
        if distinct < _FEWEST_TITLES:
            continue
        [(_, table)] = spool.parts(rows[at][:1], ["overview"])
        text = str(table.column(0)[0].as_py())
        if _is_placeholder(text, distinct, len(at) / len(values.overview)):
            found.append((len(at), int(hashes[number]), text))
    found.sort(key=lambda entry: (-entry[0], entry[2]))
    notes = [
        f"{count:,} rows of different films have the overview {' '.join(text.split())!r}: "
        "it counts as none"
        for count, _, text in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        rest = sum(count for count, _, _ in found[_SHOWN:])
        notes.append(
            f"{rest:,} rows have {len(found) - _SHOWN:,} more overviews that count as none, since "
            "different films have the same"
        )
    marked = np.asarray(sorted(value for _, value, _ in found), np.uint64)
    return RepeatedOverviews(marked, tuple(notes))


def _is_placeholder(text: str, titles: int, share: float) -> bool:
    """Whether a text under `titles` titles, in a share of all rows, is no overview."""
    ideographs = len(_IDEOGRAPH.findall(text))
    words = len(_IDEOGRAPH.sub("", text).split()) + ideographs // _IDEOGRAPHS_OF_WORD
    if words > _MOST_WORDS or titles < max(_FEWEST_TITLES, _TITLES_A_WORD * words):
        return False
    return share <= (_NEARLY_ALL if words <= _FEW_WORDS else _MOST_ROWS)
