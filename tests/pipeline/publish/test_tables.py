from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import TableError
from pipeline.publish.tables import (
    attributed,
    dataset_card,
    families,
    mark_weak,
    micro_genres,
    released_movies,
)
from pipeline.schemas.mining import ASSIGNMENTS, FAMILIES, MICRO_GENRES, MOVIES, RELEASED_MOVIES
from pipeline.settings import PublishSettings

ROWS = [("b", "Beta", 1990, 6.0), ("a", "Alpha", None, None), ("c", "Gamma", 2001, 8.0)]
PLACES = np.array([[0, 1], [2, 3], [4, 5]], np.float32)  # on the map, in the order of ROWS


def movies() -> pa.Table:
    rows = [
        {"movie_id": i, "title": t, "year": y, "vote_average": v, "overview": "x"}
        for i, t, y, v in ROWS
    ]
    return pa.Table.from_pylist(rows, MOVIES)


def assignments(similarity: list[float]) -> pa.Table:
    rows = [
        {
            "movie_id": row[0],
            "cluster": c,
            "similarity": s,
            "runner_up": 1 - c,
            "margin": 0.1,
            "weak": False,
        }
        for row, c, s in zip(ROWS, (0, 1, 0), similarity, strict=True)
    ]
    return pa.Table.from_pylist(rows, ASSIGNMENTS)


def genres(assigned: pa.Table) -> pa.Table:
    labels = [
        {
            "cluster": c,
            "micro_genre_id": name.lower(),
            "micro_genre_name": name,
            "keywords": ["one", "two words"],
            "family": 0,
            "family_name": "All",
        }
        for c, name in enumerate(("First", "Second"))
    ]
    return micro_genres(movies(), assigned, labels, np.eye(2, dtype=np.float32))


def test_the_least_similar_are_marked_weak() -> None:
    assert mark_weak(assignments([0.9, 0.2, 0.5]), 0.5).column("weak").to_pylist() == [
        False,
        True,
        False,
    ]
    assert not any(mark_weak(assignments([0.9, 0.2, 0.5]), 0.0).column("weak").to_pylist())


def test_micro_genres_summarise_their_films() -> None:
    first, second = genres(assignments([0.4, 0.6, 0.5])).to_pylist()
    assert first["exemplars"] == ["Gamma (2001)", "Beta (1990)"]
    assert second["exemplars"] == ["Alpha"]
    assert first["micro_genre_keybert"] == "one / two words"
    assert (first["films"], first["vote_average"]) == (2, 7.0)
    assert (first["first_year"], first["last_year"], second["first_year"]) == (1990, 2001, None)
    assert first["nearest_cluster"] == 1


def test_exemplars_are_films_of_which_the_name_is_true_then_others() -> None:
    assigned = assignments([0.4, 0.6, 0.5])  # b, a, c
    labels = genres(assigned).to_pylist()
    for true, exemplars in (
        ([True, None, False], ["Beta (1990)", "Gamma (2001)"]),
        ([None, None, True], ["Gamma (2001)", "Beta (1990)"]),
        ([False, False, False], ["Gamma (2001)", "Beta (1990)"]),
    ):
        known = pa.chunked_array([pa.array(true, pa.bool_())])
        table = micro_genres(
            movies(),
            assigned,
            labels,
            np.eye(2, dtype=np.float32),
            known,
            describe=lambda cluster, titles: f"{cluster}: {', '.join(titles)}",
        )
        first, second = table.to_pylist()
        assert first["exemplars"] == exemplars
        assert first["description"] == f"0: {', '.join(exemplars)}"
        assert second["description"] == "1: Alpha"


