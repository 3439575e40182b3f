from __future__ import annotations

import time
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.ingest_rows import PLOTS, identify_rows

Row = dict[str, Any]


def film(n: int, **cells: Any) -> Row:
    """Return the n-th invented film; `id=None` for none."""
    row = {"id": str(n), "title": f"Film {'ABCDEF'[n % 6]}{n}", "year": 1990 + n}
    row |= {"overview": PLOTS[n % 6]} | cells
    return {name: value for name, value in row.items() if value is not None}


def test_rows_of_one_id_are_one_film_if_title_or_year_agrees(tmp_path: Path) -> None:
    rows = [film(1), film(1, title="Another name"), film(1, year=2001), film(2)]
    ids, found = identify_rows(tmp_path, {"a.csv": rows})
    assert ids["a.csv"] == ["1", "1", "1", "2"]
    assert found.notes == ()


def test_rows_of_one_id_with_other_title_and_year_are_two_films(tmp_path: Path) -> None:
    rows = [film(1), film(1, title="Waltz Nine", year=2015, overview=PLOTS[4])]
    ids, found = identify_rows(tmp_path, {"a.csv": rows})
    assert len(set(ids["a.csv"])) == 2
    assert "1" in ids["a.csv"]
    assert found.notes == (
        "1 id stands for several films, since titles and years or texts differ, "
        "such as '1' of a.csv",
    )
    again, _ = identify_rows(tmp_path / "again", {"a.csv": rows[::-1]})
    assert again["a.csv"] == ids["a.csv"][::-1]


def test_a_film_that_was_renamed_and_dated_anew_is_the_same_if_its_text_is(tmp_path: Path) -> None:
    rows = [film(1), film(1, title="The final name", year=2010)]
    ids, _ = identify_rows(tmp_path, {"a.csv": rows})
    assert ids["a.csv"] == ["1", "1"]


def test_files_with_the_same_films_share_their_numbering(tmp_path: Path) -> None:
    one = [film(n) for n in range(8)]
    two = [film(n, overview=f"Other words about number {n}.") for n in range(4, 12)]
    two[0]["year"] += 1  # 4: another year
    two[1]["title"] = "Film under another title"  # 5: another title
    ids, found = identify_rows(tmp_path, {"one.csv": one, "two.csv": two})
    assert ids["two.csv"] == [str(n) for n in range(4, 12)]
    assert found.notes == ()


GERMAN = [
    "Ein Leuchtturmwärter versteckt eine gestohlene Karte vor den Schmugglern.",
    "Eine Schneiderin bringt ihrem Roboter das Tanzen bei.",
    "Zwei Brüder durchqueren mit einem Sarg die Wüste.",
    "Eine Krankenschwester hört nachts das gleiche Lied.",
    "Ein Uhrmacher wettet, dass er den Regen anhalten wird.",
    "Der letzte Postbote des Tals und seine Briefe.",
]


def test_translated_titles_with_the_same_years_share_a_numbering(tmp_path: Path) -> None:
    one = [film(n) for n in range(6)]
    two = [film(n, title=f"Titel {'QRSTUV'[n]}", overview=GERMAN[n]) for n in range(6)]
    ids, found = identify_rows(tmp_path, {"one.csv": one, "two.csv": two})
    assert ids["one.csv"] == ids["two.csv"]
    assert found.notes == ()


@pytest.mark.parametrize("agreeing", [0, 2, 6])
def test_independent_numbering_with_years_that_agree_by_chance(
    tmp_path: Path, agreeing: int
) -> None:
    one = [film(n) for n in range(6)]
    two = [
        film(n, title=f"Other {n}", year=1990 + n + (0 if n < agreeing else 20))
        | {"overview": PLOTS[(n + 3) % 6]}
        for n in range(6)
    ]
    ids, found = identify_rows(tmp_path, {"one.csv": one, "two.csv": two})
    assert ids["one.csv"] == [str(n) for n in range(6)]
    assert ids["two.csv"] == [f"two:{n}" for n in range(6)]
    assert found.notes == (
        "one.csv and two.csv number their films independently: 6 ids stand for different films",
    )


def test_files_of_one_year_number_independently(tmp_path: Path) -> None:
    one = [film(n, year=2020) for n in range(6)]
    two = [film(n, title=f"Other {n}", year=2020, overview=PLOTS[5 - n]) for n in range(6)]
    ids, _ = identify_rows(tmp_path, {"one.csv": one, "two.csv": two})
    assert ids["two.csv"] == [f"two:{n}" for n in range(6)]


