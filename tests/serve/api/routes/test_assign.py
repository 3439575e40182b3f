"""`POST /assign` with one film or a batch."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from serve.api.snapshot import Snapshots
from tests.support.api_client import client_of, problem_of
from tests.support.films import THEMES


class TestAssign:
    def test_one_text_and_a_batch(self, client: TestClient, snapshots: Snapshots) -> None:
        text = "The captain of a nuclear submarine fights a mutiny while torpedoes close in."
        (one,) = client.post("/assign", json={"text": text}).json()["films"]
        assert (one["cluster"], one["micro_genre_name"]) == (0, THEMES[0])
        assert one["margin"] > 0 and one["runner_up_name"] != THEMES[0]
        films = [{"overview": text}, {"overview": "A wedding.", "keywords": ["bride"]}]
        batch = client.post("/assign", json={"films": films}).json()["films"]
        assert batch[0]["similarity"] == pytest.approx(one["similarity"], abs=1e-4)
        assert [film["cluster"] for film in batch] == [
            film["cluster"] for film in snapshots.current.assign(films)
        ]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"text": ""},
            {"text": " \n"},
            {"text": 7},
            {"text": "x" * 201},
            {"films": []},
            {"films": [{"overview": "x"}] * 4},
            {"films": [{"overview": "x", "mood": "y"}]},
            {"text": "x", "films": [{"overview": "x"}]},
            [],
            None,
            "x",
        ],
    )
    def test_an_invalid_body_is_422(self, snapshots: Snapshots, body: Any) -> None:
        small = client_of(snapshots, max_text_chars=200, max_batch=3)
        problem = problem_of(small.post("/assign", json=body), 422)
        assert problem["errors"][0]["where"][0] == "body"

    @pytest.mark.parametrize(
        "body", [b"{", b'{"text":"\\ud800"}', b'{"\\ud800":1}', b"\xff", b"9" * 5_000]
    )
    def test_a_body_that_is_not_json_is_refused(self, client: TestClient, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        response = client.post("/assign", content=body, headers=headers)
        problem_of(response, 400 if body[0] in b"\xff9" else 422)