@pytest.mark.parametrize(
    ("before", "description", "now"),
    [
        (["Beta (1990)", "Old"], "On sea: Beta (1990), Old.", "On sea: Gamma (2001), Beta (1990)."),
        (
            ["Old: One"],
            "On Old: One. E.g. Old: One.",
            "On Old: One. E.g. Gamma (2001), Beta (1990).",
        ),
        (
            ["Gamma (2001)", "Beta (1990)"],
            "Gamma (2001), Beta (1990).",
            "Gamma (2001), Beta (1990).",
        ),
        (["Old"], "On sea.", "On sea."),
        ([], "On sea.", "On sea."),
        (["Old"], None, None),
    ],
)
def test_an_update_describes_with_the_exemplars_of_now(
    before: list[str], description: str | None, now: str | None
) -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    labels = [
        {**row, "description": description, "exemplars": before}
        for row in genres(assigned).to_pylist()
    ]
    table = micro_genres(movies(), assigned, labels, np.eye(2, dtype=np.float32))
    assert table["description"].to_pylist()[0] == now


def test_a_micro_genre_without_films_has_no_titles_in_its_description() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    labels = [
        {**row, "description": "On sea: Old.", "exemplars": ["Old"], "cluster": 2 * row["cluster"]}
        for row in genres(assigned).to_pylist()
    ]
    table = micro_genres(movies(), assigned, labels, np.eye(2, dtype=np.float32))
    assert table["description"].to_pylist()[1] is None


def test_labels_may_say_the_parts_and_the_truth_of_a_name() -> None:
    parts = {
        "alternatives": ["Other", "Third"],
        "description": "One sentence: Gamma.",
        "subjects": ["ghost"],
        "subject_terms": ["ghost", "spirit"],
        "form_genres": ["Horror", "Comedy"],
        "every_genre": True,
        "facets": ["era:silent"],
        "name_truth": 0.5,
        "subject_truth": 0.5,
        "form_truth": 1.0,
        "adjective_truth": 1.0,
        "thin": True,
        "name_source": "kept",
    }
    plain = genres(assignments([0.4, 0.6, 0.5])).to_pylist()
    names = MICRO_GENRES.names
    assert list(parts) == names[names.index("alternatives") :]
    empty = dict.fromkeys(parts, None) | {"every_genre": False, "thin": False}
    lists = ("alternatives", "subjects", "subject_terms", "form_genres", "facets")
    empty |= {name: [] for name in lists}
    labels = [{**row, **(parts if row["cluster"] else {})} for row in plain]
    assigned = assignments([0.4, 0.6, 0.5])
    table = micro_genres(movies(), assigned, labels, np.eye(2, dtype=np.float32))
    first, second = table.to_pylist()
    assert {name: first[name] for name in parts} == empty
    assert {name: second[name] for name in parts} == parts


def test_films_say_whether_the_name_is_true_of_them() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    true = pa.array([True, None, False])
    table = released_movies(movies(), assigned, genres(assigned), PLACES, true)
    assert dict(
        zip(table["movie_id"].to_pylist(), table["name_true"].to_pylist(), strict=True)
    ) == {
        "b": True,
        "a": None,
        "c": False,
    }
    unknown = released_movies(movies(), assigned, genres(assigned), PLACES)
    assert unknown["name_true"].null_count == 3


def test_families_may_have_a_description_and_the_truth_of_their_names() -> None:
    table = genres(assignments([0.4, 0.6, 0.5]))
    (plain,) = families(table, {}).to_pylist()
    assert (plain["description"], plain["name_truth"]) == (None, None)
    details = {0: {"description": "All films.", "name_truth": 0.75, "keywords": ["not used"]}}
    (row,) = families(table, {0: ["word"]}, details).to_pylist()
    assert row == plain | {"description": "All films.", "name_truth": 0.75, "keywords": ["word"]}


def test_released_movies_are_sorted_and_named() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    table = released_movies(movies(), assigned, genres(assigned), PLACES)
    assert table.column("movie_id").to_pylist() == ["a", "b", "c"]
    assert table.column("micro_genre_name").to_pylist() == ["Second", "First", "First"]


def test_families_add_up() -> None:
    (row,) = families(genres(assignments([0.4, 0.6, 0.5])), {0: ["k"]}).to_pylist()
    assert (row["films"], row["micro_genres"], row["keywords"]) == (3, 2, ["k"])


