"""Loads libraries and models into a worker before the first stage.

Otherwise the measured time of a stage would contain their loading. The module is part of this
package, because a worker that calls a function of `flows` would import Prefect too.
"""

from __future__ import annotations

from pipeline.cleaning import language
from pipeline.embedding import embed
from pipeline.imports import load
from pipeline.settings import EmbedSettings

__all__ = ["load_shared", "warm"]

# what stages import when they are first called, and the packages of the stages
_HEAVY = (
    "sklearn.cluster",
    "sklearn.metrics",
    "pipeline.ingest.partition",
    "pipeline.cluster",
    "pipeline.neighbours.search",
    "pipeline.label",
    "pipeline.publish.tables",
)


def warm(settings: EmbedSettings, revision: str, dtype: str) -> None:
    """Load libraries, lexicons and the run's model into this process.

    Parameters
    ----------
    settings : EmbedSettings
        Model and device.
    revision, dtype : str
        Of the run's model.

    Raises
    ------
    ModelError
        If the weights on this machine have another revision.
    """
    load_shared()
    embed.warm(settings, revision, dtype)


def load_shared() -> None:
    """Load libraries and lexicons, all that does not depend on the settings of a run."""
    load(_HEAVY)
    language.warm()
