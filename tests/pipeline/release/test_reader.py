"""Settings are read back from a manifest, or what is wrong with it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ReleaseError
from pipeline.release.reader import mined_with
from pipeline.settings import NeighbourSettings

RELEASE = Path("out", "releases", "0123456789ab")


def test_what_a_release_was_mined_with_comes_back() -> None:
    settings = NeighbourSettings(count=7, searched_films=5_000)
    manifest = {"settings": {"neighbours": settings.model_dump(mode="json"), "embed": {}}}
    assert mined_with(RELEASE, manifest, "neighbours", NeighbourSettings) == settings


def test_what_a_manifest_leaves_out_has_its_default() -> None:
    manifest = {"settings": {"neighbours": {"count": 7}}}
    found = mined_with(RELEASE, manifest, "neighbours", NeighbourSettings)
    assert found == NeighbourSettings(count=7)


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ({}, "lacks the settings of 'neighbours' in its manifest"),
        ({"settings": {}}, "lacks the settings of 'neighbours' in its manifest"),
        ({"settings": None}, "lacks the settings of 'neighbours' in its manifest"),
        ({"settings": {"neighbours": 7}}, "setting neighbours = 7 in its manifest"),
        ({"settings": {"neighbours": {"count": "many"}}}, "setting neighbours.count = 'many'"),
        ({"settings": {"neighbours": {"of_tomorrow": 1}}}, "setting neighbours.of_tomorrow = 1"),
    ],
)
def test_a_manifest_without_them_is_refused(manifest: dict[str, Any], told: str) -> None:
    with pytest.raises(ReleaseError) as raised:
        mined_with(RELEASE, manifest, "neighbours", NeighbourSettings)
    assert told in str(raised.value)
    assert str(RELEASE) in str(raised.value) and "mine again" in str(raised.value)
