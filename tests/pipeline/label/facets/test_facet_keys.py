"""Keys of facets."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.label.facets.facet_keys import facet_keys
from pipeline.label.facets.film_facets import find_facets
from tests.pipeline.label.terms.catalogue import clean


def test_facets_of_films() -> None:
    films: list[dict[str, Any]] = [
        {"year": 1925, "countries": ["France", "HK"], "runtime_minutes": 20},
        {"language": "hi"},
    ]
    spoken = pa.table({"text_language": pa.array([None, None], pa.string())})
    rows, keys = facet_keys(find_facets(clean(films), spoken)["facets"])
    assert set(zip(rows.tolist(), keys, strict=True)) == {
        (0, "decade:1920"),
        (0, "era:silent"),
        (0, "country:FR"),
        (0, "country:HK"),
        (0, "form:short"),
        (1, "language:hi"),
    }
