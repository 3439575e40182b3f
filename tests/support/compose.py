"""Read docker-compose.yml as Compose does, and start its services as processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_PROGRAMS = {
    "microgenres": [sys.executable, "-m", "microgenres.cli.app"],
    "prefect": [sys.executable, "-m", "prefect"],
    "python": [sys.executable],
}


class Unset(KeyError):
    """A variable that Compose requires is not set."""


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:
    """Replace `${NAME}`, `${NAME:-default}` and `${NAME:?message}` in all texts of `value`."""
    if isinstance(value, dict):
        return {name: interpolate(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, variables) for item in value]
    if not isinstance(value, str):
        return value

    def put(found: re.Match[str]) -> str:
        name, kind, more = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == "-":
            return str(more)
        raise Unset(f"{name}: {more}")

    return _VARIABLE.sub(put, value)


def services(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services of docker-compose.yml with the values of variables."""
    with open(ROOT / "docker-compose.yml", encoding="utf-8") as file:
        whole = yaml.safe_load(file)
    return dict(interpolate(whole["services"], variables))


class Machine:
    """Services of docker-compose.yml as processes of this machine.

    Parameters
    ----------
    services : dict of str to dict
        From `services`.
    here : dict of str to str
        Regular expressions for host names, ports and paths of the containers, and their
        replacements, applied in order.
    logs : Path
        Folder for the output of the services.
    """

    def __init__(
        self, services: Mapping[str, dict[str, Any]], here: Mapping[str, str], logs: Path
    ) -> None:
        self.services, self.here, self.logs = services, here, logs
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables of the service, and those that all processes need."""
        declared = self.services[name].get("environment", {})
        own = {key: self._here(str(value)) for key, value in declared.items()}
        plain = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        # set in the image
        plain |= {"HOME": str(self.logs), "PREFECT_HOME": str(self.logs / name)}
        plain |= {"PREFECT_UI_STATIC_DIRECTORY": str(self.logs / "prefect-ui")}
        return plain | {"DO_NOT_TRACK": "1"} | own

    def start(self, name: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a service."""
        with open(self.logs / f"{name}-{len(self.processes)}.log", "ab") as log:
            process = subprocess.Popen(
                self._command(self.services[name]["command"]),
                env=self.environment(name) | more,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append((name, process))
        return process

    def run(self, name: str) -> None:
        """Run a service until it ends, which must succeed."""
        process = self.start(name)
        assert process.wait(120) == 0, self.output(name)

    def wait(self, name: str, seconds: float = 90.0) -> None:
        """Wait until the health check of the service succeeds."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        deadline = time.monotonic() + seconds
        while True:
            done = subprocess.run(
                self._command(test),
                env=self.environment(name),
                cwd=ROOT,
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=30,
            )
            if done.returncode == 0:
                return
            assert all(p.poll() is None for n, p in self.processes if n == name), self.output(name)
            assert time.monotonic() < deadline, f"{done.stderr}\n{self.output(name)}"
            time.sleep(0.3)

    def output(self, name: str) -> str:
        """Return the output of a service."""
        logs = sorted(self.logs.glob(f"{name}-*.log"))
        return "\n".join(log.read_text(encoding="utf-8", errors="replace")[-4_000:] for log in logs)

    def end(self) -> None:
        """Terminate all services at once, as Compose does, and kill those that remain."""
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        for _, process in reversed(self.processes):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _command(self, command: list[str]) -> list[str]:
        program, *arguments = [self._here(part) for part in command]
        return [*_PROGRAMS[program], *arguments]

    def _here(self, text: str) -> str:
        for there, here in self.here.items():
            text = re.sub(there, here, text)
        return text


def until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    """Call `true` until its result is true, and return that; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return found
