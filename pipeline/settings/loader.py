"""All sections of the settings, and how their layers are merged; see `pipeline.settings`."""

from __future__ import annotations

import os
import tomllib
from contextvars import ContextVar
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings.exceptions import SettingsError as EnvironmentParseError

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
from pipeline.settings.unknown_names import check_environment, check_values
from pipeline.settings.update import (
    DriftSettings,
    IdentitySettings,
    NoveltySettings,
    UpdateSettings,
)

__all__ = ["ENV_PREFIX", "Settings", "load_settings", "profiles"]

ENV_PREFIX = "MICROGENRES_"


# The contents of the TOML files of one `load_settings` call, the most important first.
_files: ContextVar[tuple[dict[str, Any], ...] | None] = ContextVar("settings_files", default=None)


class Settings(BaseSettings):
    """The settings of a run, by section.

    `load_settings` reads them from files, the environment and the command line. `Settings(...)`
    itself takes its arguments and the defaults only.

    Examples
    --------
    >>> Settings(seed=7).seed
    7
    >>> Settings().cluster.components
    64
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    seed: int = Field(2026, ge=0, lt=2**31, description="Seed of all random choices.")
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
    # Limits that stop a run before it publishes. They are no part of a result, and what one run was
    # allowed to lose the next one is not.
    GUARDS: ClassVar[dict[str, set[str]]] = {
        "source": {"max_rejected_share"},
        "update": {"max_withdrawn_share"},
    }
    # What is said to one run, and is no part of the catalogue's settings.
    OF_ONE_RUN: ClassVar[dict[str, set[str]]] = {**GUARDS, "label": {"new_names"}}
    # What the manifest of a release leaves out: where a run works, and its guards. Some of it names
    # files of one machine. A section as a whole (True), or some of its settings.
    NOT_RECORDED: ClassVar[dict[str, bool | set[str]]] = {
        "serve": True,
        "log": True,
        "dask": {"scheduler", "tls_ca", "tls_cert", "tls_key", "trusted_network"},
        **OF_ONE_RUN,
    }

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
        """Return the layers to merge deeply, the most important first."""
        contents = _files.get()
        if contents is None:
            return (init_settings,)
        layers = (InitSettingsSource(settings_cls, content) for content in contents)
        return (init_settings, env_settings, *layers)


def _config_folder() -> Traversable:
    return files("config")


def profiles() -> list[str]:
    """Return the names that `--profile` takes, sorted."""
    names = (entry.name for entry in _config_folder().iterdir())
    return sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml"))


def _read_toml(entry: Traversable | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(entry.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {entry}: not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"settings file {entry} cannot be read: {error}") from error


def load_settings(
    *,
    profile: str = "default",
    file: str | Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Settings:
    """Merge all layers of settings; see `pipeline.settings` for their order.

    Parameters
    ----------
    profile : str
        One of `profiles()`.
    file : str or Path, optional
        A TOML file of the user.
    overrides : dict, optional
        Values by section, from the command line.

    Returns
    -------
    Settings
        Immutable settings.

    Raises
    ------
    SettingsError
        If a name is unknown, a value is not allowed, the profile is unknown, or the file cannot be
        read. The message names the setting, its value and what is allowed.

    Examples
    --------
    >>> load_settings(profile="sample").publish.licence
    'Apache-2.0'
    >>> load_settings(overrides={"cluster": {"min_films": 0}})
    Traceback (most recent call last):
    pipeline.errors.SettingsError: setting cluster.min_films = 0: ...
    """
    contents = [_read_toml(_config_folder() / "default.toml")]
    if profile != "default":
        if profile not in profiles():
            raise SettingsError(f"profile {profile!r} is unknown: use one of {profiles()}")
        contents.insert(0, _read_toml(_config_folder() / f"{profile}.toml"))
    if file is not None:
        own = _read_toml(Path(file))
        check_values(own, Settings, where=str(file))
        contents.insert(0, own)
    check_environment(os.environ, ENV_PREFIX, Settings)
    check_values(overrides or {}, Settings)
    token = _files.set(tuple(contents))
    try:
        return Settings(**overrides or {})
    except ValidationError as error:
        first = error.errors()[0]
        # for a union, pydantic adds the type that it tried, which is not part of the name
        parts = [str(part) for part in first["loc"]]
        name = ".".join(p for p in parts if not p.startswith(("int", "constrained-", "literal[")))
        raise SettingsError(f"setting {name} = {first.get('input')!r}: {first['msg']}") from error
    except EnvironmentParseError as error:
        raise SettingsError(f"settings in the environment: {error}: {error.__cause__}") from error
    finally:
        _files.reset(token)
