"""The cluster that carries a run, and its log."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["DaskSettings", "LogSettings"]


class DaskSettings(Section):
    """The cluster that carries the stages."""

    scheduler: str | None = Field(None, description="Address of a scheduler; none: a local one.")
    workers: int | None = Field(None, ge=1, le=1024, description="Local workers; none: cores.")
    memory_limit: str = Field("auto", description="Memory limit of a local worker.")
    dashboard: str = Field("127.0.0.1:0", description="Where the local dashboard listens.")
    retries: int = Field(3, ge=0, le=20, description="Tries again for what may pass.")
    wait_seconds: float = Field(60.0, gt=0, description="How long to wait for the first worker.")
    tls_ca: Path | None = Field(
        None, description="Authority's certificate, for a tls:// scheduler."
    )
    tls_cert: Path | None = Field(None, description="This side's certificate, PEM.")
    tls_key: Path | None = Field(None, description="This side's private key, PEM.")
    trusted_network: bool = Field(
        False, description="Let a scheduler beyond this machine be used without TLS."
    )


class LogSettings(Section):
    """How a run logs."""

    format: Literal["text", "json"] = Field(
        "text", description="Lines for people, or one JSON object per line."
    )
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe record that reaches the log and the Prefect UI."
    )
