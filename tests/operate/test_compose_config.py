"""The Compose files resolve, publish ports on loopback only, and have no default secrets."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.schema_tools import validate

from tests.support.compose import ROOT, Unset, services

SECRETS = {"POSTGRES_PASSWORD": "not-a-default", "MICROGENRES_API_KEY": "neither"}
ONCE = {"certificates", "deployments"}


def compose() -> list[str]:
    """Return the command of Compose: the Docker plugin, or the Debian program."""
    if shutil.which("docker"):
        found = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if found.returncode == 0:
            return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    assert not os.environ.get("CI"), "CI installs docker-compose"
    pytest.skip("neither `docker compose` nor docker-compose is installed")


def resolved(*files: str, **variables: str) -> subprocess.CompletedProcess[str]:
    named = [argument for file in files for argument in ("-f", str(ROOT / file))]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | variables
    return subprocess.run(
        [*compose(), *named, "config"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "files",
    [("docker-compose.yml",), ("docker-compose.yml", "docker-compose.gpu.yml")],
    ids=["plain", "gpu"],
)
def test_compose_resolves_the_files(files: tuple[str, ...]) -> None:
    done = resolved(*files, **SECRETS)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)["services"]
    assert set(found) == set(services(SECRETS))
    if len(files) == 2:
        assert found["worker"]["command"][:3] == ["dask", "cuda", "worker"]
        assert "gpu" in json.dumps(found["worker"]["deploy"])
        assert found["scheduler"]["image"] == found["worker"]["image"]


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_compose_fails_without_a_secret(missing: str) -> None:
    given = {name: value for name, value in SECRETS.items() if name != missing}
    with pytest.raises(Unset, match=missing):
        services(given)
    done = resolved("docker-compose.yml", **given)
    assert done.returncode != 0
    assert missing in done.stderr


def test_ports_are_published_on_loopback_only() -> None:
    found = services(SECRETS)
    published = {name: service["ports"] for name, service in found.items() if "ports" in service}
    assert set(published) == {"prefect-server", "scheduler", "api", "explorer"}
    for name, ports in published.items():
        assert all(re.match(r"127\.0\.0\.1:\d+:\d+$", port) for port in ports), name
        assert "8786" not in str(ports), "the port of the scheduler is not published"
    assert all("network_mode" not in service for service in found.values())


def test_services_are_restricted_and_have_health_checks() -> None:
    for name, service in services(SECRETS).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        if name in ONCE:
            assert service["restart"] == "no"
            assert service["healthcheck"] == {"disable": True}
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"][0] == "CMD", name
    worker = services(SECRETS)["worker"]
    assert worker["mem_limit"] == "4g"
    assert worker["environment"]["MICROGENRES_DASK__MEMORY_LIMIT"] == "3GiB"
    assert "container_name" not in worker, "it is scaled"


def test_images_are_pinned_and_not_root() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^ARG PYTHON=3\.11\.\d+-slim-\w+$", text, flags=re.MULTILINE)
    bases = re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE)
    assert bases == ["python:${PYTHON}", "python:${PYTHON}", "build", "runtime", "runtime"]
    assert text.index("\nUSER miner\n") > text.index("AS runtime")
    assert "USER root" not in text
    assert text.index("COPY constraints.txt") < text.index("COPY pyproject.toml")
    assert text.index("COPY pyproject.toml") < text.index("COPY pipeline")
    installs = re.findall(r"pip install[^\n]*", text)
    assert all("--no-cache-dir" in line for line in installs)
    for name, service in services(SECRETS).items():
        image = service["image"]
        assert image == "micro-genre-miner" or re.fullmatch(r"postgres:\d+\.\d+-\w+", image), name


def test_dockerignore_allows_what_the_image_copies() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text, flags=re.MULTILINE)
        for word in line.split()[:-1]
    ]
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed, name


def test_the_image_contains_every_package_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for name in (package.removesuffix("*") for package in packages):
        assert f"\nCOPY {name} {name}\n" in text, name


def test_dask_uses_tls_everywhere() -> None:
    found: dict[str, dict[str, Any]] = services(SECRETS)
    for name, role in {
        "scheduler": "scheduler",
        "worker": "worker",
        "prefect-worker": "client",
    }.items():
        environment = found[name]["environment"]
        assert environment["MICROGENRES_DASK__TLS_CA"] == "/certificates/ca.crt"
        assert environment["MICROGENRES_DASK__TLS_KEY"] == f"/certificates/{role}.key"
    assert "tcp://" not in (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert "tcp://" not in (ROOT / "docker-compose.gpu.yml").read_text(encoding="utf-8")


def test_deployments_have_described_and_valid_parameters() -> None:
    found = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    flows = {path: load_flow_from_entrypoint(path) for path in {d["entrypoint"] for d in found}}
    assert {"mine", "fetch", "update", "genres", "retrain"} <= {
        flow.name for flow in flows.values()
    }
    names = []
    for deployment in found:
        flow = flows[deployment["entrypoint"]]
        names.append(f"{flow.name}/{deployment['name']}")
        described = flow.parameters.properties
        assert all(about.get("description") for about in described.values()), names[-1]
        assert set(deployment["parameters"]) == set(described), names[-1]
        assert not validate(deployment["parameters"], flow.parameters.model_dump()), names[-1]
        assert deployment["description"], names[-1]
        assert deployment["tags"][0] == "microgenres", names[-1]
        assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
        assert all(s["active"] is False for s in deployment.get("schedules", [])), names[-1]
    assert len(names) == len(set(names))
    scheduled = {
        name: deployment["schedules"][0]["cron"]
        for name, deployment in zip(names, found, strict=True)
        if "schedules" in deployment
    }
    assert (
        scheduled.items()
        >= {
            "mine/nightly": "30 2 * * *",
            "fetch/changes": "30 0 * * *",
            "update/weekly": "30 4 * * 0",
            "update/on-drift": "30 6 1 * *",
            "ingest ratings/weekly": "0 5 * * 1",
            "monitor ratings/weekly": "30 5 * * 1",
            "retrain/weekly": "0 6 * * 1",
        }.items()
    )


def test_invalid_parameters_of_a_deployment_are_rejected() -> None:
    """The schema that the test above uses does reject parameters."""
    schema = load_flow_from_entrypoint("flows.update.flow.update_flow").parameters.model_dump()
    assert not validate({"sources": ["sample"], "out": "x"}, schema)
    assert validate({"out": "x"}, schema)
    assert validate({"sources": ["sample"], "out": "x", "only_changes": "perhaps"}, schema)
