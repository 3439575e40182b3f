"""Importing this module loads what the workers share, before they are forked from this process.

See `pipeline.execution.fork_server`, which imports it by name.
"""

from __future__ import annotations

import gc
import logging

__all__: list[str] = []

gc.disable()  # everything that is imported remains; to look for garbage takes a fifth of the time
try:
    from pipeline.warmup import load_shared

    load_shared()
except Exception:  # the workers load it themselves, and report the error
    logging.getLogger(__name__).debug("workers share less memory", exc_info=True)
gc.freeze()  # a collection in a worker would copy the pages of shared objects
gc.enable()