def test_a_film_of_independent_files_is_one_by_title_and_year(tmp_path: Path) -> None:
    one = [film(n) for n in range(6)]
    two = [film(n, id=str((n + 1) % 6)) for n in range(6)]
    ids, _ = identify_rows(tmp_path, {"one.csv": one, "two.csv": two})
    assert ids["one.csv"] == ids["two.csv"] == [str(n) for n in range(6)]


def test_ids_of_imdb_join_whatever_the_column(tmp_path: Path) -> None:
    files = {
        "tmdb.csv": [film(1, id="601", imdb_id="tt0000001"), film(2, id="602")],
        "ids.csv": [film(1, id="tt0000001", title="Other", overview=PLOTS[5])],
        "key.csv": [film(1, id=None, imdb_id="tt0000001", year=None)],
    }
    ids, _ = identify_rows(tmp_path, files)
    assert ids == {"tmdb.csv": ["601", "602"], "ids.csv": ["601"], "key.csv": ["601"]}


def test_digits_of_imdb_without_tt_are_recognised(tmp_path: Path) -> None:
    one = [film(n, id=f"{n + 100:07d}") for n in range(4)]
    two = [film(n, id=f"tt{n + 100:07d}", overview=GERMAN[n]) for n in range(4)]
    two[3]["year"] += 5  # its title and its id agree
    ids, _ = identify_rows(tmp_path, {"digits.csv": one, "tt.csv": two})
    assert ids["digits.csv"] == ids["tt.csv"] == [f"{n + 100:07d}" for n in range(4)]


def test_a_column_of_tmdb_ids_joins_the_file_whose_ids_they_are(tmp_path: Path) -> None:
    lens = [film(n, id=str(n + 1), tmdb_id=str(500 + n)) for n in range(5)]
    lens[4] |= {"title": "Under another title", "year": 1994}
    tmdb = [film(n, id=str(500 + n)) for n in range(5)]
    ids, _ = identify_rows(tmp_path, {"lens.csv": lens, "tmdb.csv": tmdb})
    assert ids["tmdb.csv"] == ids["lens.csv"] == [str(n + 1) for n in range(5)]


def test_the_same_id_of_imdb_for_two_films_is_noted(tmp_path: Path) -> None:
    files = {
        "a.csv": [film(1, id="7", imdb_id="tt0000001")],
        "b.csv": [film(2, id="8", imdb_id="tt0000001", year=2015)],
    }
    ids, found = identify_rows(tmp_path, files)
    assert ids == {"a.csv": ["7"], "b.csv": ["8"]}
    assert "1 id stands for several films" in found.notes[0]


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ({}, {}, True),
        ({"directors": ["Ada Quill"]}, {"directors": ["A. Quill"]}, True),
        ({"directors": ["Ada Quill"]}, {"directors": ["Ed Bray"], "overview": PLOTS[3]}, False),
        ({"directors": ["Ada Quill"]}, {"overview": PLOTS[3]}, False),
        ({}, {"overview": PLOTS[3]}, False),
        ({}, {"overview": GERMAN[1]}, True),
        ({}, {"overview": None}, True),
        ({}, {"overview": "The smugglers search for a keeper, his map and a lighthouse."}, True),
        ({"imdb_id": "tt0000001"}, {"imdb_id": "tt0000002"}, False),
        ({"year": None}, {}, True),
        ({"year": None}, {"overview": "The keeper of a lighthouse and his map."}, False),
        ({"year": None}, {"year": None, "overview": PLOTS[3]}, False),
        ({"year": 1991}, {"year": 1992}, True),
        ({"year": 1991}, {"year": 1992, "overview": PLOTS[3]}, False),
        ({"year": 1991}, {"year": 1993}, False),
        (
            {"year": 1991, "cast": ["Bo Lint", "Cy Marr"]},
            {"year": 1992, "cast": ["Cy Marr", "Bo Lint"], "overview": GERMAN[1]},
            True,
        ),
    ],
)
def test_title_and_year_join_unless_director_or_text_contradicts(
    tmp_path: Path, one: Row, two: Row, same: bool
) -> None:
    common = {"id": "1", "title": "The Salt-Lamp", "year": 1991, "overview": PLOTS[0]}
    first = {name: value for name, value in (common | one).items() if value is not None}
    second = common | {"id": None, "title": "salt lamp"} | two
    second = {name: value for name, value in second.items() if value is not None}
    ids, _ = identify_rows(tmp_path, {"a.csv": [first], "b.csv": [second]})
    assert (ids["a.csv"] == ids["b.csv"]) is same


