"""Importing this module loads what the workers share, before they are forked from this process.

See `pipeline.execution.fork_server`, which imports it by name.
"""

from __future__ import annotations

import logging

from pipeline.imports import no_collection

__all__: list[str] = []

with no_collection():  # a collection in a worker would copy the memory that it shares
    try:
        from pipeline.warmup import load_shared

        load_shared()
    except Exception:  # the workers load it themselves, and report the error
        logging.getLogger(__name__).debug("workers share less memory", exc_info=True)
