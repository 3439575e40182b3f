"""Fuzzing: Schemathesis sends valid and invalid requests, and no response may break the schema.

The pytest plugin of Schemathesis does not support pytest 9.2 yet, so Hypothesis draws the cases.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipeline.settings import ServeSettings
from serve.api.app import create_app
from serve.api.snapshot import Snapshots

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [
    ("GET", "/health"),
    ("GET", "/release"),
    ("GET", "/movies"),
    ("GET", "/movies/{movie_id}"),
    ("GET", "/movies/{movie_id}/similar"),
    ("GET", "/search"),
    ("GET", "/micro-genres"),
    ("GET", "/micro-genres/{micro_genre_id}"),
    ("GET", "/micro-genres/{micro_genre_id}/movies"),
    ("GET", "/families"),
    ("POST", "/assign"),
    ("POST", "/predict/{model}"),
    ("POST", "/recommend"),
    ("POST", "/predict_batch"),
    ("POST", "/reload-model"),
    ("GET", "/model"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="module")
def schema(snapshots: Snapshots) -> BaseSchema:
    app = create_app(snapshots, ServeSettings(max_text_chars=200, max_batch=3))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_operation_is_fuzzed(schema: BaseSchema) -> None:
    found = {(one.ok().method.upper(), one.ok().path) for one in schema.get_all_operations()}
    assert {one for one in found if not one[1].startswith("/v1/")} == set(OPERATIONS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_response_conforms_to_the_schema(
    schema: BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not [*operation.iter_parameters(), *operation.body]:
        pytest.skip("has no input that could be invalid")
    sent = 0

    @seeded(2026)
    @settings(
        max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        nonlocal sent
        sent += 1
        case.call_and_validate(checks=CHECKS)

    send()
    assert sent
