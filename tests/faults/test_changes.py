"""Another model, other settings, other code: nothing is mixed, and what still holds is reused."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.small_model import build_model
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release
from tests.faults.child import forked
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, checked, same_tables, work_of

pytestmark = pytest.mark.timeout(300)


def another_model(folder: Path) -> None:
    import torch

    seed = torch.manual_seed
    torch.manual_seed = lambda number: seed(number + 1)
    build_model(folder)


def newer_clean() -> None:
    """Declare another version of the stage `clean` in this process."""
    from dataclasses import replace

    from pipeline.cleaning.clean import clean
    from pipeline.schemas import stage

    setattr(clean, stage._ATTRIBUTE, replace(stage.spec_of(clean), version=99))


def remade(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Stages of which pieces were made; none that was there may have changed."""
    assert {name: after[name] for name in before} == before
    return {name.split("/")[0] for name in after.keys() - before.keys()}


def test_another_model_makes_another_release_and_reuses_what_no_model_touched(
    place: Place, reference: Reference, mined: Path, tmp_path: Path
) -> None:
    assert forked(another_model, tmp_path / "model", seconds=120) == 0
    before = work_of(mined)
    run = place.mine(mined, MICROGENRES_EMBED__MODEL=str(tmp_path / "model" / "whole"))
    assert run.end(120) == 0, run.told()
    new = checked(mined, LIMIT)
    made = remade(before, work_of(mined))
    assert {"embed", "embeddings", "points", "assign", "neighbours"} <= made
    assert not made & {"sources", "clean", "features"}
    old = mined / "releases" / reference.release.name
    assert new != old
    verify_release(old)
    revisions = [
        set(pq.read_table(release / "embeddings.parquet").column("model_revision").to_pylist())
        for release in (old, new)
    ]
    assert [len(found) for found in revisions] == [1, 1]
    assert revisions[0] != revisions[1]

    # and back: all of the first run still holds
    work = work_of(mined)
    back = place.mine(mined)
    assert back.end(60) == 0, back.told()
    assert work_of(mined) == work
    assert ReleaseStore(mined).latest() == reference.release.name
    same_tables(checked(mined, LIMIT), reference.release)


def test_other_settings_reuse_the_vectors(place: Place, reference: Reference, mined: Path) -> None:
    before = work_of(mined)
    run = place.mine(mined, "-k", 20)
    assert run.end(120) == 0, run.told()
    made = remade(before, work_of(mined))
    assert {"k-curve", "assign"} <= made
    assert not made & {"sources", "clean", "features", "embed", "embeddings", "index", "neighbours"}
    assert checked(mined, LIMIT).name != reference.release.name
    verify_release(mined / "releases" / reference.release.name)


def test_newer_code_of_a_stage_makes_it_again_and_equal_tables_end_it_there(
    place: Place, reference: Reference, mined: Path
) -> None:
    before = work_of(mined)
    run = place.mine(mined, before=newer_clean)
    assert run.end(120) == 0, run.told()
    assert remade(before, work_of(mined)) == {"clean"}  # its tables are the same, so are the rest
    same_tables(checked(mined, LIMIT), reference.release)