def test_two_ids_of_one_file_are_two_films(tmp_path: Path) -> None:
    rows = [film(1), film(1, id="9")]
    assert identify_rows(tmp_path, {"a.csv": rows})[0]["a.csv"] == ["1", "9"]


def test_remakes_of_one_year_in_a_file_without_ids(tmp_path: Path) -> None:
    rows = [
        film(1, id=None, directors=["Ada Quill"]),
        film(1, id=None, directors=["Ed Bray"], overview=PLOTS[3]),
        film(1, id=None, directors=["Ada Quill"]),
    ]
    ids, _ = identify_rows(tmp_path, {"a.csv": rows})
    assert ids["a.csv"][0] == ids["a.csv"][2] != ids["a.csv"][1]


def test_the_same_title_without_year_is_not_the_same_film(tmp_path: Path) -> None:
    rows = [film(1, id=None, year=None, overview=PLOTS[n]) for n in (0, 1, 2, 0)]
    ids, _ = identify_rows(tmp_path, {"a.csv": rows})
    assert len(set(ids["a.csv"])) == 3
    assert ids["a.csv"][0] == ids["a.csv"][3]
    again, _ = identify_rows(tmp_path / "again", {"a.csv": rows[::-1]})
    assert again["a.csv"] == ids["a.csv"][::-1]


def test_a_row_joins_the_film_that_it_agrees_with(tmp_path: Path) -> None:
    two = [film(1, id="1", title="Thaw"), film(1, id="2", title="Thaw", overview=PLOTS[2])]
    third = [film(1, id=None, title="Thaw", overview=PLOTS[2])]
    ids, _ = identify_rows(tmp_path, {"a.csv": two, "b.csv": third})
    assert ids == {"a.csv": ["1", "2"], "b.csv": ["2"]}


def test_the_id_of_a_film_stays_when_a_file_is_added(tmp_path: Path) -> None:
    old = [film(n, id=f"x{n}") for n in range(4)]
    new = [film(n, id=f"a{n}", imdb_id=f"tt000000{n}") for n in range(6)]
    ids, _ = identify_rows(tmp_path / "1", {"a.csv": new, "z.csv": old}, known=["z.csv"])
    assert ids["z.csv"] == [f"x{n}" for n in range(4)]
    assert ids["a.csv"] == ["x0", "x1", "x2", "x3", "a4", "a5"]
    ids, _ = identify_rows(tmp_path / "2", {"a.csv": new, "z.csv": old})
    assert ids["z.csv"] == [f"a{n}" for n in range(4)]


def test_ids_of_a_file_stay_when_an_independent_file_is_added(tmp_path: Path) -> None:
    old = [film(n) for n in range(6)]
    new = [film(n, title=f"Other {n}", year=2010, overview=PLOTS[5 - n]) for n in range(6)]
    ids, _ = identify_rows(tmp_path, {"a.csv": new, "z.csv": old}, known=["z.csv"])
    assert ids["z.csv"] == [str(n) for n in range(6)]
    assert ids["a.csv"] == [f"a:{n}" for n in range(6)]


def test_ids_of_the_file_come_before_those_of_imdb_and_derived_ones(tmp_path: Path) -> None:
    files = {
        "a.csv": [film(1, id=None)],
        "b.csv": [film(1, id="tt0000001")],
        "c.csv": [film(1, id="77")],
    }
    ids, _ = identify_rows(tmp_path / "1", files)
    assert ids == {"a.csv": ["77"], "b.csv": ["77"], "c.csv": ["77"]}
    del files["c.csv"]
    ids, _ = identify_rows(tmp_path / "2", files)
    assert ids == {"a.csv": ["tt0000001"], "b.csv": ["tt0000001"]}


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from([None, "1", "2", "3", "tt0000001", "tt0000002"]),
            "imdb_id": st.sampled_from([None, None, "tt0000001", "tt0000002"]),
            "title": st.sampled_from(["Thaw", "Salt Lamp", "Waltz Nine"]),
            "year": st.sampled_from([None, 1990, 1991, 1999]),
            "overview": st.sampled_from([None, *PLOTS[:3]]),
            "directors": st.sampled_from([None, None, ["Ada Quill"], ["Ed Bray"]]),
        }
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.lists(ROWS, min_size=2, max_size=3))
def test_the_order_of_files_never_matters(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[Row]]
) -> None:
    named = {
        f"{name}.csv": [{k: v for k, v in row.items() if v is not None} for row in rows]
        for name, rows in zip("abc", files, strict=False)
    }
    found = []
    for order in permutations(named):
        folder = tmp_path_factory.mktemp("order")
        ids, identity = identify_rows(folder, {name: named[name] for name in order})
        found.append((ids, sorted(identity.notes)))
    assert all(other == found[0] for other in found)
    ids = found[0][0]
    assert all(movie_id for rows in ids.values() for movie_id in rows)


