"""Another model, other settings, other code: nothing is mixed, and valid work is reused."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.small_model import build_model
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release
from tests.faults.child import forked
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, assert_same_tables, committed_work, verify_latest

pytestmark = pytest.mark.timeout(300)


def another_model(folder: Path) -> None:
    import torch

    seed = torch.manual_seed
    torch.manual_seed = lambda number: seed(number + 1)
    build_model(folder)


def change_version_of_clean() -> None:
    """Declare another version of the stage `clean` in this process."""
    from dataclasses import replace

    from pipeline.cleaning.clean import clean
    from pipeline.schemas import stage

    setattr(clean, stage._ATTRIBUTE, replace(stage.spec_of(clean), version=99))


def recomputed_stages(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the stages with new pieces; existing pieces must be unchanged."""
    assert {name: after[name] for name in before} == before
    return {name.split("/")[0] for name in after.keys() - before.keys()}


def test_another_model_gives_another_release_and_reuses_stages_without_a_model(
    place: Place, reference: Reference, mined: Path, tmp_path: Path
) -> None:
    assert forked(another_model, tmp_path / "model", seconds=120) == 0
    before = committed_work(mined)
    run = place.mine(mined, MICROGENRES_EMBED__MODEL=str(tmp_path / "model" / "whole"))
    assert run.end(120) == 0, run.output()
    new = verify_latest(mined, LIMIT)
    recomputed = recomputed_stages(before, committed_work(mined))
    assert {"embed", "embeddings", "points", "assign", "neighbours"} <= recomputed
    assert not recomputed & {"sources", "clean", "features"}
    old = mined / "releases" / reference.release.name
    assert new != old
    verify_release(old)
    revisions = [
        set(pq.read_table(release / "embeddings.parquet").column("model_revision").to_pylist())
        for release in (old, new)
    ]
    assert [len(found) for found in revisions] == [1, 1]
    assert revisions[0] != revisions[1]

    # with the first model again, all work of the first run is reused
    work = committed_work(mined)
    back = place.mine(mined)
    assert back.end(60) == 0, back.output()
    assert committed_work(mined) == work
    assert ReleaseStore(mined).latest() == reference.release.name
    assert_same_tables(verify_latest(mined, LIMIT), reference.release)


def test_other_settings_reuse_the_vectors(place: Place, reference: Reference, mined: Path) -> None:
    before = committed_work(mined)
    run = place.mine(mined, "-k", 20)
    assert run.end(120) == 0, run.output()
    recomputed = recomputed_stages(before, committed_work(mined))
    assert {"k-curve", "assign"} <= recomputed
    assert not recomputed & {
        "sources",
        "clean",
        "features",
        "embed",
        "embeddings",
        "index",
        "neighbours",
    }
    assert verify_latest(mined, LIMIT).name != reference.release.name
    verify_release(mined / "releases" / reference.release.name)


def test_a_new_version_of_a_stage_repeats_only_that_stage_if_its_tables_are_equal(
    place: Place, reference: Reference, mined: Path
) -> None:
    before = committed_work(mined)
    run = place.mine(mined, before=change_version_of_clean)
    assert run.end(120) == 0, run.output()
    assert recomputed_stages(before, committed_work(mined)) == {
        "clean"
    }  # equal tables: later stages are reused
    assert_same_tables(verify_latest(mined, LIMIT), reference.release)