def test_the_card_names_licence_and_attribution() -> None:
    counts = {"released": 3, "micro_genres": 2, "families": 1, "rows_in": 4, "rejected": 1}
    settings = PublishSettings(title="T", licence="CC BY")
    report = {"counts": counts, "release_id": "abc", "attribution": "Data by someone"}
    card = dataset_card(report, settings)
    assert "CC BY" in card
    assert "Data by someone" in card
    assert "`abc`" in card


def test_attribution_of_the_settings_wins_over_that_of_the_sources() -> None:
    sources = [{"name": "a", "attribution": "By A."}, {"name": "b"}, {"attribution": "By A."}]
    assert attributed(PublishSettings(attribution="Ours."), sources, "Before.") == "Ours."
    assert attributed(PublishSettings(), sources, "Before.") == "By A."
    assert attributed(PublishSettings(), [*sources, {"attribution": "By C."}]) == "By A. By C."
    assert attributed(PublishSettings(), [{"name": "b"}], "Before.") == "Before."
    assert attributed(PublishSettings(), []) == ""


def many(films: int, similarity: list[float]) -> tuple[pa.Table, pa.Table]:
    """Return films of one cluster, and their assignments."""
    catalogue = [
        {"movie_id": f"m{n:03d}", "title": f"Film {n}", "year": 1950 + n} for n in range(films)
    ]
    assigned = [
        {"movie_id": row["movie_id"], "cluster": 0, "similarity": s, "weak": s < 0.5}
        for row, s in zip(catalogue, similarity, strict=True)
    ]
    return pa.Table.from_pylist(catalogue, MOVIES), pa.Table.from_pylist(assigned, ASSIGNMENTS)


ONLY = [
    {
        "cluster": 0,
        "micro_genre_id": "all",
        "micro_genre_name": "All",
        "keywords": ["k"],
        "family": 0,
        "family_name": "Family",
    }
]


@pytest.mark.parametrize("quantile", [0.0, 0.05, 0.5])
def test_the_share_marked_weak_is_the_quantile(quantile: float) -> None:
    similarity = np.random.default_rng(1).permutation(np.linspace(0.1, 0.9, 201)).tolist()
    _, assigned = many(201, similarity)
    marked = mark_weak(assigned, quantile)
    assert marked.schema == ASSIGNMENTS
    weak = np.array(marked.column("weak").to_pylist())
    assert weak.sum() == round(quantile * 200)
    values = np.array(similarity)
    assert not weak.any() or values[weak].max() < values[~weak].min()


def test_equal_films_are_marked_alike() -> None:
    _, assigned = many(6, [0.2, 0.4, 0.4, 0.4, 0.9, 0.9])
    assert mark_weak(assigned, 0.4).column("weak").to_pylist() == [True] + [False] * 5
    _, alike = many(4, [0.5] * 4)
    assert not any(mark_weak(alike, 0.5).column("weak").to_pylist())
    assert len(mark_weak(alike.slice(0, 0), 0.5)) == 0


def test_exemplars_are_the_five_most_similar_films_and_ties_are_sorted_by_id() -> None:
    catalogue, assigned = many(8, [0.3, 0.9, 0.7, 0.7, 0.7, 0.8, 0.1, 0.7])
    (row,) = micro_genres(catalogue, assigned, ONLY, np.ones((1, 1), np.float32)).to_pylist()
    assert row["exemplar_ids"] == ["m001", "m005", "m002", "m003", "m004"]
    assert row["exemplars"][0] == "Film 1 (1951)"
    assert (row["films"], row["weak_films"]) == (8, 2)
    assert row["mean_similarity"] == pytest.approx(4.9 / 8)
    assert row["nearest_cluster"] is None
    assert row["vote_average"] is None


