"""Starts the explorer: libraries loaded and release opened before its first visitor comes.

`python -m serve.explorer.launcher APP OPTIONS` is `python -m streamlit run APP OPTIONS`, some seconds later.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from pipeline.errors import MicrogenresError

__all__ = ["start", "warm"]

logger = logging.getLogger(__name__)


def warm() -> None:
    """Import what the pages import, and open the release that they will show.

    Without a release nothing is opened: the first page says which command makes one.
    """
    from serve import explorer
    from serve.explorer.resources import place, preloaded

    for module in iter_modules(explorer.__path__, f"{explorer.__name__}."):
        if not module.ispkg:  # the pages themselves are scripts
            import_module(module.name)
    try:
        preloaded(place())
    except MicrogenresError as error:
        logger.warning("nothing to show yet: %s", error)


def start(arguments: Sequence[str]) -> None:
    """Become Streamlit's server; returns when it has ended."""
    from streamlit.logger import set_log_level
    from streamlit.web.cli import main

    set_log_level("ERROR")  # it would warn that nobody has come yet
    warm()
    set_log_level("INFO")
    main(["run", *arguments])


if __name__ == "__main__":
    start(sys.argv[1:])
