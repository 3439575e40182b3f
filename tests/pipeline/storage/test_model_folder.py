"""Folders of models: whole or absent, and read back only as they were written."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from pipeline.errors import CorruptFileError, ModelError
from pipeline.storage.model_folder import check_files, new_folder, read_told, sums_of, write_told


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "model") as attempt:
        (attempt / "half").write_bytes(b"1")
        _ = 1 / 0
    assert _names(tmp_path) == []
    with new_folder(tmp_path / "deep" / "model") as attempt:
        (attempt / "whole").write_bytes(b"1")
        assert not (tmp_path / "deep" / "model").exists()
    assert _names(tmp_path / "deep") == ["model"]


def test_whoever_is_first_stays_and_another_under_way_is_left_alone(tmp_path: Path) -> None:
    with new_folder(tmp_path / "model") as slow:
        (slow / "by").write_text("slow")
        with new_folder(tmp_path / "model") as quick:
            (quick / "by").write_text("quick")
        assert (slow / "by").read_text() == "slow"
    assert (tmp_path / "model" / "by").read_text() == "quick"
    assert _names(tmp_path) == ["model"]


def test_what_a_killed_attempt_left_goes_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".model-old", tmp_path / ".model-young"
    for left, hours in ((old, 25), (young, 1)):
        (left / "inner").mkdir(parents=True)
        os.utime(left, (time.time() - hours * 3_600,) * 2)
    with new_folder(tmp_path / "model"):
        pass
    assert _names(tmp_path) == [".model-young", "model"]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (None, ModelError, "nothing here: do that"),
        ('{"format": 2', CorruptFileError, "told.json cannot be read: .*; train again"),
        ('{"format": 1}', ModelError, "told.json is not of format 2: train again"),
        ("[2]", ModelError, "told.json is not of format 2: train again"),
    ],
)
def test_json_that_is_absent_torn_or_of_another_format_is_told(
    tmp_path: Path, text: str | None, error: type[Exception], said: str
) -> None:
    path = tmp_path / "told.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error, match=said):
        read_told(path, 2, "nothing here: do that")


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    told = {"format": 2, "b": [1.5, None], "a": "Amélie"}
    write_told(tmp_path / "told.json", told)
    assert read_told(tmp_path / "told.json", 2, "") == told
    with pytest.raises(ValueError, match="JSON compliant"):
        write_told(tmp_path / "told.json", {"a": float("nan")})
    assert read_told(tmp_path / "told.json", 2, "") == told


def test_files_that_are_missing_altered_or_outside_are_named(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "weights"
    path.write_bytes(b"1")
    sums = sums_of(tmp_path, [path])
    assert list(sums) == ["inner/weights"]
    check_files(tmp_path, sums)
    path.write_bytes(b"2")
    with pytest.raises(CorruptFileError, match=re.escape(str(path))):
        check_files(tmp_path, sums)
    path.unlink()
    with pytest.raises(CorruptFileError, match=re.escape(str(path))):
        check_files(tmp_path, sums)
    with pytest.raises(CorruptFileError, match="leaves it"):
        check_files(tmp_path, {"../weights": "0"})
