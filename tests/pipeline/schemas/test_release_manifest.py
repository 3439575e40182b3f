"""The settings of a run are read from its manifest; the JSON text is that of the input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.errors import ReleaseError
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.settings import NeighbourSettings


def manifest(**fields: Any) -> ReleaseManifest:
    return ReleaseManifest(release_id="0123456789ab", schema_version=1, **fields)


def test_settings_of_a_section_are_read() -> None:
    settings = NeighbourSettings(count=7, searched_films=5_000)
    found = manifest(settings={"neighbours": settings.model_dump(mode="json"), "embed": {}})
    assert found.read_settings("neighbours", NeighbourSettings) == settings


def test_missing_settings_have_their_defaults() -> None:
    found = manifest(settings={"neighbours": {"count": 7}})
    assert found.read_settings("neighbours", NeighbourSettings) == NeighbourSettings(count=7)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "lacks the settings of 'neighbours' in its manifest"),
        ({"neighbours": 7}, "setting neighbours = 7 in its manifest"),
        ({"neighbours": {"count": "many"}}, "setting neighbours.count = 'many'"),
        ({"neighbours": {"of_tomorrow": 1}}, "setting neighbours.of_tomorrow = 1"),
    ],
)
def test_invalid_settings_are_rejected(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ReleaseError) as raised:
        manifest(settings=settings).read_settings("neighbours", NeighbourSettings)
    assert message in str(raised.value)
    assert "0123456789ab" in str(raised.value) and "mine again" in str(raised.value)


def test_a_manifest_without_weak_below_is_rejected() -> None:
    assert manifest(weak_below=0.25).weak_threshold() == 0.25
    with pytest.raises(ReleaseError, match="lacks 'weak_below'"):
        manifest().weak_threshold()


def test_json_has_the_given_fields_unchanged() -> None:
    values = {
        "release_id": "r1",
        "schema_version": 1,
        "parent": None,
        "schema": {"movies": {"movie_id": "string"}},
        "files": {"a.parquet": {"sha256": "0" * 64, "bytes": 1, "rows": 2, "later": [1]}},
        "weak_below": 0,
        "of_a_later_version": {"Amélie": 1.0},
    }
    text = ReleaseManifest.model_validate(values).to_json()
    assert text == json.dumps(values, sort_keys=True, indent=2, ensure_ascii=False)
