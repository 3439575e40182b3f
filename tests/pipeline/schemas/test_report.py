"""A report is read and written without a change of its values."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from pipeline.report.figures import assemble
from pipeline.schemas.report import Report
from tests.support.report_release import release


def test_json_is_that_of_the_assembled_report() -> None:
    values = assemble(release(60)[0] | {"carried": {"from": "r0", "sections": ["k"]}})
    report = Report.model_validate(values)
    assert report.to_json() == json.dumps(
        values, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False
    )
    assert report.data_quality.overview_words[0].from_ == 10
    assert report.carried.from_ == "r0"


def test_missing_sections_have_defaults_and_are_not_written() -> None:
    report = Report.model_validate({"release_id": "r1"})
    assert report.clusters.inertia is None
    assert (report.drift.past, report.languages) == ([], [])
    assert report.to_dict() == {"release_id": "r1"}


def test_unknown_fields_are_stored() -> None:
    values = {"clusters": {"inertia": 1, "gap": {"k": [1, None]}}, "later": "x"}
    assert Report.model_validate(values).to_dict() == values


def test_numbers_that_json_does_not_allow_are_rejected() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Report.model_validate({"clusters": {"inertia": float("nan")}}).to_json()
    with pytest.raises(ValidationError, match=r"k\.chosen"):
        Report.model_validate({"k": {"chosen": "many"}})
