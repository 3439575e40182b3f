"""Fuzzing of v1: random requests, and chains of requests along the links of the schema."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, GenerationMode
from schemathesis.schemas import BaseSchema

from benchmarks.lib.served import serve_api
from pipeline.settings import ServeSettings
from serve.api.app import create_app
from serve.api.snapshot import Snapshots
from tests.serve.api.test_app_fuzz import CHECKS

LINKED = ("film", "film_similar", "micro_genre", "films", "search")


@pytest.fixture(scope="module")
def schema(snapshots: Snapshots) -> BaseSchema:
    app = create_app(snapshots, ServeSettings(max_text_chars=200, max_batch=3))
    return schemathesis.openapi.from_asgi("/openapi.json", app).include(path_regex="^/v1/")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_response_of_v1_conforms_to_the_schema(
    schema: BaseSchema, mode: GenerationMode
) -> None:
    fuzzed = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not [
            *operation.iter_parameters(),
            *operation.body,
        ]:
            continue

        @seeded(2026)
        @settings(
            max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            case.call_and_validate(checks=CHECKS)

        send()
        fuzzed += 1
    assert fuzzed >= 18


def test_links_lead_from_lists_to_films_and_micro_genres(release: Path) -> None:
    with serve_api(release) as served:
        address = f"{served.address}/openapi.json"
        _follow_links(schemathesis.openapi.from_url(address).include(path_regex="^/v1/"))


def _follow_links(schema: BaseSchema) -> None:
    called: set[str] = set()

    class Chain(schema.as_state_machine()):  # type: ignore[misc]
        def validate_response(self, response: object, case: Case, **more: object) -> None:
            called.add(case.operation.definition.raw.get("operationId", ""))
            case.validate_response(response, checks=CHECKS)  # type: ignore[arg-type]

    run_state_machine_as_test(
        Chain,
        settings=settings(
            max_examples=40,
            stateful_step_count=6,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert called >= set(LINKED)
