"""Counts of films per value of each facet, in one query over one pass of the conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serve.catalogue.filters import FACETS, Condition
from serve.catalogue.micro_genres import MicroGenres

__all__ = ["facets_sql", "named_facets"]

_VALUES = {
    "genres": "unnest(genres)",
    "micro_genres": "cluster",
    "families": "family",
    "languages": "language",
    "decades": "decade",
}


def facets_sql(found: Sequence[Condition]) -> tuple[str, list[Any]]:
    """SQL and parameters that give rows (facet, value, films); each without its own conditions.

    Conditions of no facet are met first; the others become a column each, met or not, so that a
    film is looked at once however many facets there are.
    """
    general = [condition for condition in found if condition.facet is None]
    columns, parameters = [], []
    for facet in FACETS:
        own = [condition for condition in found if condition.facet == facet]
        sql = " AND ".join(condition.sql for condition in own) or "true"
        columns.append(f"coalesce({sql}, false) AS in_{facet}")
        parameters += [value for condition in own for value in condition.parameters]
    where = " AND ".join(condition.sql for condition in general) or "true"
    parameters += [value for condition in general for value in condition.parameters]
    counts = [
        f"SELECT '{facet}' AS facet, value::VARCHAR AS value, count(*) AS films FROM ("
        f"SELECT {_VALUES[facet]} AS value FROM chosen WHERE "
        + " AND ".join(f"in_{other}" for other in FACETS if other != facet)
        + ") WHERE value IS NOT NULL GROUP BY value"
        for facet in FACETS
    ]
    sql = (
        "WITH chosen AS MATERIALIZED (SELECT genres, cluster, family, language, decade, "
        f"{', '.join(columns)} FROM film WHERE {where}) {' UNION ALL '.join(counts)}"
    )
    return sql, parameters


def named_facets(
    rows: Sequence[dict[str, Any]], genres: MicroGenres
) -> dict[str, list[dict[str, Any]]]:
    """The rows of `facets_sql` by facet, numbers as numbers, with the names of what is numbered."""
    facets: dict[str, list[dict[str, Any]]] = {facet: [] for facet in FACETS}
    for row in rows:
        facet, value = row["facet"], row["value"]
        told: dict[str, Any] = {"value": value, "films": row["films"]}
        if facet in ("micro_genres", "families", "decades"):
            told["value"] = int(value)
        if facet == "micro_genres":
            told["name"] = genres.name(told["value"])
        elif facet == "families":
            told["name"] = genres.family_name(told["value"])
        facets[facet].append(told)
    for facet, listed in facets.items():
        if facet == "decades":
            listed.sort(key=lambda row: row["value"])
        else:
            listed.sort(key=lambda row: (-row["films"], row["value"]))
    return facets
