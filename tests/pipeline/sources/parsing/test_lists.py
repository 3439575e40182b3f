"""Lists of names in many notations."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.lists import (
    countries,
    cut,
    entries,
    keywords,
    listed,
    names,
    piped_names,
)
from pipeline.sources.parsing.literals import CellError, decode
from tests.support.cases import case


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('[{"id": 28, "name": "Action"}, {"id": 12, "name": "War"}]', ["Action", "War"]),
        ("[{'id': 28, 'name': \"Ocean's\"}]", ["Ocean's"]),
        ("['Drama', \"love of one's life\"]", ["Drama", "love of one's life"]),
        ("['Drama' 'War']", ["Drama", "War"]),
        ("['a, b' 'c']", ["a, b", "c"]),
        ("['a\\d']", ["a\\d"]),
        ("('a', 'b')|c", ["('a', 'b')", "c"]),
        ("Action|Science Fiction| War |", ["Action", "Science Fiction", "War"]),
        ("Action, Crime,\n Drama", ["Action", "Crime", "Drama"]),
        (
            "Frank Sinatra, Sammy Davis, Jr., Dean Martin",
            ["Frank Sinatra", "Sammy Davis, Jr.", "Dean Martin"],
        ),
        ("a, b; c", ["a, b", "c"]),
        ("[REC]|zombie", ["[REC]", "zombie"]),
        ({"id": 1, "keywords": [{"name": "sea"}]}, ["sea"]),
        ({"name": "sea"}, ["sea"]),
        ({"0": {"name": "sea"}, "1": {"name": "fog"}}, ["sea", "fog"]),
        (["a", None, " ", "b "], ["a", "b"]),
        ([float("nan"), "b"], ["b"]),
        ("Oscar Isaac Jacob Elordi", ["Oscar Isaac Jacob Elordi"]),
        ("9/11, AC/DC", ["9/11", "AC/DC"]),
        ("R&amp;B; soul", ["R&B", "soul"]),
        ("serial-killer, 1984", ["serial-killer", "1984"]),
        ('{"a \\"b\\"",c}', ['a "b"', "c"]),
        ("a, unknown, N/A, -, none", ["a"]),
        *[
            (none, None)
            for none in ("[]", "{}", "[[]]", "", None, float("nan"), "unknown", "(none)", "{NULL}")
        ],
    ],
)
def test_names(cell: object, expected: list[str] | None) -> None:
    assert names(cell) == expected


def test_keywords_of_the_case() -> None:
    with case("16-unknown-as-a-value/films.csv").open(encoding="utf-8", newline="") as lines:
        assert [names(row["keywords"]) for row in csv.DictReader(lines)] == [None, ["robot"], None]


@pytest.mark.parametrize(
    "cell",
    [
        "[{'name': 'cut",
        "[1, 2]",
        "[__import__('os').getcwd()]",
        "[" * 5000,
        5,
        "['" + "x" * 1000000 + "']",
        "{a: b",
        "{'a': [",
        "[[[[[['a']]]]]]",
        True,
    ],
)
def test_a_broken_list_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        names(cell)


def test_a_list_joined_with_bars_may_contain_commas() -> None:
    assert piped_names("Monsters, Inc|Pixar") == ["Monsters, Inc", "Pixar"]
    assert piped_names("Lies, all of it") == ["Lies, all of it"]


def test_countries() -> None:
    assert countries([{"iso_3166_1": "GB", "name": "United Kingdom"}, "FR"]) == ["GB", "FR"]
    assert countries("USA|UK") == countries("USA/UK") == countries("USA / UK") == ["USA", "UK"]


@given(
    st.lists(st.text("abcdef ", min_size=1).map(str.strip).filter(bool), min_size=2, unique=True),
    st.sampled_from(["|", ";", ", ", " / ", "\n", " \u2022 ", "\u3001", "\uff0c", "\uff1b"]),
)
def test_a_joined_list_is_cut_again(entries: list[str], separator: str) -> None:
    assert [part.strip() for part in cut(separator.join(entries))] == entries


_PARTS = st.sampled_from(
    ["Ada", " Jr.", "Jr", " Sr", "II", " III", "IV ", " Inc.", "Ltd", "MD", " M.D.", "M", "D", ","]
)


@given(st.lists(_PARTS, max_size=9).map("".join))
def test_commas_are_cut_the_same_with_and_without_the_slow_pattern(cell: str) -> None:
    expected = re.split(r",(?!\s*(?:Jr|Sr|II|III|IV|Inc|Ltd|M\.?D)\b\.?)", cell)
    assert cut(cell) == expected


@given(st.lists(st.text(max_size=12) | st.sampled_from(["Ada", " ADA", "N/A", "more"])))
def test_a_name_is_read_the_same_from_text_and_object(found: list[str]) -> None:
    # Names of objects are read one by one, texts from the cache of names.
    assert listed(found) == listed([{"name": name} for name in found])


_MARKS = st.sampled_from([*"|;/[]{}()'\"&•、，\n-.", "Ada", "Éva", " ", ",", "Jr", "·", "unknown"])


@given(st.lists(_MARKS, max_size=9).map("".join) | st.text(max_size=20))
def test_plain_lists_have_the_entries_of_the_general_way(cell: str) -> None:
    def general() -> list[object]:
        decoded = decode(cell)
        if isinstance(decoded, str):
            return list(cut(decoded))
        return entries(decoded)

    try:
        expected = general()
    except CellError:
        with pytest.raises(CellError):
            entries(cell)
    else:
        assert entries(cell) == expected


@given(st.lists(st.sampled_from(["Ada", "ADA", "ada ", "Bo", "", "N/A"])))
def test_of_names_that_differ_in_case_the_first_is_used(found: list[str]) -> None:
    expected: dict[str, str] = {}
    for name in map(str.strip, found):
        if name not in ("", "N/A"):
            expected.setdefault(name.lower(), name)
    assert (listed(found) or []) == list(expected.values())


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("#sad #slow-burn #sea", ["sad", "slow-burn", "sea"]),
        ("#sad", ["sad"]),
        ("#sad, sea", ["sad", "sea"]),
        ("C# code, sea", ["C# code", "sea"]),
        ("海/灯", ["海", "灯"]),
    ],
)
def test_keywords_with_number_signs(cell: str, found: list[str]) -> None:
    assert keywords(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Ada Quill (https://www.notion.so/Ada-1)", ["Ada Quill"]),
        ("[Ada Quill](https://x.test/a), Ed Bray", ["Ada Quill", "Ed Bray"]),
        ("Drama (80%), War (12.5 %)", ["Drama", "War"]),
        ("Ada Quill (I)", ["Ada Quill (I)"]),
    ],
)
def test_links_and_shares_behind_names(cell: str, found: list[str]) -> None:
    assert names(cell) == found
