from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.films import Catalogue, write_catalogue
from benchmarks.scripts.same_bytes import _has_begun, _shuffle, main


def test_shuffling_keeps_the_films(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.parquet" for name in ("films", "truth", "other")]
    write_catalogue(Catalogue(120, 1), *paths[:2])
    _shuffle(paths[0], paths[2])
    first, other = (pq.read_table(paths[n]) for n in (0, 2))
    assert not first.equals(other)
    key = first.column_names[0]
    assert first.sort_by(key).equals(other.sort_by(key))


def test_the_start_of_a_stage_is_read_from_the_record(tmp_path: Path) -> None:
    record = tmp_path / "stages"
    assert not _has_begun(record, "names")
    event = {"at": 1.0, "what": "began", "stage": "names"}
    record.write_text(json.dumps(event | {"stage": "clean"}) + "\n" + json.dumps(event)[:20])
    assert _has_begun(record, "clean") and not _has_begun(record, "names")
    record.write_text(json.dumps(event) + "\n")
    assert _has_begun(record, "names")


def test_without_a_mining_the_error_names_the_command_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path), "--films", "100"])
    assert ended.value.code == 2
    assert f"microgenres bench end-to-end --sizes 100 --work {tmp_path}" in capsys.readouterr().err
