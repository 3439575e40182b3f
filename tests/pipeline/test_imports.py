"""Imports without the garbage collector, and Arrow without pandas."""

from __future__ import annotations

import gc
import subprocess
import sys

from pipeline.imports import WORKER_IMPORTS, arrow_without_pandas, load, no_collection


def test_collection_is_on_again_and_what_exists_is_not_looked_at() -> None:
    before = gc.get_freeze_count()
    try:
        with no_collection():
            assert not gc.isenabled()
            load(["decimal"])
        assert gc.isenabled()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_arrow_imports_pandas_only_where_it_is_needed() -> None:
    code = (
        "import sys; from pipeline.imports import arrow_without_pandas\n"
        "arrow_without_pandas(); import pyarrow as pa\n"
        "column = pa.array([1, None, 3]); print('pandas' in sys.modules)\n"
        "frame = pa.table({'a': column}).to_pandas(); print('pandas' in sys.modules)\n"
        "print(pa.array(frame['a']).to_pylist())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.splitlines() == ["False", "True", "[1.0, None, 3.0]"]


def test_pandas_that_is_there_remains() -> None:
    import pandas as pd

    arrow_without_pandas()
    assert sys.modules["pandas"] is pd


def test_the_modules_of_workers_exist_and_start_no_thread() -> None:
    """A process with threads of Python's own must not be forked."""
    code = (
        "import sys, threading; from pipeline.imports import WORKER_IMPORTS, load\n"
        "load(WORKER_IMPORTS); print(threading.active_count(), 'sklearn.metrics' in sys.modules,\n"
        "'prefect' in sys.modules)\n"
    )
    assert WORKER_IMPORTS
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["1", "True", "False"]
