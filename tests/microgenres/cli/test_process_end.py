"""The end of a command: its exit code and exit functions are as always."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import atexit, sys
from microgenres.cli.process_end import QuickEnd
end = QuickEnd()
atexit.register(print, "exit function")
end.code = {code}
print("result")
sys.exit(3)
"""


@pytest.mark.parametrize(("code", "exit_code"), [("7", 7), ("0", 0), ("None", 3)])
def test_exit_functions_run_before_the_process_ends_with_its_code(
    code: str, exit_code: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(code=code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == exit_code
    assert done.stdout.splitlines() == ["result", "exit function"]
    assert done.stderr == ""