def test_tables_do_not_depend_on_the_order_of_the_films() -> None:
    rng = np.random.default_rng(2)
    catalogue, assigned = many(50, rng.random(50).tolist())
    order = pa.array(rng.permutation(50))
    one = micro_genres(catalogue, assigned, ONLY, np.ones((1, 1), np.float32))
    two = micro_genres(
        catalogue.take(order), assigned.take(order), ONLY, np.ones((1, 1), np.float32)
    )
    assert one.schema == MICRO_GENRES
    assert one.equals(two)
    places = rng.random((50, 2), np.float32)
    released = released_movies(catalogue, assigned, one, places)
    shuffled = released_movies(
        catalogue.take(order), assigned.take(order), one, places[order.to_numpy()]
    )
    assert released.equals(shuffled)


def test_the_nearest_cluster_is_another_one() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    labels = [
        {
            "cluster": c,
            "micro_genre_id": str(c),
            "micro_genre_name": str(c),
            "keywords": [],
            "family": 0,
            "family_name": "All",
        }
        for c in range(2)
    ]
    means = np.array([[1, 0], [0.6, 0.8]], np.float32)
    table = micro_genres(movies(), assigned, labels, means)
    assert table.column("nearest_cluster").to_pylist() == [1, 0]
    assert means.tolist() == [[1, 0], [pytest.approx(0.6), pytest.approx(0.8)]]


def test_released_movies_have_every_column_and_the_film_s_own_values() -> None:
    assigned = mark_weak(assignments([0.4, 0.6, 0.5]), 0.5)
    table = released_movies(movies(), assigned, genres(assigned), PLACES)
    assert table.schema == RELEASED_MOVIES
    alpha, beta, _ = table.to_pylist()
    assert (alpha["title"], alpha["year"], alpha["cluster"]) == ("Alpha", None, 1)
    assert (beta["title"], beta["vote_average"], beta["weak"]) == ("Beta", 6.0, True)
    assert beta["micro_genre_keybert"] == "one / two words"
    assert beta["runner_up"] == 1
    assert beta["genres"] is None
    assert (beta["family"], beta["x"], beta["y"]) == (0, 0.0, 1.0)


def test_a_column_of_another_type_is_rejected() -> None:
    assigned = assignments([0.4, 0.6, 0.5])
    text = pa.array(["high"] * 3)
    odd = movies().set_column(MOVIES.get_field_index("popularity"), "popularity", text)
    with pytest.raises(TableError, match=r"'popularity': expected double, found string"):
        released_movies(odd, assigned, genres(assigned), PLACES)


def test_families_are_by_number_with_their_own_sums() -> None:
    table = genres(assignments([0.4, 0.6, 0.5]))
    split = table.set_column(
        MICRO_GENRES.get_field_index("family"), "family", pa.array([1, 0], pa.int32())
    ).set_column(
        MICRO_GENRES.get_field_index("family_name"), "family_name", pa.array(["Big", "Small"])
    )
    table_of_families = families(split, {1: ["k", "l"]})
    assert table_of_families.schema == FAMILIES
    small, big = table_of_families.to_pylist()
    assert (small["family"], small["family_name"], small["films"]) == (0, "Small", 1)
    assert (big["family_name"], big["films"], big["keywords"]) == ("Big", 2, ["k", "l"])
    assert small["keywords"] == []


def test_the_card_has_a_header_and_a_table_of_files() -> None:
    counts = {
        "released": 12_345,
        "micro_genres": 2,
        "families": 1,
        "rows_in": 12_400,
        "rejected": 55,
    }
    report = {"counts": counts, "release_id": "abc", "attribution": ""}
    card = dataset_card(report, PublishSettings(title='A "T"'))
    header = card.split("---")[1]
    assert 'pretty_name: "A \\"T\\""' in header
    assert "12,345 films in 2 micro-genres" in card
    assert "Rows read: 12,400; released: 12,345; rejected: 55." in card
    assert "Attribution" not in card
    rows = [line for line in card.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 3 for line in rows)
    for name in ("movies", "micro_genres", "families", "neighbours", "embeddings", "rejects"):
        assert sum(f"`{name}.parquet`" in row for row in rows) == 1
    assert card.endswith("\n")
