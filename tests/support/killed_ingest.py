"""A process that ingests a file of ratings and kills itself: `... URL FOLDER FILE MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.recommend.lifecycle import batches
from pipeline.recommend.lifecycle.database import UpkeepDatabase


def main(url: str, folder: str, file: str, moment: str) -> None:
    """Ingest the file; the process dies at `moment`."""
    database = UpkeepDatabase(url)

    def kill_around(function: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if moment == before:
                os.kill(os.getpid(), signal.SIGKILL)
            result = function(*args, **kwargs)
            if moment == after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    patches: list[tuple[Any, str, str, str]] = [
        (batches, "write_table", "never", "before the file is published"),
        (database, "add_once", "before the row", "after the row"),
    ]
    for owner, name, before, after in patches:
        setattr(owner, name, kill_around(getattr(owner, name), before, after))
    ratings, rejected = batches.read_ratings_file(Path(file))
    batches.ingest_by_week(Path(folder), database, Path(file).name, ratings, rejected)


if __name__ == "__main__":
    main(*sys.argv[1:])
