"""Run a command of `microgenres` and record the times of its stages, as `end_to_end` measures it.

It is a separate module so that the measured process does not import the code that measures.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["main", "record_stages"]


@contextmanager
def record_stages(record: str) -> Iterator[None]:
    """Append the start and end of each stage during the block to the file `record`, as JSON."""
    from flows.events import Event, StageDone, StageStarted, listen

    with open(record, "a", encoding="utf-8") as lines:

        def write_event(event: Event) -> None:
            if isinstance(event, StageStarted | StageDone):
                what = "began" if isinstance(event, StageStarted) else "done"
                line = {"at": time.time(), "what": what, "stage": event.stage}
                lines.write(json.dumps(line) + "\n")
                lines.flush()

        with listen(write_event):
            yield


def main(*words: str) -> None:
    """Run `microgenres WORDS...`; the last word is the file for the records of its stages."""
    from microgenres.cli.app import main as run

    *sys.argv[1:], record = words
    with record_stages(record):
        run()


if __name__ == "__main__":
    main(*sys.argv[1:])
