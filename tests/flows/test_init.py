"""The environment that the package `flows` sets before Prefect is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys

TELEMETRY = ("PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK", "HF_HUB_DISABLE_TELEMETRY")
SHOW = "import json, os, flows.events; print(json.dumps(dict(os.environ)))"


def environment(**given: str) -> dict[str, str]:
    """Return the environment after an import of `flows.events` in a new process."""
    names = (*TELEMETRY, "PREFECT_LOGGING_LEVEL")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW], env=clean | given, capture_output=True, check=True
    )
    return dict(json.loads(shown.stdout))


def test_importing_flows_turns_telemetry_off() -> None:
    after = environment()
    assert [after[name] for name in TELEMETRY] == ["false", "1", "1"]
    assert after["PREFECT_LOGGING_LEVEL"] == "WARNING"


def test_importing_flows_leaves_what_the_user_has_set() -> None:
    assert environment(PREFECT_LOGGING_LEVEL="DEBUG")["PREFECT_LOGGING_LEVEL"] == "DEBUG"
