"""End the process of a command without freeing its memory, which takes a second after a run."""

from __future__ import annotations

import atexit
import logging
import os
import sys

__all__ = ["QuickEnd"]


class QuickEnd:
    """Ends the process after all other exit functions, once the exit code is known.

    Create it before the libraries are imported that register exit functions: the function that is
    registered first is called last.

    Attributes
    ----------
    code : int or None
        The exit code; None while it is not known: then the interpreter ends as usual.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        atexit.register(self._end)

    def _end(self) -> None:
        if self.code is None:
            return
        logging.shutdown()
        sys.stdout.flush()  # an error here, such as a closed pipe, is left to the interpreter
        sys.stderr.flush()
        os._exit(self.code)
