"""Growth of micro-genres over the releases of a folder."""

from __future__ import annotations

import pyarrow as pa

from pipeline.lineage.history import summarise_growth
from pipeline.schemas.lineage import HISTORY


def test_growth_is_from_the_first_to_the_last_release() -> None:
    rows = [
        ("a", "sea", "Sea", 5),
        ("a", "war", "War", 9),
        ("b", "sea", "Sea Films", 8),
        ("b", "spy", "Spies", 4),
    ]
    table = pa.Table.from_pylist(
        [
            {"release_id": release, "micro_genre_id": i, "micro_genre_name": name, "films": films}
            for release, i, name, films in rows
        ],
        HISTORY,
    )
    keys = ("micro_genre_id", "micro_genre_name", "films", "first", "last", "change")
    assert [tuple(row[key] for key in keys) for row in summarise_growth(table)] == [
        ("spy", "Spies", [None, 4], 0, 4, 4),
        ("sea", "Sea Films", [5, 8], 5, 8, 3),
        ("war", "War", [9, None], 9, 0, -9),
    ]
