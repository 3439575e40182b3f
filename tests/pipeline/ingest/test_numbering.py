from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.ingest.numbering import (
    Numberings,
    agreement,
    find_numberings,
    part_leading_zeros,
)
from pipeline.ingest.spool import RowSpool
from tests.support.ingest_rows import spool_of


def numberings(folder: Path, **ids: dict[str, str]) -> Numberings:
    """Return the numberings of files; each has id -> title."""
    files = {
        f"{name}.csv": [{"id": movie_id, "title": title} for movie_id, title in rows.items()]
        for name, rows in ids.items()
    }
    spool = spool_of(folder, files)
    return find_numberings(spool, spool.values(), spool.order(), lambda rows: {})


def test_agreement_of_known_values() -> None:
    assert agreement(np.array([1, 2, 0, 4]), np.array([1, 3, 3, 0])) == 0.5
    assert agreement(np.array([0]), np.array([1])) is None


@pytest.mark.parametrize(
    ("agreeing", "shared"), [(0, False), (1, False), (2, True), (3, True), (4, True)]
)
def test_most_titles_decide(tmp_path: Path, agreeing: int, shared: bool) -> None:
    one = {str(n): f"Film {n}" for n in range(4)}
    two = {str(n): f"Film {n}" if n < agreeing else f"Other {n}" for n in range(4)}
    found = numberings(tmp_path, one=one, two=two)
    assert (found.of_code[0] == found.of_code[1]) is np.bool_(shared)
    assert found.independent == ({} if shared else {(0, 1): 4})


def test_files_without_a_common_id_are_apart_and_not_noted(tmp_path: Path) -> None:
    found = numberings(tmp_path, one={"1": "Thaw"}, two={"2": "Thaw"})
    assert found.of_code[0] != found.of_code[1]
    assert found.independent == {}


def test_a_third_file_may_join_two(tmp_path: Path) -> None:
    found = numberings(
        tmp_path,
        one={"1": "Thaw", "2": "Salt Lamp"},
        two={"3": "Waltz", "4": "Choir"},
        all={"1": "Thaw", "2": "Salt Lamp", "3": "Waltz", "4": "Choir"},
    )
    assert len(set(found.of_code[:3].tolist())) == 1


def numbered(*ids: str) -> list[dict[str, str]]:
    return [{"id": own, "title": f"Film {own}"} for own in ids]


def test_a_file_with_both_forms_parts_them_everywhere(tmp_path: Path) -> None:
    films = spool_of(tmp_path, {"a.csv": numbered("007", "7", "08"), "b.csv": numbered("7", "8")})
    sides = spool_of(tmp_path, {"k.csv": numbered("007", "7", "8")}, "sides")
    found, of_sides = part_leading_zeros([films, sides])
    assert len(set(found.own[:2].tolist())) == 2
    assert found.own[1] == found.own[3], "7 of both files"
    assert found.own[2] == found.own[4], "08 and 8 are one id, as IMDb's are in a spreadsheet"
    assert of_sides.own.tolist() == [found.own[0], found.own[1], found.own[4]]


def test_without_zeros_nothing_changes(tmp_path: Path) -> None:
    films = spool_of(tmp_path, {"a.csv": numbered("10", "7")})
    [found] = part_leading_zeros([films, RowSpool(tmp_path, "sides")])
    assert found is films.values()
