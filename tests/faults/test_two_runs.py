"""Two concurrent runs into one output folder: the second is refused, there is one release."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import Client

from tests.faults.child import wait_for
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, all_runs_ended, assert_same_tables, verify_latest
from tests.faults.plants import AtCommit, plant_fault

pytestmark = pytest.mark.timeout(300)


def test_a_second_run_is_refused_and_the_first_one_finishes(
    place: Place, reference: Reference, client: Client, tmp_path: Path
) -> None:
    out, markers = tmp_path / "out", tmp_path / "markers"
    markers.mkdir()
    with plant_fault(client, AtCommit(markers, "hold", "features", "p00001")):
        first = place.mine(out)
        wait_for(lambda: list(markers.iterdir()), 60, first)
        second = place.mine(out)
        assert second.end(30) == 1, second.output()
        assert "another run" in second.output()
        assert first.process.exitcode is None
        (markers / "go").touch()
        assert first.end(60) == 0, first.output()
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    assert len(list((out / "releases").iterdir())) == 1
    wait_for(lambda: all_runs_ended(place.server, out), 30)
