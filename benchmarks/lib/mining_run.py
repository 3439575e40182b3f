"""One mining in a process of its own, with the times of its stages, for `end_to_end` to watch.

A module of its own, so that the process that is watched loads nothing of the watcher's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["main", "noted"]


@contextmanager
def noted(record: str) -> Iterator[None]:
    """Each stage's begin and end meanwhile become lines of JSON in `record`."""
    from flows.events import Event, StageDone, StageStarted, listen

    with open(record, "a", encoding="utf-8") as lines:

        def note(event: Event) -> None:
            if isinstance(event, StageStarted | StageDone):
                what = "began" if isinstance(event, StageStarted) else "done"
                told = {"at": time.time(), "what": what, "stage": event.stage}
                lines.write(json.dumps(told) + "\n")
                lines.flush()

        with listen(note):
            yield


def main(catalogue: str, out: str, overrides: str, record: str) -> None:
    """Mine a catalogue into `out` with settings given as JSON; stages are noted in `record`."""
    from flows.mining.flow import mine

    with noted(record):
        mine([f"files:{Path(catalogue)}"], out, overrides=json.loads(overrides))


if __name__ == "__main__":
    main(*sys.argv[1:])
