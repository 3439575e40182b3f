"""Names of settings that do not exist are errors with the nearest name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import ENV_PREFIX, Settings, load_settings
from pipeline.settings.unknown_names import NOT_SETTINGS, check_environment, check_values

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"clustr": {"k": 3}}, "setting clustr.k is unknown: did you mean cluster.k?"),
        ({"clustr": {}}, "setting clustr is unknown: did you mean cluster?"),
        ({"k": 3}, "setting k is unknown: did you mean cluster.k?"),
        ({"embed": {"leaf_films": 3}}, "did you mean cluster.leaf_films?"),
        ({"cluster": {"K": 3}}, "setting cluster.K is unknown: did you mean cluster.k?"),
        ({"label": {"min_film": 3}}, "did you mean label.min_films?"),
        ({"label": {"zzz": 3}}, "setting label.zzz is unknown: label has candidates, "),
        ({"zzz": {"yyy": 3}}, "setting zzz.yyy is unknown: `microgenres settings` lists all"),
    ],
)
def test_an_unknown_name_names_the_nearest(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        check_values(values, Settings)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_settings(overrides=values)


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CLUSTR__K", "CLUSTER__K"),
        ("CLUSTER_K", "CLUSTER__K"),
        ("K", "CLUSTER__K"),
        ("cluster__kk", "CLUSTER__K"),
        ("SOURCE__COLUM_MAP", "SOURCE__COLUMN_MAP"),
        ("CLUSTER__K__X", "CLUSTER__K"),
        ("DASK_WORKERS", "DASK__WORKERS"),
    ],
)
def test_an_unknown_variable_names_the_nearest(
    variable: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ENV_PREFIX + variable
    monkeypatch.setenv(name, "3")
    wanted = f"setting {name.upper()} is unknown: did you mean {ENV_PREFIX}{meant}?"
    with pytest.raises(SettingsError, match=re.escape(wanted)):
        load_settings()


def test_names_that_exist_pass() -> None:
    check_values(Settings().model_dump(), Settings)
    check_values({"source": {"column_map": {"any": "thing"}}, "seed": 3}, Settings)
    variables = {
        "CLUSTER__K": "3",
        "SOURCE": '{"types": ["movie"]}',
        "SOURCE__COLUMN_MAP__TITLE": "name",
        "SERVICE_HOST": "10.0.0.1",
        "API_SERVICE_PORT_HTTP": "8000",
        "API_PORT_8000_TCP_ADDR": "10.0.0.1",
        "PORT": "tcp://10.0.0.1:8000",
    } | dict.fromkeys(NOT_SETTINGS, "x")
    check_environment({ENV_PREFIX + n: v for n, v in variables.items()}, ENV_PREFIX, Settings)


def test_every_variable_that_the_project_names_is_known() -> None:
    """A variable that some file of the project sets or reads must not stop a command."""
    lines = subprocess.run(
        ["git", "grep", "-hoE", r"\bMICROGENRES_[A-Z0-9_]*[A-Z0-9]\b", "--", ":!tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    if not lines:
        pytest.skip("not a git checkout")
    examples = {"SECTION__NAME", "CLUSTR__K", "SED"}  # in texts that explain
    names = {line.removeprefix(ENV_PREFIX) for line in lines} - examples
    for name in sorted(names):
        check_environment({ENV_PREFIX + name: "x"}, ENV_PREFIX, Settings)
