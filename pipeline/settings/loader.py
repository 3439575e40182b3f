"""All sections together, and how the layers of `pipeline.settings` are merged into them."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.errors import SettingsError
from pipeline.settings.genres import GenreSettings
from pipeline.settings.mining import (
    ClusterSettings,
    EmbedSettings,
    FeatureSettings,
    LabelSettings,
    NeighbourSettings,
    PublishSettings,
    ReportSettings,
    TaxonomySettings,
)
from pipeline.settings.recommenders import RecommendSettings, UpkeepSettings
from pipeline.settings.runtime import DaskSettings, LogSettings
from pipeline.settings.serve import ServeSettings
from pipeline.settings.sources import CleanSettings, FetchSettings, SourceSettings
from pipeline.settings.update import (
    DriftSettings,
    IdentitySettings,
    NoveltySettings,
    UpdateSettings,
)

__all__ = ["ENV_PREFIX", "Settings", "load_settings", "profiles"]

ENV_PREFIX = "MICROGENRES_"


class Settings(BaseSettings):
    """All sections of a run; see `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    seed: int = Field(2026, ge=0, lt=2**31, description="Seeds every random choice, with the data.")
    source: SourceSettings = SourceSettings()
    fetch: FetchSettings = FetchSettings()
    clean: CleanSettings = CleanSettings()
    features: FeatureSettings = FeatureSettings()
    embed: EmbedSettings = EmbedSettings()
    cluster: ClusterSettings = ClusterSettings()
    neighbours: NeighbourSettings = NeighbourSettings()
    label: LabelSettings = LabelSettings()
    taxonomy: TaxonomySettings = TaxonomySettings()
    identity: IdentitySettings = IdentitySettings()
    update: UpdateSettings = UpdateSettings()
    novelty: NoveltySettings = NoveltySettings()
    drift: DriftSettings = DriftSettings()
    report: ReportSettings = ReportSettings()
    genres: GenreSettings = GenreSettings()
    recommend: RecommendSettings = RecommendSettings()
    upkeep: UpkeepSettings = UpkeepSettings()
    publish: PublishSettings = PublishSettings()
    dask: DaskSettings = DaskSettings()
    serve: ServeSettings = ServeSettings()
    log: LogSettings = LogSettings()

    # The one list of sections that have no part in what a mining computes: where it runs, what it
    # logs, how films are fetched and served, and the thresholds of updates.
    NOT_MINING: ClassVar[frozenset[str]] = frozenset(
        {"fetch", "dask", "serve", "log", "update", "novelty", "drift"}
    )

    @classmethod
    def mining_sections(cls) -> tuple[str, ...]:
        """Return the names of the sections that are part of a mining, in alphabetical order."""
        sections = {
            name
            for name, field in cls.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        }
        return tuple(sorted(sections - cls.NOT_MINING))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment only: files and the command line are merged around it by the loader."""
        return (init_settings,)


def _config_folder() -> Traversable:
    return files("config")


def profiles() -> list[str]:
    """Names that `--profile` takes."""
    names = (entry.name for entry in _config_folder().iterdir())
    return sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml"))


def _read_toml(entry: Traversable | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(entry.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {entry}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"settings file {entry} cannot be read: {error}") from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = (
            _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def _environment() -> dict[str, Any]:
    from pydantic_settings import EnvSettingsSource

    return EnvSettingsSource(Settings)()


def load_settings(
    *,
    profile: str = "default",
    file: str | Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Settings:
    """Merge the layers named in the docstring of `pipeline.settings` into one immutable `Settings`.

    Parameters
    ----------
    profile : a name from `profiles()`.
    file : a TOML file of the user's own, or None.
    overrides : nested values from the command line; None values are skipped by the caller.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed; or the file that cannot be read.
    """
    layers = [_read_toml(_config_folder() / "default.toml")]
    if profile != "default":
        if profile not in profiles():
            raise SettingsError(f"profile {profile!r} is unknown; there are {profiles()}")
        layers.append(_read_toml(_config_folder() / f"{profile}.toml"))
    if file is not None:
        layers.append(_read_toml(Path(file)))
    try:
        layers.append(_environment())
        layers.append(overrides or {})
        merged: dict[str, Any] = {}
        for layer in layers:
            merged = _merge(merged, layer)
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        # of a union pydantic also names the member that was tried, which no one has written
        parts = [str(part) for part in first["loc"]]
        name = ".".join(p for p in parts if not p.startswith(("int", "constrained-", "literal[")))
        raise SettingsError(f"setting {name} = {first.get('input')!r}: {first['msg']}") from error
