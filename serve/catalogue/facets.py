"""Number of films per value of each facet, in one query that scans the films once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serve.catalogue.filters import Condition
from serve.catalogue.micro_genres import MicroGenres
from serve.catalogue.records import FacetValue

__all__ = ["build_facets_sql", "group_facets"]

_VALUES = {
    "genres": "unnest(genres)",
    "micro_genres": "cluster",
    "families": "family",
    "languages": "language",
    "decades": "decade",
    "countries": "unnest(list_distinct(countries))",
    "keywords": "unnest(list_distinct(keywords))",
}


def build_facets_sql(
    conditions: Sequence[Condition], facets: Sequence[str]
) -> tuple[str, list[Any]]:
    """Build the query that counts films per facet value.

    Each facet is counted without its own conditions. Conditions of no facet that is counted
    restrict the scan; the conditions of each facet become a boolean column, so that one scan serves
    all facets.

    Parameters
    ----------
    conditions : sequence of Condition
        The conditions of the selection.
    facets : sequence of str
        Which of `filters.ALL_FACETS` to count.

    Returns
    -------
    sql : str
        A query whose rows are (facet, value, films).
    parameters : list
        Its parameters.
    """
    general = [condition for condition in conditions if condition.facet not in facets]
    columns, parameters = [], []
    for facet in facets:
        own = [condition for condition in conditions if condition.facet == facet]
        sql = " AND ".join(condition.sql for condition in own) or "true"
        columns.append(f"coalesce({sql}, false) AS in_{facet}")
        parameters += [value for condition in own for value in condition.parameters]
    where = " AND ".join(condition.sql for condition in general) or "true"
    parameters += [value for condition in general for value in condition.parameters]
    counts = [
        f"SELECT '{facet}' AS facet, value::VARCHAR AS value, count(*) AS films FROM ("
        f"SELECT {_VALUES[facet]} AS value FROM chosen WHERE "
        + (" AND ".join(f"in_{other}" for other in facets if other != facet) or "true")
        + ") WHERE value IS NOT NULL GROUP BY value"
        for facet in facets
    ]
    sql = (
        "WITH chosen AS MATERIALIZED (SELECT genres, cluster, family, language, decade, "
        "countries, keywords, "
        f"{', '.join(columns)} FROM film WHERE {where}) {' UNION ALL '.join(counts)}"
    )
    return sql, parameters


def group_facets(
    rows: Sequence[Any], genres: MicroGenres, facets: Sequence[str]
) -> dict[str, list[FacetValue]]:
    """Group the rows of `build_facets_sql` by facet, and name micro-genres and families.

    Returns
    -------
    dict of str to list of FacetValue
        For each of `facets`: the values with most films first; decades in order.
    """
    grouped: dict[str, list[FacetValue]] = {facet: [] for facet in facets}
    for row in rows:
        facet, value = row["facet"], row["value"]
        if facet in ("micro_genres", "families", "decades"):
            value = int(value)
        entry: FacetValue = {"value": value, "films": row["films"]}
        if facet == "micro_genres":
            entry["name"] = genres.name(value)
            entry["micro_genre_id"] = genres.id_of(value)
        elif facet == "families":
            entry["name"] = genres.family_name(value)
        grouped[facet].append(entry)
    for facet, values in grouped.items():
        if facet == "decades":
            values.sort(key=lambda entry: entry["value"])
        else:
            values.sort(key=lambda entry: (-entry["films"], entry["value"]))
    return grouped
