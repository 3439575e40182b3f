"""Each setting is listed with its declaration and the value that a run would use."""

from __future__ import annotations

from pathlib import Path

import pytest

from microgenres.cli.output.settings import profile_rows, setting_rows
from pipeline.errors import SettingsError
from pipeline.settings import Settings, profiles


def test_every_setting_is_listed() -> None:
    rows = {row["name"]: row for row in setting_rows()}
    sections = [s for s in Settings.model_fields if s != "seed"]
    wanted = {
        f"{s}.{setting}" for s in sections for setting in type(getattr(Settings(), s)).model_fields
    }
    assert set(rows) == wanted | {"seed"}
    assert all(row["description"] and row["type"] for row in rows.values())
    assert rows["embed.dtype"]["type"] == "auto | float32 | bfloat16"
    assert rows["embed.dtype"]["variable"] == "MICROGENRES_EMBED__DTYPE"
    assert rows["cluster.k"]["type"] == "int >= 1 | auto"
    assert rows["label.diversity"]["type"] == "float, >= 0, <= 1"
    assert rows["dask.workers"]["type"] == "int | none, >= 1, <= 1024"
    assert rows["source.column_map"]["default"] == {}


def test_values_come_from_files_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "my.toml"
    own.write_text("seed = 7\n[label]\nkeywords = 4\n")
    monkeypatch.setenv("MICROGENRES_LABEL__KEYWORDS", "3")
    rows = {row["name"]: row for row in setting_rows("default", own)}
    assert (rows["seed"]["value"], rows["seed"]["default"]) == (7, 2026)
    assert (rows["label.keywords"]["value"], rows["label.keywords"]["default"]) == (3, 5)


def test_an_unknown_profile_is_an_error() -> None:
    with pytest.raises(SettingsError, match="'nope'"):
        setting_rows("nope")


def test_profiles_have_descriptions() -> None:
    rows = profile_rows()
    assert [row["name"] for row in rows] == profiles()
    assert all(len(row["description"]) > 20 for row in rows)
    assert not any("#" in row["description"] for row in rows)
