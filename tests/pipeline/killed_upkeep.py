"""A process of the upkeep that kills itself: `... FOLDER DATA learn|watch MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.recommend import monitoring, upkeep
from pipeline.recommend.batches import ingest
from pipeline.recommend.intake import Prepared
from pipeline.recommend.records import Record, record_url
from tests.pipeline.ratings import SEED, SETTINGS
from tests.pipeline.test_recommend_upkeep import UPKEEP, buffered, films_of, lower


def main(folder: str, data: str, what: str, moment: str) -> None:
    """Learn a first version, or judge batches against it and learn anew; die at `moment`."""
    prepared, record = Prepared(Path(data)), Record(record_url(Path(folder)))
    kept = upkeep.Keeper(Path(folder), record, SETTINGS, UPKEEP, SEED)

    def dies(when: str, where: Any, name: str) -> None:
        does: Callable[..., Any] = getattr(where, name)

        def instead(*given: Any, **named: Any) -> Any:
            if moment == when:
                os.kill(os.getpid(), signal.SIGKILL)
            return does(*given, **named)

        setattr(where, name, instead)

    if what == "learn":
        dies("before it is kept", upkeep, "keep")
        dies("before the row", record, "add_once")
        dies("before the promotion", record, "promote")
        kept.first(prepared, films_of(prepared), "bias")
        return
    if record.champion() is None:
        kept.first(prepared, films_of(prepared), "bias")
        ingest(kept.folder, record, "lower", lower(buffered(kept, prepared)), {})
    dies("within the judgement", monitoring, "add_decision")
    dies("after learning", record, "add_once")
    dies("before the promotion", record, "promote")
    dies("before the promotion", record, "refuse")
    monitoring.monitor(kept)
    kept.retrain()


if __name__ == "__main__":
    main(*sys.argv[1:])
