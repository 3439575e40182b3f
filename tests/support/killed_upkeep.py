"""A process of the upkeep that kills itself: `... FOLDER DATA learn|watch MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.recommend.data.ingest import Prepared
from pipeline.recommend.lifecycle import champion, monitor
from pipeline.recommend.lifecycle.batches import ingest
from pipeline.recommend.lifecycle.database import Record, record_url
from tests.pipeline.recommend.lifecycle.test_champion import UPKEEP, buffered, films_of, lower
from tests.support.ratings import SEED, SETTINGS


def main(folder: str, data: str, what: str, moment: str) -> None:
    """Learn a first version, or judge batches against it and learn anew; die at `moment`."""
    prepared, record = Prepared(Path(data)), Record(record_url(Path(folder)))
    kept = champion.Keeper(Path(folder), record, SETTINGS, UPKEEP, SEED)

    def dies(when: str, where: Any, name: str) -> None:
        does: Callable[..., Any] = getattr(where, name)

        def instead(*given: Any, **named: Any) -> Any:
            if moment == when:
                os.kill(os.getpid(), signal.SIGKILL)
            return does(*given, **named)

        setattr(where, name, instead)

    if what == "learn":
        dies("before it is kept", champion, "keep")
        dies("before the row", record, "add_once")
        dies("before the promotion", record, "promote")
        kept.first(prepared, films_of(prepared), "bias")
        return
    if record.champion() is None:
        kept.first(prepared, films_of(prepared), "bias")
        ingest(kept.folder, record, "lower", lower(buffered(kept, prepared)), {})
    dies("within the judgement", monitor, "add_decision")
    dies("after learning", record, "add_once")
    dies("before the promotion", record, "promote")
    dies("before the promotion", record, "refuse")
    monitor.monitor(kept)
    kept.retrain()


if __name__ == "__main__":
    main(*sys.argv[1:])
