"""The profiles of the package, and the order of the layers of settings."""

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


def test_the_names_of_the_profiles() -> None:
    assert profiles() == ["cluster", "default", "gpu", "multilingual", "sample"]


@pytest.mark.parametrize("profile", ["cluster", "default", "gpu", "multilingual", "sample"])
def test_a_profile_loads_and_changes_something(profile: str) -> None:
    loaded = load_settings(profile=profile)
    assert (loaded == Settings()) is (profile == "default")


def test_the_multilingual_profile_names_a_model_of_the_hub() -> None:
    loaded = load_settings(profile="multilingual")
    assert re.fullmatch(r"[\w-]+/[\w.-]*multilingual[\w.-]*", loaded.embed.model)
    assert loaded.features.mode == "embedding", "TF-IDF would set the languages apart"


def test_the_defaults_in_the_comments_are_the_defaults() -> None:
    text = (CONFIG / "default.toml").read_text(encoding="utf-8")
    shown = tomllib.loads(SHOWN.sub("", text))
    for name in ("column_map", "table_maps"):
        assert shown["source"].pop(name), "the default is empty, so an example is shown"
    for name in ("rate_limit", "api_keys", "cors_origins"):
        assert shown["serve"].pop(name), "the default is none, so an example is shown"
    defaults = Settings().model_dump()
    assert shown.pop("seed") == defaults["seed"]
    assert set(shown) == set(Settings.model_fields) - {"seed"}
    for section, values in shown.items():
        assert values, f"[{section}] shows no setting"
        for name, value in values.items():
            assert value == defaults[section][name], f"{section}.{name}"


def test_the_sample_profile_has_only_the_description_of_its_release() -> None:
    sample, default = load_settings(profile="sample"), load_settings()
    assert sample.publish != default.publish
    assert sample.model_copy(update={"publish": default.publish}) == default


@pytest.mark.parametrize(("section", "name"), [("cluster", "k"), ("taxonomy", "families")])
def test_a_number_of_groups_below_one_is_refused(section: str, name: str) -> None:
    for wrong in (0, -3, "many"):
        with pytest.raises(SettingsError, match=rf"{section}\.{name}"):
            load_settings(overrides={section: {name: wrong}})
    for right in (1, "auto"):
        loaded = load_settings(overrides={section: {name: right}})
        assert getattr(getattr(loaded, section), name) == right


def test_each_layer_overrides_the_one_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "[cluster]\nmin_films = 6\n[label]\nkeywords = 6\nmin_films = 6\n"
        '[source.column_map]\nmovie_id = "id"\n'
    )
    monkeypatch.setenv("MICROGENRES_LABEL__KEYWORDS", "7")
    monkeypatch.setenv("MICROGENRES_LABEL__DIVERSITY", "0.5")
    overrides = {"label": {"diversity": 0.25}, "source": {"column_map": {"title": "name"}}}
    loaded = load_settings(profile="sample", file=own, overrides=overrides)
    assert loaded.publish.licence == "Apache-2.0", "the profile over the default"
    assert (loaded.cluster.min_films, loaded.label.min_films) == (6, 6), "the file over the profile"
    assert loaded.label.keywords == 7, "the environment over the file"
    assert loaded.label.diversity == 0.25, "the command line over the environment"
    assert loaded.source.column_map == {"movie_id": "id", "title": "name"}, "tables are merged"
    assert loaded.label.candidates == Settings().label.candidates
    assert Settings().label.keywords == 5, "without load_settings, neither files nor environment"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("seed = = 7", "own.toml: not valid TOML"),
        ("embed = 3", "setting embed = 3"),
        ("[embed]\nnope = 1", r"own\.toml: setting embed\.nope is unknown: embed has batch"),
        (None, "own.toml cannot be read"),
    ],
)
def test_an_error_in_a_file_names_the_file_or_the_setting(
    tmp_path: Path, content: str | None, message: str
) -> None:
    own = tmp_path / "own.toml"
    if content is not None:
        own.write_text(content)
    with pytest.raises(SettingsError, match=message):
        load_settings(file=own)


def test_a_malformed_value_in_the_environment_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROGENRES_SOURCE__COLUMN_MAP", "{title")
    with pytest.raises(SettingsError, match=r"environment: .*source"):
        load_settings()
    monkeypatch.delenv("MICROGENRES_SOURCE__COLUMN_MAP")
    monkeypatch.setenv("MICROGENRES_EMBED", "x")
    with pytest.raises(SettingsError, match=r"environment: .*embed"):
        load_settings()


def test_mining_sections_exclude_where_a_run_works() -> None:
    sections = set(Settings.mining_sections())
    assert not sections & Settings.NOT_MINING
    assert sections | Settings.NOT_MINING | {"seed"} == set(Settings.model_fields)
