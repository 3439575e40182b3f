"""What a worker loads before the first stage, so that no stage's time holds that of a start.

In this package, since a worker that called a function of the flows would load Prefect with it.
"""

from __future__ import annotations

from importlib import import_module

from pipeline.cleaning import language as languages
from pipeline.embedding import embed
from pipeline.features import text as features
from pipeline.settings import EmbedSettings

__all__ = ["load", "warm"]

_HEAVY = ("sklearn.metrics",)  # what stages import when they are first called


def warm(settings: EmbedSettings, revision: str, dtype: str) -> None:
    """Load libraries, lexicons and the run's model into this process.

    Raises
    ------
    ModelError
        when this machine's weights are others than `revision`.
    """
    load(_HEAVY)
    for part in (features, languages):
        part.warm()
    embed.warm(settings, revision, dtype)


def load(libraries: tuple[str, ...]) -> None:
    """Import libraries by name."""
    for library in libraries:
        import_module(library)
