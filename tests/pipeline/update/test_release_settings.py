"""Settings of an update: those of the mining, with the cluster and thresholds of now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ReleaseError
from pipeline.release.reader import ReleasedTables
from pipeline.settings import Settings, load_settings
from pipeline.update.release_settings import publish_settings, settings_for_update
from tests.support.tiny_release import build_release


def release_mined_with(root: Path, **sections: Any) -> ReleasedTables:
    """Return a release whose manifest has the default settings and the given sections."""
    folder = build_release(root)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["settings"] = Settings().model_dump(mode="json") | sections
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return ReleasedTables(folder)


def test_stages_use_the_settings_of_the_mining(tmp_path: Path) -> None:
    mined = Settings().features.model_dump(mode="json") | {"mode": "full"}
    before = release_mined_with(tmp_path, features=mined, seed=7)
    used = settings_for_update(before, load_settings(overrides={"seed": 8}))
    assert (used.features.mode, used.seed) == ("full", 7)


def test_cluster_and_thresholds_are_those_of_now(tmp_path: Path) -> None:
    before = release_mined_with(tmp_path, drift={"growth": 0.9}, dask={"workers": 5})
    here = load_settings(overrides={"drift": {"growth": 0.1}, "dask": {"workers": 1}})
    used = settings_for_update(before, here)
    assert (used.drift.growth, used.dask.workers) == (0.1, 1)


def test_title_and_licence_of_the_mining_remain_unless_they_are_set(tmp_path: Path) -> None:
    before = release_mined_with(tmp_path, publish={"title": "Mined", "licence": "Of then"})
    set_now = load_settings(overrides={"publish": {"licence": "Of now"}})
    published = publish_settings(before, set_now)
    assert (published.title, published.licence) == ("Mined", "Of now")
    assert published.attribution == ""


def test_a_release_without_a_needed_section_is_an_error(tmp_path: Path) -> None:
    before = release_mined_with(tmp_path)
    del before.manifest.settings["embed"]
    with pytest.raises(ReleaseError, match="'embed'"):
        settings_for_update(before, Settings())


def test_a_section_that_an_older_release_lacks_is_that_of_now(tmp_path: Path) -> None:
    before = release_mined_with(tmp_path)
    del before.manifest.settings["recommend"]
    assert settings_for_update(before, Settings()).recommend == Settings().recommend


def test_guards_are_those_of_now(tmp_path: Path) -> None:
    """What a mining was allowed to lose, the next update is not."""
    source = Settings().source.model_dump(mode="json") | {"max_rejected_share": 1.0}
    before = release_mined_with(
        tmp_path, source=source | {"century_pivot": 40}, update={"max_withdrawn_share": 1.0}
    )
    used = settings_for_update(before, Settings())
    assert (used.source.max_rejected_share, used.update.max_withdrawn_share) == (0.5, 0.1)
    assert used.source.century_pivot == 40
    here = load_settings(overrides={"source": {"max_rejected_share": 0.75}})
    assert settings_for_update(before, here).source.max_rejected_share == 0.75
