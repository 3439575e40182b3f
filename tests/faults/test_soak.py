"""A short soak: random kills of every process through one run; the long one is a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.scripts import soak


@pytest.mark.timeout(300)
def test_nothing_is_lost_whatever_is_killed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGENRES_EMBED__DTYPE", "float32")
    told = tmp_path / "soak.json"
    code = soak.main(
        ["--runs", "1", "--seed", "7", "--kills", "4", "--model", str(model), "--out", str(told)]
    )
    answer = json.loads(told.read_text())
    assert code == 0, answer
    assert answer["films"] == 531
    assert answer["films_lost"] == answer["films_doubled"] == answer["left_running"] == 0
    assert answer["releases_torn"] == answer["releases_that_differ"] == 0
    assert sum(answer["kills"].values()) >= 1
