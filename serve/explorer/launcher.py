"""Starts the explorer with its libraries loaded and its release open.

`python -m serve.explorer.launcher APP OPTIONS` does the same as `python -m streamlit run APP
OPTIONS`, but the first visitor does not wait for imports and files.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from streamlit.logger import set_log_level
from streamlit.web.cli import main as streamlit_main

from pipeline.errors import MicrogenresError
from serve import explorer
from serve.explorer import components
from serve.explorer.resources import preload, source_folder

__all__ = ["start", "warm"]

logger = logging.getLogger(__name__)

_SCRIPTS = {"serve.explorer.app", "serve.explorer.launcher"}  # scripts, which nothing imports


def warm() -> None:
    """Import the modules of the pages and their libraries, and open the release.

    If there is no release, log it: the first page then shows the command that creates one.
    """
    for package in (explorer, components):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            if not module.ispkg and module.name not in _SCRIPTS:
                import_module(module.name)
    import_module("plotly.graph_objects")  # which charts import on first use
    try:
        preload(source_folder())
    except MicrogenresError as error:
        logger.warning("there is no release to show yet: %s", error)


def start(arguments: Sequence[str]) -> None:
    """Run Streamlit's server until it ends.

    Parameters
    ----------
    arguments : sequence of str
        Arguments of `streamlit run`.
    """
    set_log_level("ERROR")  # Streamlit warns about caches without a running server
    warm()
    set_log_level("INFO")
    streamlit_main(["run", *arguments])


if __name__ == "__main__":
    start(sys.argv[1:])
