"""The profiles that ship: each loads, and the defaults they show are the defaults."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import ENV_PREFIX, Settings, load_settings, profiles

CONFIG = Path(__file__).resolve().parents[1] / "config"
SHOWN = re.compile(r"^# (?=\w+ = |\[)", flags=re.MULTILINE)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(ENV_PREFIX)]:
        monkeypatch.delenv(name)


def test_the_profiles_are_those_of_the_house() -> None:
    assert profiles() == ["cluster", "default", "gpu", "multilingual", "sample"]


@pytest.mark.parametrize("profile", ["cluster", "default", "gpu", "multilingual", "sample"])
def test_a_profile_loads_and_says_something(profile: str) -> None:
    loaded = load_settings(profile=profile)
    assert (loaded == Settings()) is (profile == "default")


def test_the_multilingual_profile_names_a_model_of_the_hub() -> None:
    loaded = load_settings(profile="multilingual")
    assert re.fullmatch(r"[\w-]+/[\w.-]*multilingual[\w.-]*", loaded.embed.model)
    assert loaded.features.mode == "embedding", "TF-IDF would set the languages apart"


def test_the_defaults_that_are_shown_are_the_defaults() -> None:
    text = (CONFIG / "default.toml").read_text(encoding="utf-8")
    shown = tomllib.loads(SHOWN.sub("", text))
    assert shown["source"].pop("column_map"), "an example of a column map, which has no default"
    defaults = Settings().model_dump()
    assert shown.pop("seed") == defaults["seed"]
    assert set(shown) == set(Settings.model_fields) - {"seed"}
    for section, values in shown.items():
        assert values, f"[{section}] shows no setting"
        for name, value in values.items():
            assert value == defaults[section][name], f"{section}.{name}"


def test_the_sample_profile_is_finer_than_the_default() -> None:
    sample, default = load_settings(profile="sample"), load_settings()
    assert sample.cluster.leaf_films == 19
    assert sample.label.min_films <= sample.cluster.min_films < default.cluster.leaf_films


@pytest.mark.parametrize(("section", "name"), [("cluster", "k"), ("taxonomy", "families")])
def test_a_number_of_groups_below_one_is_refused(section: str, name: str) -> None:
    for wrong in (0, -3, "many"):
        with pytest.raises(SettingsError, match=rf"{section}\.{name}"):
            load_settings(overrides={section: {name: wrong}})
    for right in (1, "auto"):
        loaded = load_settings(overrides={section: {name: right}})
        assert getattr(getattr(loaded, section), name) == right
