"""Names that clusters could have: which parts are printed, and in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.label.shelves.membership import parts_matrix, parts_true
from pipeline.label.shelves.options import TRUE
from pipeline.label.shelves.proposals import PROPOSED_NAMES, propose_shelf_names
from pipeline.schemas.mining import validate
from pipeline.schemas.name_parts import FACET, GENRE, PARTS, SUBJECT, WORD, name_parts_of
from tests.pipeline.label.shelves.parts_of_films import KEYS, WIDTH, members, number, parts_table

# Films outside the cluster, so that what its films share is likelier there.
CATALOGUE = 1000
RARE = dict.fromkeys(KEYS, 20)


def proposed(
    films: Sequence[str], counts: dict[str, int] | None = None, *, final: bool = True
) -> list[dict[str, Any]]:
    """Return the names proposed for one cluster, parts as keys, best first."""
    parts = parts_table(films, RARE | (counts or {}))
    table = propose_shelf_names(members([films]), parts, CATALOGUE, final)["proposals"]
    rows = validate(table, PROPOSED_NAMES, name="proposals").to_pylist()
    lists = ("subjects", "words", "genres", "facets")
    return [row | {kind: [KEYS[n] for n in row[kind]] for kind in lists} for row in rows]


def best(films: Sequence[str], counts: dict[str, int] | None = None) -> dict[str, Any]:
    return proposed(films, counts)[0]


def printed(rows: Sequence[dict[str, Any]], kind: str) -> set[str]:
    return {key for row in rows for key in row[kind]}


def some_of(part: str, films: int, rest: str = "", of: int = 20) -> list[str]:
    """Return films: the first ones have a part, the others `rest`."""
    return [part] * films + [rest] * (of - films)


# --- what is printed


def test_a_part_that_most_films_have_is_printed() -> None:
    name = best(["ghost|Horror|decade:1970|language:hi"] * 14 + [""] * 6)
    assert name["subjects"] == ["ghost"] and name["genres"] == ["Horror"]
    assert name["facets"] == ["decade:1970", "language:hi"]
    shares = [name[kind] for kind in ("whole", "subject", "form", "facet")]
    assert shares == pytest.approx([0.7] * 4)
    assert name["films"] == 20


def test_a_genre_or_facet_below_the_share_is_never_printed() -> None:
    films = some_of("Horror|decade:1970|language:hi", 11)
    assert {(*row["genres"], *row["facets"]) for row in proposed(films)} == {()}


def test_a_subject_of_a_minority_is_no_name() -> None:
    assert best(some_of("ghost|Horror", 8, "Horror"))["subjects"] == []
    assert printed(proposed(some_of("ghost", 4)), "subjects") == set()


def test_a_doubtful_subject_yields_to_one_that_is_true_of_most() -> None:
    films = ["ghost|shark"] * 10 + ["shark"] * 5 + [""] * 5
    rows = proposed(films)
    assert rows[0]["subjects"] == ["shark"]
    alone = {tuple(row["subjects"]): row["value"] for row in rows if len(row["subjects"]) == 1}
    assert alone["shark",] > alone["ghost",]


def test_two_joined_subjects_are_each_common_and_together_true_of_three_quarters() -> None:
    name = best(["ghost|Horror"] * 8 + ["vampire|Horror"] * 8 + ["Horror"] * 4)
    assert name["subjects"] == ["ghost", "vampire"]
    assert name["subject"] == name["whole"] == 0.8
    assert best(["ghost"] * 16 + ["vampire"] * 3 + [""])["subjects"] == ["ghost"]
    few = best(["ghost|Horror"] * 5 + ["vampire|Horror"] * 4 + ["Horror"] * 11)
    assert few["subjects"] == []


def test_related_subjects_are_not_joined() -> None:
    for one, other in (("vampire", "vampirism"), ("ghost", "ghost ship")):
        rows = proposed([one] * 10 + [other] * 10)
        found = [row["subjects"] for row in rows]
        assert [one] in found and [one, other] not in found


def test_two_genres_are_both_true_or_one_of_them() -> None:
    both = best(["Comedy|Drama"] * 15 + ["Comedy"] * 5)
    assert (both["genres"], both["every_genre"], both["form"]) == (["Comedy", "Drama"], True, 0.75)
    either = best(["Comedy"] * 11 + ["Drama"] * 9)
    assert (either["genres"], either["every_genre"]) == (["Comedy", "Drama"], False)
    assert either["form"] == pytest.approx(1.0)
    # a form of production is no alternative to a genre
    mixed = proposed(["Documentary"] * 11 + ["Drama"] * 9)
    assert all(row["genres"] == [] for row in mixed)


def test_what_is_common_in_the_catalogue_is_no_part_of_a_name() -> None:
    films = ["ghost|language:en|decade:1970"] * 20
    common = {"ghost": 900, "language:en": 800, "decade:1970": 510}
    rows = proposed(films, common)
    assert printed(rows, "subjects") == set()
    assert printed(rows, "facets") == set()
    likelier = proposed(films, {"ghost": 700, "language:en": 480, "decade:1970": 510})
    assert printed(likelier, "subjects") == {"ghost"}
    assert printed(likelier, "facets") == {"language:en"}


def test_the_likelier_of_two_subjects_is_printed() -> None:
    films = ["ghost|shark"] * 20
    assert best(films, {"ghost": 500, "shark": 40})["subjects"] == ["shark"]
    assert best(films, {"ghost": 40, "shark": 500})["subjects"] == ["ghost"]


def test_a_name_has_one_time_and_one_place() -> None:
    films = ["ghost|decade:1960|era:classic|language:hi|country:IN|form:short"] * 20
    for row in proposed(films):
        kinds = [key.partition(":")[0] for key in row["facets"]]
        times = [kind for kind in kinds if kind in ("decade", "era")]
        assert len(kinds) <= 2 and (len(kinds) < 2 or len(times) == 1)


def test_the_word_that_films_use_is_printed() -> None:
    films = ["cop"] * 12 + ["police officer"] * 8
    name = best(films)
    assert (name["subjects"], name["words"]) == (["police officer"], ["cop"])
    assert name["subject"] == pytest.approx(1.0)
    equal = best(["cop"] * 10 + ["police officer"] * 10)
    assert equal["words"] == ["police officer"]  # the subject itself, at equal counts


def test_equal_parts_are_taken_by_their_number() -> None:
    equal = ["shark", "vampire", "heist"]
    rows = proposed(["|".join(equal)] * 20)
    single = [row["subjects"][0] for row in rows if len(row["subjects"]) == 1]
    assert single[: len(equal)] == equal
    genres = [row["genres"] for row in proposed(["Comedy|Crime"] * 20) if row["genres"][1:] == []]
    assert [own for own in genres if own] == [["Comedy"], ["Crime"]]


# --- catalogues that lack something


@pytest.mark.parametrize("final", [True, False])
def test_films_of_which_nothing_is_known_have_a_name_without_parts(final: bool) -> None:
    for films in ([""], [""] * 30):
        (row,) = proposed(films, final=final)
        assert row["subjects"] == row["genres"] == row["facets"] == []
        assert row["whole"] == pytest.approx(1.0)
        assert row["subject"] is row["form"] is row["facet"] is None


@pytest.mark.parametrize("lacking", [(SUBJECT, WORD), (GENRE,), (FACET,), tuple(PARTS.names)])
def test_a_kind_of_part_may_be_absent_from_the_vocabulary(lacking: tuple[str, ...]) -> None:
    """A catalogue without keywords, without genres, without years and places, without anything."""
    kinds = [SUBJECT] * 2 + [GENRE] * 2 + [FACET] * 2
    keys = ["ghost", "shark", "Horror", "Comedy", "decade:1970", "language:hi"]
    rows = [(kind, key) for kind, key in zip(kinds, keys, strict=True) if kind not in lacking]
    if lacking == tuple(PARTS.names):
        rows = []
    numbers = range(len(rows))
    parts = pa.table(
        {
            "number": pa.array(numbers, pa.int32()),
            "kind": pa.array([kind for kind, _ in rows], pa.string()),
            "key": pa.array([key for _, key in rows], pa.string()),
            "printed": pa.array([key for _, key in rows], pa.string()),
            "terms": pa.array([[] for _ in rows], pa.list_(pa.string())),
            "films": pa.array([20 for _ in rows], pa.int64()),
            "keyword_films": pa.array([0 for _ in rows], pa.int64()),
            "weight": pa.array([1.0 for _ in rows], pa.float32()),
            "same_as": pa.array(numbers, pa.int32()),
        },
        schema=PARTS,
    )
    own = pa.array([list(numbers)] * 8, pa.list_(pa.int32()))
    films = pa.table({"cluster": pa.array([0] * 8, pa.int32()), "parts": own, "literal": own})
    films = films.append_column("weight", pa.array([1.0] * 8, pa.float32()))
    table = propose_shelf_names(films, parts, 400, final=True)["proposals"]
    first = table.slice(0, 1).to_pylist()[0]
    for kind, name in ((SUBJECT, "subjects"), (GENRE, "genres"), (FACET, "facets")):
        assert bool(first[name]) == any(kind == own for own, _ in rows), name


def test_clusters_without_films_have_no_proposals() -> None:
    parts = parts_table([])
    empty = propose_shelf_names(members([]), parts, 0, final=True)["proposals"]
    assert empty.num_rows == 0 and empty.schema == PROPOSED_NAMES
    some = propose_shelf_names(members([[], ["ghost"] * 3, []]), parts, 3, final=True)["proposals"]
    assert set(some.column("cluster").to_pylist()) == {1}


# --- any films


FILMS = st.lists(
    st.lists(st.sampled_from(KEYS), max_size=6, unique=True).map("|".join), min_size=1, max_size=14
)


@given(FILMS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_shares_are_those_of_the_films(films: list[str], final: bool) -> None:
    parts, table = parts_table(films), members([films])
    rows = propose_shelf_names(table, parts, CATALOGUE, final)["proposals"]
    matrix = parts_matrix(table.column("parts"), WIDTH)
    clusters = table.column("cluster").to_numpy()
    listed = rows.to_pylist()
    assert [row["value"] for row in listed] == sorted((r["value"] for r in listed), reverse=True)
    for row, name in zip(listed, name_parts_of(rows), strict=True):
        whole = np.logical_and.reduce(parts_true(matrix, [name], clusters[:, None]))
        assert row["whole"] == pytest.approx(whole.mean())
        assert (row["subject"] is None) == (not name.subjects)
        assert len(name.subjects) <= 2 and len(name.genres) <= 2 and len(name.facets) <= 2
        for facet in name.facets:
            assert matrix[:, [facet]].mean() >= TRUE - 1e-9
        if final and row["form"] is not None:
            assert row["form"] >= TRUE
        assert len(set(name.all_numbers)) == len(name.all_numbers)
    assert len(set(name_parts_of(rows))) == len(listed)


@given(st.lists(FILMS, min_size=1, max_size=4), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_any_order_of_films_and_any_groups_of_clusters_give_the_same(
    groups: list[list[str]], chance: random.Random
) -> None:
    parts = parts_table([film for group in groups for film in group])
    table = members(groups)
    whole = propose_shelf_names(table, parts, CATALOGUE, final=True)["proposals"]
    order = list(range(len(table)))
    chance.shuffle(order)
    mixed = propose_shelf_names(table.take(order), parts, CATALOGUE, final=True)["proposals"]
    # sums of weights in another order differ in the last digits, which may exchange equal names
    one, other = (
        sorted((row["cluster"], round(row["value"], 6)) for row in own.to_pylist())
        for own in (whole, mixed)
    )
    np.testing.assert_allclose(np.array(one), np.array(other), atol=1e-5)
    clusters = table.column("cluster").to_numpy()
    single = [
        propose_shelf_names(table.filter(pa.array(clusters == n)), parts, CATALOGUE, final=True)
        for n in range(len(groups))
    ]
    assert pa.concat_tables(one["proposals"] for one in single).equals(whole)


def test_numbers_of_parts_are_those_of_the_vocabulary() -> None:
    parts = parts_table(["ghost"])
    assert parts.column("number").to_pylist() == list(range(WIDTH))
    assert number("cop") != parts.column("same_as").to_pylist()[number("cop")]
