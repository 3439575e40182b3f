"""Figures of how far names are true of their films."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.name_truth import name_truth_figures
from pipeline.schemas.mining import MICRO_GENRES
from pipeline.schemas.report import NameTruth

Counts = tuple[int, int, int | None, int | None]  # films; name, subject and form true of


def table(rows: list[Counts], **more: list[Any]) -> pa.Table:
    columns: dict[str, list[Any]] = {"films": [row[0] for row in rows]}
    for position, name in enumerate(("name_truth", "subject_truth", "form_truth"), 1):
        counts = [row[position] for row in rows]
        columns[name] = [
            None if n is None else n / row[0] for n, row in zip(counts, rows, strict=True)
        ]
    columns |= {"thin": [False] * len(rows), **more}
    own = [field for field in MICRO_GENRES if field.name in columns]
    missing = [field for field in MICRO_GENRES if field.name not in columns]
    data = [pa.array(columns[field.name], field.type) for field in own]
    data += [pa.nulls(len(rows), field.type) for field in missing]
    return pa.table(data, schema=pa.schema([*own, *missing])).select(MICRO_GENRES.names)


def test_shares_are_over_the_films_whose_name_has_the_part() -> None:
    found = name_truth_figures(table([(10, 6, 7, 10), (30, 3, None, 21), (60, 60, 60, None)]))
    assert found["whole"] == 69 / 100
    assert found["subject"] == 67 / 70
    assert found["form"] == 31 / 40
    assert found["adjective"] is None
    assert found["names_true_of_60"] == pytest.approx(2 / 3)
    assert found["forms_true_of_60"] == 1.0
    assert (found["without_form"], found["without_subject"]) == (1 / 3, 1 / 3)


def test_the_figures_are_those_of_the_schema() -> None:
    found = name_truth_figures(table([(10, 6, 7, 10)]))
    assert set(found) == set(NameTruth.model_fields)
    assert NameTruth.model_validate(found).to_dict() == found


def test_names_of_which_nothing_is_known_do_not_count() -> None:
    rows = table([(10, 5, 5, 5), (10, 9, 9, 9)], name_truth=[0.5, None], thin=[True, True])
    found = name_truth_figures(rows)
    assert (found["whole"], found["thin_micro_genres"], found["thin_films"]) == (0.5, 1, 10)
    assert name_truth_figures(rows.slice(1)) == {} == name_truth_figures(rows.slice(0, 0))


def test_a_micro_genre_that_an_update_left_without_films_does_not_count() -> None:
    rows = table([(10, 9, 9, 9), (10, 1, 1, 1)], films=[10, 0])
    assert name_truth_figures(rows)["names_true_of_60"] == 1.0


@given(st.lists(st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))))
def test_shares_of_float32_give_whole_counts(pairs: list[tuple[int, int]]) -> None:
    found = name_truth_figures(table([(films, true, true, true) for films, true in pairs]))
    if pairs:
        films = sum(n for n, _ in pairs)
        assert found["whole"] == sum(true for _, true in pairs) / films
        mostly = sum(10 * true >= 6 * n for n, true in pairs)
        assert found["names_true_of_60"] == pytest.approx(mostly / len(pairs))
