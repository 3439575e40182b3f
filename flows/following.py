"""How a run is followed on standard error: by a person, or by what reads JSON lines."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

__all__ = ["quiet_dask", "shown"]


def quiet_dask() -> None:
    """Keep Dask's word of every connection from the log; it sets its level when imported."""
    import distributed  # noqa: F401

    logging.getLogger("distributed").setLevel(logging.WARNING)


def shown(
    profile: str, file: Path | None, chosen: dict[str, Any], *, verbose: bool
) -> AbstractContextManager[None]:
    """Show a run for as long as the block lasts, as the settings for logs say."""
    from pipeline.settings import load_settings

    log = load_settings(profile=profile, file=file, overrides=chosen).log
    if log.format == "json":
        from flows.logs import log_lines

        return log_lines(log)
    from flows.terminal import follow, standard_error

    return follow(standard_error(), level=logging.INFO if verbose else logging.WARNING)
