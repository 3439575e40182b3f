"""`microgenres ratings status`: print the record of versions, batches and decisions."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_found,
)

__all__ = ["status"]


def status(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """Print the record: versions, batches, measurements and decisions."""
    from flows.ratings.flows import open_lifecycle
    from pipeline.recommend.lifecycle.database import TABLES
    from pipeline.settings import load_settings

    with open_lifecycle(str(out), load_settings()) as lifecycle:
        record = {name: lifecycle.database.rows(name) for name in TABLES}
    print_found(record, "show_record", as_json=as_json)
