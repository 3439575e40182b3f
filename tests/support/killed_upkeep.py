"""A process of the upkeep that kills itself: `... FOLDER DATA train|monitor MOMENT`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.recommend.data.ingest import PreparedRatings
from pipeline.recommend.lifecycle import champion, monitor
from pipeline.recommend.lifecycle.batches import ingest_by_week
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from tests.pipeline.recommend.lifecycle.test_champion import (
    UPKEEP,
    lower_stars,
    rated_films,
    select_buffer,
)
from tests.support.ratings import SEED, SETTINGS


def main(folder: str, data: str, command: str, moment: str) -> None:
    """Train a first version, or check batches and retrain; the process dies at `moment`."""
    prepared, database = PreparedRatings(Path(data)), UpkeepDatabase(database_url(Path(folder)))
    lifecycle = champion.RecommenderLifecycle(Path(folder), database, SETTINGS, UPKEEP, SEED)

    def kill_before(when: str, owner: Any, name: str) -> None:
        """Kill the process when `name` is called, if `when` is the moment."""
        function: Callable[..., Any] = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if moment == when:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        setattr(owner, name, call)

    if command == "train":
        kill_before("before the model is saved", champion, "save_model")
        kill_before("before the row", database, "add_once")
        kill_before("before the promotion", database, "promote")
        lifecycle.train(prepared, rated_films(prepared), "bias")
        return
    if database.champion() is None:
        lifecycle.train(prepared, rated_films(prepared), "bias")
        later = lower_stars(select_buffer(lifecycle, prepared))
        ingest_by_week(lifecycle.folder, database, "lower", later, {})
    kill_before("during the check", monitor, "add_decision")
    kill_before("after training", database, "add_once")
    kill_before("before the promotion", database, "promote")
    kill_before("before the promotion", database, "refuse")
    monitor.monitor(lifecycle)
    lifecycle.retrain()


if __name__ == "__main__":
    main(*sys.argv[1:])
