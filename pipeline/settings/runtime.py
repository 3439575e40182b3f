"""Settings of the cluster and the log of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["DaskSettings", "LogSettings"]


class DaskSettings(Section):
    """The Dask cluster that runs the stages."""

    scheduler: str | None = Field(
        None, description="Address of a scheduler; none: start a local cluster."
    )
    workers: int | None = Field(
        None, ge=1, le=1024, description="Local workers; none: one per core."
    )
    memory_limit: str = Field("auto", description="Memory limit of a local worker.")
    dashboard: str = Field("127.0.0.1:0", description="Address of the local dashboard.")
    retries: int = Field(3, ge=0, le=20, description="Retries after a temporary error.")
    wait_seconds: float = Field(
        60.0, gt=0, description="How long to wait for a worker or a lost scheduler."
    )
    tls_ca: Path | None = Field(None, description="Certificate of the authority, PEM, for tls://.")
    tls_cert: Path | None = Field(None, description="Certificate of this process, PEM.")
    tls_key: Path | None = Field(None, description="Private key of this process, PEM.")
    trusted_network: bool = Field(
        False, description="Allow a scheduler on another machine without TLS."
    )


class LogSettings(Section):
    """How a run logs."""

    format: Literal["text", "json"] = Field(
        "text", description="`text` for people, or one JSON object per line."
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that appears in the log and the Prefect UI."
    )
