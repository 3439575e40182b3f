"""`POST /assign` with one film or a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.api.snapshot import Snapshots
from tests.support.api_client import client_of, problem_of
from tests.support.earlier_release import replace_table
from tests.support.films import THEMES
from tests.support.served_release import build

SUBMARINE = "The captain of a nuclear submarine fights a mutiny while torpedoes close in."


class TestAssign:
    def test_one_text_and_a_batch(self, client: TestClient, snapshots: Snapshots) -> None:
        (one,) = client.post("/assign", json={"text": SUBMARINE}).json()["films"]
        assert (one["cluster"], one["micro_genre_name"]) == (0, THEMES[0])
        assert one["margin"] > 0 and one["runner_up_name"] != THEMES[0]
        films = [{"overview": SUBMARINE}, {"overview": "A wedding.", "keywords": ["bride"]}]
        batch = client.post("/assign", json={"films": films}).json()["films"]
        assert batch[0]["similarity"] == pytest.approx(one["similarity"], abs=1e-4)
        assert [film["cluster"] for film in batch] == [
            film["cluster"] for film in snapshots.current.assign(films)
        ]

    def test_what_is_not_said_is_no_reason_against_a_name(self, client: TestClient) -> None:
        story = {"overview": SUBMARINE}
        films = [story, story | {"genres": ["Kriegsfilm"]}, story | {"genres": ["Comedy"]}]
        found = client.post("/assign", json={"films": films}).json()["films"]
        assert [film["cluster"] for film in found] == [0, 0, 0]
        assert [film["name_true"] for film in found] == [None, True, False]

    def test_the_nearest_micro_genre_whose_name_is_true(self, tmp_path: Path) -> None:
        release = build(tmp_path)
        genres = pq.read_table(release / "micro_genres.parquet")
        parts = {"subjects": ["lawyer"], "form_genres": ["Drama"], "facets": ["decade:1990"]}
        rows = [row | (parts if row["cluster"] == 1 else {}) for row in genres.to_pylist()]
        replace_table(release, "micro_genres", pa.Table.from_pylist(rows, genres.schema))
        client = client_of(Snapshots(release, ServeSettings()))
        story = {"overview": f"{SUBMARINE} Their lawyer knows.", "genres": ["Drama"]}
        films = [story | {"year": 1994}, story | {"year": 1984}, story]
        found = client.post("/assign", json={"films": films}).json()["films"]
        assert [(film["cluster"], film["name_true"]) for film in found] == [
            (1, True),
            (0, False),
            (1, None),
        ]
        assert found[0]["margin"] < 0 and found[0]["runner_up"] == 0

    def test_of_an_earlier_release_the_nearest(self, earlier_release: Path) -> None:
        client = client_of(Snapshots(earlier_release, ServeSettings()))
        body = {"films": [{"overview": SUBMARINE, "genres": ["Comedy"], "year": 1994}]}
        (film,) = client.post("/assign", json=body).json()["films"]
        assert film["cluster"] == 0 and film["margin"] > 0
        assert film["name_true"] is None

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
            {"films": [{"overview": "x", "year": "1994 or so"}]},
            {"films": [{"overview": "x", "year": 2**40}]},
            {"films": [{"overview": "x", "genres": "Horror"}]},
            {"films": [{"overview": "x", "runtime_minutes": -1}]},
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
