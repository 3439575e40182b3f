"""Names that a cluster could have, of parts that are true of most of its films.

A part is a candidate if it is true of a share of the films of the cluster, and likelier there than
in the catalogue. Names are combinations: a subject or two joined ones, a genre or two, facets.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.label.shelves.membership import parts_matrix
from pipeline.label.shelves.options import (
    DIGITS,
    EDGE,
    TOGETHER,
    ClusterFilms,
    PartArrays,
    facet_options,
    form_options,
    ramp,
    subject_options,
)
from pipeline.schemas.stage import stage

__all__ = ["PROPOSED_NAMES", "propose_shelf_names"]

_NUMBERS = pa.list_(pa.int32())

# Names that a cluster could have, best first. Shares are of its films, 0 to 1; null: no such part.
PROPOSED_NAMES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("films", pa.int64()),  # of the cluster
        ("subjects", _NUMBERS),
        ("words", _NUMBERS),  # what is printed for each subject
        ("genres", _NUMBERS),
        ("every_genre", pa.bool_()),
        ("facets", _NUMBERS),
        ("value", pa.float64()),  # the higher the better; no unit
        ("whole", pa.float64()),  # share for which the whole name is true
        ("subject", pa.float64()),
        ("form", pa.float64()),
        ("facet", pa.float64()),
    ]
)

_PROPOSALS = 80  # of a cluster
_TRUE_OF_MOST, _SAID_BY_MOST = 0.6, 0.6
_BELOW = 0.08  # how far below the share of most films the worth of a true name begins
_NOTHING = -1.8  # worth of a name with neither subject nor genre


@stage(
    "shelf-names",
    inputs=("members", "parts"),
    outputs=("proposals",),
)
def propose_shelf_names(
    members: pa.Table, parts: pa.Table, films: int, final: bool, family: bool = False
) -> dict[str, pa.Table]:
    """Propose names for some clusters.

    Parameters
    ----------
    members : pa.Table
        All films of these clusters: cluster (int32), `parts` and `literal` of FILM_PARTS, and
        weight (float32): how surely the film belongs to its cluster, above 0.
    parts : pa.Table
        PARTS.
    films : int
        Number of films of the catalogue, in which `parts` are counted.
    final : bool
        True for names to print. A part is worth less the fewer films it is true of: in full from
        60 % on, or from 75 % on for one of two joined subjects that are true of 30 % each. A
        subject true of less than 25 % is not printed, nor is a genre of less than 60 %. False for
        names towards which films are moved: their parts may be true of fewer films as yet.
    family : bool
        Whether the clusters are families: a part is true of half of the films, and the genres are
        worth more than a subject.

    Returns
    -------
    dict of str to pa.Table
        `proposals`: PROPOSED_NAMES by cluster, best first.

    Notes
    -----
    The worth of a part is its term of the Kullback-Leibler divergence between the films of the
    cluster and the catalogue: share times the logarithm of share divided by base share.
    """
    clusters = members.column("cluster").to_numpy()
    matrix = parts_matrix(members.column("parts"), len(parts))
    literal = parts_matrix(members.column("literal"), len(parts))
    vocabulary = PartArrays(parts, films)
    order = np.argsort(clusters, kind="stable")
    found, starts = np.unique(clusters[order], return_index=True)
    weights = members.column("weight").to_numpy().astype(np.float64)
    rows: list[dict[str, object]] = []
    for number, own in zip(found, np.split(order, starts)[1:], strict=True):
        for proposal in _propose(
            ClusterFilms(matrix[own].tocsc(), literal[own].tocsc(), weights[own], family=family),
            vocabulary,
            final=final,
        ):
            rows.append({"cluster": int(number), "films": len(own), **proposal})
    return {"proposals": pa.Table.from_pylist(rows, PROPOSED_NAMES)}


def _propose(own: ClusterFilms, vocabulary: PartArrays, *, final: bool) -> list[dict[str, object]]:
    """The best names of one cluster."""
    subjects = subject_options(own, vocabulary, final=final)
    forms = form_options(own, vocabulary, final=final)
    facets = facet_options(own, vocabulary)
    weighted = own.weights[:, None]
    whole = (subjects.credit * weighted).T @ forms.credit
    true = (subjects.films * weighted).T @ forms.films.astype(np.float64)
    plain_worth = _worth_of_truth(whole, true, own.true)
    value = subjects.worth[:, None] + forms.worth[None, :] + plain_worth
    value[0, 0] += _NOTHING  # neither subject nor genre: true of all films, and says nothing
    proposals: list[dict[str, object]] = []
    order = np.lexsort((np.arange(value.size), -value.ravel().round(DIGITS)))
    for position in order[:_PROPOSALS].tolist():
        s, f = divmod(position, value.shape[1])
        plain = subjects.films[:, s] & forms.films[:, f]
        shares = own.share(plain[:, None] & facets.films)
        credit = (subjects.credit[:, s] * forms.credit[:, f])[:, None] * facets.credit
        worth = facets.worth + _worth_of_truth(own.share(credit), shares, own.true)
        best = int(np.argmax(worth.round(DIGITS)))
        proposals.append(
            {
                "subjects": list(subjects.parts[s]),
                "words": list(subjects.words[s]),
                "genres": list(forms.parts[f]),
                "every_genre": forms.every[f],
                "facets": list(facets.parts[best]),
                "value": float(value[s, f] - plain_worth[s, f] + worth[best]),
                "whole": float(shares[best]),
                "subject": float(own.share(subjects.films[:, s])) if subjects.parts[s] else None,
                "form": float(own.share(forms.films[:, f])) if forms.parts[f] else None,
                "facet": float(own.share(facets.films[:, best])) if facets.parts[best] else None,
            }
        )
    return sorted(proposals, key=lambda row: -round(float(str(row["value"])), DIGITS))


def _worth_of_truth(credit: np.ndarray, true: np.ndarray, most: float) -> np.ndarray:
    """What it is worth that a whole name is true of a share of the films, at best of `most`."""
    worth = np.minimum(credit, TOGETHER) + _TRUE_OF_MOST * ramp(true, most - _BELOW, most + EDGE)
    return np.asarray(worth + _SAID_BY_MOST * ramp(credit, most - _BELOW, most + EDGE))