def test_an_id_of_unlike_films_is_no_identity(tmp_path: Path) -> None:
    box = [film(n, id="BOX1", year=1990, directors=["Ada Quill"]) for n in range(4)]
    other = [film(n, id="1", year=None) for n in range(5)]
    for folder, rows in (("box", box), ("constant", other)):
        ids, found = identify_rows(tmp_path / folder, {"a.csv": rows})
        assert len(set(ids["a.csv"])) == len(rows)
        assert rows[0]["id"] in ids["a.csv"]
        assert found.notes[0].startswith("1 id stands for several films")
        again, _ = identify_rows(tmp_path / f"{folder}2", {"a.csv": rows[::-1]})
        assert again["a.csv"] == ids["a.csv"][::-1]


def test_a_constant_id_of_many_rows_joins_only_the_same_films(tmp_path: Path) -> None:
    rows = [film(n, id="1", year=1900 + n % 90) for n in range(300)]
    ids, _ = identify_rows(tmp_path, {"a.csv": [*rows, rows[7], rows[250]]})
    assert len(set(ids["a.csv"])) == 300
    assert ids["a.csv"][300:] == [ids["a.csv"][7], ids["a.csv"][250]]


def test_rows_of_one_id_in_two_languages_are_one_film(tmp_path: Path) -> None:
    german = [film(n, title=f"Titel {'QRSTUV'[n]}", overview=GERMAN[n]) for n in range(6)]
    english = [film(n) for n in range(6)]
    ids, found = identify_rows(tmp_path, {"a.csv": [*english, *german]})
    assert ids["a.csv"] == [str(n) for n in range(6)] * 2
    assert found.notes == ()


def test_titles_that_differ_with_one_text_are_one_film(tmp_path: Path) -> None:
    rows = [film(1, year=None, title=title) for title in ("Thaw", "Die Schmelze", "Le dégel")]
    assert identify_rows(tmp_path, {"a.csv": rows})[0]["a.csv"] == ["1"] * 3


def test_files_of_one_numbering_do_not_join_films_without_years(tmp_path: Path) -> None:
    one = [film(n, year=None) for n in range(6)]
    two = [film(n, year=None) for n in range(6)]
    two[2] |= {"title": "Something else", "overview": PLOTS[5]}
    ids, _ = identify_rows(tmp_path, {"a.csv": one, "b.csv": two})
    assert ids["a.csv"][2] != ids["b.csv"][2]
    assert [n for n in range(6) if ids["a.csv"][n] == ids["b.csv"][n]] == [0, 1, 3, 4, 5]


def test_rounded_numbers_are_no_ids(tmp_path: Path) -> None:
    rows = [film(n, id="1.23457E+11", overview=PLOTS[0]) for n in (0, 1, 2)]
    ids, _ = identify_rows(tmp_path, {"a.csv": rows})
    assert len(set(ids["a.csv"])) == 3


def test_a_constant_id_of_a_whole_catalogue_takes_seconds(tmp_path: Path) -> None:
    rows = [film(n, id="1", year=1900 + n % 90, overview=PLOTS[n % 6]) for n in range(20_000)]
    started = time.perf_counter()
    ids, _ = identify_rows(tmp_path, {"a.csv": rows})
    assert len(set(ids["a.csv"])) == 20_000
    assert time.perf_counter() - started < 10


def test_films_of_one_box_and_director_are_not_one(tmp_path: Path) -> None:
    plots = (
        "The student Milo is sent thirty years back in a car that glows, and meets his own mother "
        "at a dance before the clock tower is struck by lightning.",
        "Milo must fetch a stolen almanac of sports results from the villain who built a casino "
        "with it, while two of him walk the same streets.",
        "Stranded among cowboys, Milo learns that a gunman will shoot the inventor on Monday, and "
        "pushes the car along the rails with a locomotive.",
    )
    rows = [
        {"id": "BOX", "title": f"The Car {part}", "overview": plot, "directors": ["Ada Quill"]}
        for part, plot in zip(("1", "2", "3"), plots, strict=True)
    ]
    assert len(set(identify_rows(tmp_path, {"a.csv": rows})[0]["a.csv"])) == 3
