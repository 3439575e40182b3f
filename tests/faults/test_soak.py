"""A short `benchmarks.scripts.soak`: random kills of all processes during one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.scripts import soak


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_random_kills_lose_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGENRES_EMBED__DTYPE", "float32")
    file = tmp_path / "soak.json"
    code = soak.main(
        ["--runs", "1", "--seed", "7", "--kills", "4", "--model", str(model), "--out", str(file)]
    )
    answer = json.loads(file.read_text())
    assert code == 0, answer
    assert answer["films"] == 531
    assert answer["films_lost"] == answer["films_doubled"] == answer["left_running"] == 0
    assert answer["releases_torn"] == answer["releases_that_differ"] == 0
    assert sum(answer["kills"].values()) >= 1
