from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.publish import dataset_card, families, mark_weak, micro_genres, released_movies
from pipeline.settings import PublishSettings
from pipeline.tables import ASSIGNMENTS, MOVIES

ROWS = [("b", "Beta", 1990, 6.0), ("a", "Alpha", None, None), ("c", "Gamma", 2001, 8.0)]


def movies() -> pa.Table:
    rows = [
        {"movie_id": i, "title": t, "year": y, "vote_average": v, "overview": "x"}
        for i, t, y, v in ROWS
    ]
    return pa.Table.from_pylist(rows, MOVIES)


def assignments(similarity: list[float]) -> pa.Table:
    rows = [
        {"movie_id": row[0], "cluster": c, "similarity": s, "runner_up": 1 - c, "margin": 0.1,
         "weak": False}
        for row, c, s in zip(ROWS, (0, 1, 0), similarity, strict=True)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, ASSIGNMENTS)


def genres(assigned: pa.Table) -> pa.Table:
    labels = [
        {"cluster": c, "micro_genre_id": name.lower(), "micro_genre_name": name,
         "keywords": ["one", "two words"], "family": 0, "family_name": "All"}
        for c, name in enumerate(("First", "Second"))
    ]  # fmt: skip
    return micro_genres(movies(), assigned, labels, np.eye(2, dtype=np.float32))


def test_the_least_similar_are_marked_weak() -> None:
    assert mark_weak(assignments([0.9, 0.2, 0.5]), 0.5).column("weak").to_pylist() == [
        False,
        True,
        False,
    ]
    assert not any(mark_weak(assignments([0.9, 0.2, 0.5]), 0.0).column("weak").to_pylist())


def test_micro_genres_tell_their_films() -> None:
    first, second = genres(assignments([0.4, 0.6, 0.5])).to_pylist()
    assert first["exemplars"] == ["Gamma (2001)", "Beta (1990)"]
    assert second["exemplars"] == ["Alpha"]
    assert first["micro_genre_keybert"] == "one / two words"
    assert (first["films"], first["vote_average"]) == (2, 7.0)
    assert (first["first_year"], first["last_year"], second["first_year"]) == (1990, 2001, None)
    assert first["nearest_cluster"] == 1


def test_released_movies_are_sorted_and_named() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    table = released_movies(movies(), assigned, genres(assigned))
    assert table.column("movie_id").to_pylist() == ["a", "b", "c"]
    assert table.column("micro_genre_name").to_pylist() == ["Second", "First", "First"]


def test_families_add_up() -> None:
    (row,) = families(genres(assignments([0.4, 0.6, 0.5])), {0: ["k"]}).to_pylist()
    assert (row["films"], row["micro_genres"], row["keywords"]) == (3, 2, ["k"])


def test_the_card_names_licence_and_attribution() -> None:
    counts = {"released": 3, "micro_genres": 2, "families": 1, "rows_in": 4, "rejected": 1}
    settings = PublishSettings(title="T", licence="CC BY", attribution="Data by someone")
    card = dataset_card({"counts": counts, "release_id": "abc"}, settings)
    assert "CC BY" in card
    assert "Data by someone" in card
    assert "`abc`" in card
