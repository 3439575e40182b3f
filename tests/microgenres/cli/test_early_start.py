"""What a command starts before it imports the libraries of a run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from microgenres.cli.early_start import import_flow, share_imports
from pipeline.errors import SettingsError
from pipeline.execution.fork_server import START_METHOD

CODE = """
import sys
from multiprocessing import forkserver
from microgenres.cli.early_start import share_imports
if __name__ == "__main__":
    share_imports("default", None, {chosen})
    print(forkserver._forkserver._forkserver_pid is not None)
    print([name for name in ("dask", "prefect", "torch", "pyarrow") if name in sys.modules])
"""


@pytest.mark.skipif(START_METHOD != "forkserver", reason="Linux only")
@pytest.mark.parametrize(
    ("chosen", "started"),
    [({}, "True"), ({"dask": {"scheduler": "tcp://127.0.0.1:8786"}}, "False")],
)
def test_imports_are_shared_by_local_workers_only(chosen: dict[str, object], started: str) -> None:
    code = CODE.format(chosen=chosen)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [started, "[]"]


def test_a_wrong_setting_is_the_error_of_the_command() -> None:
    with pytest.raises(SettingsError, match="workers"):
        share_imports("default", None, {"dask": {"workers": 0}})


def test_a_flow_is_imported_by_name() -> None:
    assert callable(import_flow("flows.events").emit)
