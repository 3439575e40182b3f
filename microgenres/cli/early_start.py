"""Start what a run waits for while its libraries are imported: the Prefect server and the workers.

Only the settings are imported here.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.imports import WORKER_IMPORTS, no_collection

__all__ = ["early_server", "import_flow", "share_imports"]


def share_imports(profile: str, file: Path | None, chosen: dict[str, Any]) -> None:
    """Start the process from which local workers are forked; it imports while this one goes on.

    Parameters
    ----------
    profile : str
        Name of a profile of settings.
    file : Path, optional
        A TOML file of settings.
    chosen : dict
        Settings of the command line, by section.

    Raises
    ------
    SettingsError
        If a setting is wrong.
    """
    from pipeline.settings import load_settings

    if load_settings(profile=profile, file=file, overrides=chosen).dask.scheduler is None:
        from pipeline.execution.fork_server import start_fork_server

        start_fork_server(WORKER_IMPORTS)


def early_server(out: Path) -> AbstractContextManager[None]:
    """Start the embedded Prefect server of a run into `out`; it ends with the block."""
    from flows.services import embedded_server
    from flows.services.prefect_home import home_of

    return embedded_server.early_server(out / "work" / "prefect-server.log", home_of(out))


def import_flow(module: str) -> Any:
    """Return a module of a flow; it imports Prefect and Dask."""
    with no_collection():
        return import_module(module)
