"""All settings of a run, with their types, bounds and descriptions.

Precedence, lowest first: `config/default.toml`, the TOML file of the profile, a TOML file of the
user, the environment (`MICROGENRES_EMBED__DTYPE=float32`), the command line. Only `microgenres`,
`flows` and `serve` load settings; a stage receives its own section.
"""

from __future__ import annotations

from pipeline.settings.genres import GenreSettings
from pipeline.settings.loader import ENV_PREFIX, Settings, load_settings, profiles
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

__all__ = [
    "ENV_PREFIX",
    "CleanSettings",
    "ClusterSettings",
    "DaskSettings",
    "DriftSettings",
    "EmbedSettings",
    "FeatureSettings",
    "FetchSettings",
    "GenreSettings",
    "IdentitySettings",
    "LabelSettings",
    "LogSettings",
    "NeighbourSettings",
    "NoveltySettings",
    "PublishSettings",
    "RecommendSettings",
    "ReportSettings",
    "ServeSettings",
    "Settings",
    "SourceSettings",
    "TaxonomySettings",
    "UpdateSettings",
    "UpkeepSettings",
    "load_settings",
    "profiles",
]
