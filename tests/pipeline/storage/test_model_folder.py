"""Folders of models: complete or absent, and refused if they were altered."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from pipeline.errors import CorruptFileError, ModelError
from pipeline.storage.model_folder import (
    check_files,
    file_checksums,
    new_folder,
    read_json,
    write_json,
)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "model") as attempt:
        (attempt / "half").write_bytes(b"1")
        _ = 1 / 0
    assert _names(tmp_path) == []
    with new_folder(tmp_path / "deep" / "model") as attempt:
        (attempt / "whole").write_bytes(b"1")
        assert not (tmp_path / "deep" / "model").exists()
    assert _names(tmp_path / "deep") == ["model"]


def test_the_first_attempt_wins_and_another_running_one_is_not_disturbed(tmp_path: Path) -> None:
    with new_folder(tmp_path / "model") as slow:
        (slow / "by").write_text("slow")
        with new_folder(tmp_path / "model") as quick:
            (quick / "by").write_text("quick")
        assert (slow / "by").read_text() == "slow"
    assert (tmp_path / "model" / "by").read_text() == "quick"
    assert _names(tmp_path) == ["model"]


def test_killed_attempts_are_deleted_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".model-old", tmp_path / ".model-young"
    for folder, hours in ((old, 25), (young, 1)):
        (folder / "inner").mkdir(parents=True)
        os.utime(folder, (time.time() - hours * 3_600,) * 2)
    with new_folder(tmp_path / "model"):
        pass
    assert _names(tmp_path) == [".model-young", "model"]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (None, ModelError, "nothing here: do that"),
        ('{"format": 2', CorruptFileError, "record.json cannot be read: .*; train again"),
        ('{"format": 1}', ModelError, "record.json is not of format 2: train again"),
        ("[2]", ModelError, "record.json is not of format 2: train again"),
    ],
)
def test_json_that_is_missing_damaged_or_of_another_format_is_reported(
    tmp_path: Path, text: str | None, error: type[Exception], message: str
) -> None:
    path = tmp_path / "record.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=message):
        read_json(path, 2, "nothing here: do that")


def test_json_round_trip(tmp_path: Path) -> None:
    record = {"format": 2, "b": [1.5, None], "a": "Amélie"}
    write_json(tmp_path / "record.json", record)
    assert read_json(tmp_path / "record.json", 2, "") == record
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "record.json", {"a": float("nan")})
    assert read_json(tmp_path / "record.json", 2, "") == record


def test_files_that_are_missing_altered_or_outside_are_named(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "weights"
    path.write_bytes(b"1")
    checksums = file_checksums(tmp_path, [path])
    assert list(checksums) == ["inner/weights"]
    check_files(tmp_path, checksums)
    path.write_bytes(b"2")
    with pytest.raises(CorruptFileError, match=re.escape(str(path))):
        check_files(tmp_path, checksums)
    path.unlink()
    with pytest.raises(CorruptFileError, match=re.escape(str(path))):
        check_files(tmp_path, checksums)
    with pytest.raises(CorruptFileError, match="leaves it"):
        check_files(tmp_path, {"../weights": "0"})
