"""The API over HTTP: every endpoint, every limit, every kind of error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.api.app import main
from serve.api.snapshot import Snapshots
from serve.catalogue.catalogue import Catalogue, Filters
from tests.support.api_client import client_of, problem_of
from tests.support.films import THEMES
from tests.support.served_release import PARTS, TITLES


class TestReading:
    def test_health_and_release(self, client: TestClient) -> None:
        health = client.get("/health").json()
        assert (health["status"], health["release_id"]) == ("ok", "served-1")
        release = client.get("/release").json()
        assert (release["films"], release["micro_genres"], release["families"]) == (40, 4, 2)
        assert release["model"]["dim"] == 384

    def test_a_film_and_its_neighbours(self, client: TestClient, catalogue: Catalogue) -> None:
        film = client.get("/movies/m0000").json()
        assert film == json.loads(json.dumps(catalogue.film("m0000")))
        near = client.get("/movies/m0000/similar", params={"limit": 3}).json()
        assert near["similar"] == json.loads(json.dumps(catalogue.similar("m0000", 3)))

    @pytest.mark.parametrize("title", TITLES)
    def test_a_title_of_any_characters_is_found_and_returned_unchanged(
        self, client: TestClient, title: str
    ) -> None:
        response = client.get("/movies", params={"query": title})
        assert response.headers["content-type"] == "application/json"
        assert response.json()["films"][0]["title"] == title

    def test_pages_filters_and_order(self, client: TestClient, catalogue: Catalogue) -> None:
        query = {"genre": ["War", "Horror"], "language": "en", "year_from": 1961, "sort": "title"}
        pages = [
            client.get("/movies", params={**query, "page": page, "page_size": 2}).json()
            for page in (1, 2, 3, 4)
        ]
        expected = catalogue.films(
            Filters(genres=("War", "Horror"), languages=("en",), year_from=1961), "title"
        )
        found = [film["movie_id"] for page in pages for film in page["films"]]
        assert found == [film["movie_id"] for film in expected.rows]
        assert {page["total"] for page in pages} == {expected.total}
        assert pages[0]["pages"] == -(-expected.total // 2)
        by_name = client.get("/movies", params={"family": "Tender"}).json()["total"]
        assert by_name == client.get("/movies", params={"family": 1}).json()["total"]
        assert by_name == len(catalogue.ids(Filters(families=(1,)))) > 0

    def test_a_film_says_whether_the_name_is_true_of_it(
        self, client: TestClient, films: list[dict[str, Any]]
    ) -> None:
        for film in films[::7]:
            found = client.get(f"/movies/{film['movie_id']}").json()
            assert found["name_true"] == film["name_true"]
            described = found["micro_genre_description"]
            assert described == PARTS.get(film["cluster"], {}).get("description")

    def test_a_release_of_an_earlier_version_is_served(self, earlier_release: Path) -> None:
        client = client_of(Snapshots(earlier_release, ServeSettings()))
        assert client.get("/release").json()["name_truth"] == {}
        (first, *_) = client.get("/micro-genres").json()["micro_genres"]
        assert (first["alternatives"], first["thin"], first["name_truth"]) == ([], False, None)
        assert client.get("/families").json()["families"][0]["description"] is None
        assert client.get("/movies/m0000").json()["name_true"] is None

    def test_semantic_search(self, client: TestClient) -> None:
        query = {"q": "a submarine crew under attack", "limit": 3}
        films = client.get("/search", params=query).json()["films"]
        assert {film["micro_genre_name"] for film in films} == {THEMES[0]}
        french = client.get("/search", params={**query, "language": "fr"}).json()["films"]
        assert {film["language"] for film in french} == {"fr"}

    def test_micro_genres_and_families(self, client: TestClient) -> None:
        rows = client.get("/micro-genres", params={"sort": "name"}).json()["micro_genres"]
        assert [row["micro_genre_name"] for row in rows] == sorted(THEMES)
        assert client.get("/micro-genres", params={"family": 1}).json()["total"] == 2
        first = client.get("/micro-genres/submarine-thrillers").json()
        assert first == client.get("/micro-genres/0").json()
        assert [sibling["cluster"] for sibling in first["siblings"]] == [1]
        assert (first["name_truth"], first["form_genres"]) == (0.5, ["War"])
        assert first["alternatives"] == PARTS[0]["alternatives"]
        other = client.get("/micro-genres/3").json()
        assert (other["description"], other["subjects"], other["thin"]) == (None, [], False)
        typical = client.get("/micro-genres/0/movies", params={"sort": "similarity"}).json()
        assert [f["movie_id"] for f in typical["films"]][:5] == first["exemplar_ids"]
        both = client.get("/micro-genres/0/movies", params={"micro_genre": 1}).json()
        assert both["total"] == 0
        families = client.get("/families").json()["families"]
        assert [family["family_name"] for family in families] == ["Tense", "Tender"]


class TestErrors:
    @pytest.mark.parametrize(
        "path",
        [
            "/movies/nope",
            "/movies/nope/similar",
            "/micro-genres/99",
            "/micro-genres/x/movies",
            "/nothing",
            "/movies/%00",
            "/movies/%ff%fe",
            "/movies/m0000/",
            "/movies/a%2Fb",
        ],
    )
    def test_unknown_paths_and_ids_are_404(self, client: TestClient, path: str) -> None:
        problem = problem_of(client.get(path, follow_redirects=False), 404)
        assert "/work" not in problem["detail"]

    def test_a_wrong_method_is_405(self, client: TestClient) -> None:
        response = client.delete("/movies")
        problem_of(response, 405)
        assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}

    @pytest.mark.parametrize(
        "parameters",
        [
            {"page_size": 101},
            {"page_size": 0},
            {"page": 0},
            {"page": "x"},
            {"sort": "best"},
            {"year_from": -1},
            {"rating_from": "nan"},
            {"rating_to": 11},
            {"query": "x" * 301},
            {"micro_genre": 2**40},
            {"genre": ["x"] * 51},
            {"language": "x" * 101},
            {"weak": "2"},
        ],
    )
    def test_an_invalid_parameter_is_422(
        self, client: TestClient, parameters: dict[str, Any]
    ) -> None:
        problem = problem_of(client.get("/movies", params=parameters), 422)
        assert problem["errors"][0]["where"][:2] == ["query", next(iter(parameters))]

    def test_a_search_needs_a_query_within_the_limits(self, client: TestClient) -> None:
        for parameters in ({}, {"q": ""}, {"q": "x" * 301}, {"q": "war", "limit": 201}):
            problem_of(client.get("/search", params=parameters), 422)

    def test_a_page_above_the_limit_is_refused(self, client: TestClient) -> None:
        problem_of(client.get("/movies", params={"page": 10**6, "page_size": 100}), 400)

    def test_a_long_body_is_413(self, snapshots: Snapshots) -> None:
        small = client_of(snapshots, max_body_bytes=1_000)
        problem_of(small.post("/assign", content=b"x" * 1_001), 413)
        undeclared = small.post("/assign", content=iter([b"x" * 600, b"x" * 600]))
        assert "content-length" not in undeclared.request.headers
        problem_of(undeclared, 413)
        assert small.post("/assign", json={"text": "x"}).status_code == 200

    def test_an_unexpected_error_reveals_no_internals(
        self, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("secret path /etc/passwd")

        monkeypatch.setattr(snapshots.current.catalogue, "film", fail)
        problem = problem_of(client_of(snapshots).get("/movies/m0000"), 500)
        assert "passwd" not in json.dumps(problem)


class TestPage:
    def test_the_documentation_loads_nothing_from_other_hosts(self, client: TestClient) -> None:
        page = client.get("/docs").text
        assert "http://" not in page and "https://" not in page and 'src="//' not in page
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"/static-offline-docs/{name}" in page
            assert len(client.get(f"/static-offline-docs/{name}").content) > 10_000

    def test_the_schema_has_every_endpoint_and_examples(self, client: TestClient) -> None:
        schema = client.get("/openapi.json").json()
        assert {path for path in schema["paths"] if not path.startswith("/v1/")} == {
            "/health",
            "/release",
            "/movies",
            "/movies/{movie_id}",
            "/movies/{movie_id}/similar",
            "/search",
            "/micro-genres",
            "/micro-genres/{micro_genre_id}",
            "/micro-genres/{micro_genre_id}/movies",
            "/families",
            "/assign",
            "/metrics",
            "/predict/{model}",
            "/recommend",
            "/predict_batch",
            "/reload-model",
            "/model",
        }
        film = schema["components"]["schemas"]["Film"]["properties"]
        assert all("examples" in field or "description" in field for field in film.values())
        assert (
            "examples"
            in schema["paths"]["/assign"]["post"]["requestBody"]["content"]["application/json"]
        )


class TestCommand:
    def test_an_error_at_the_start_prints_one_line_and_sets_the_exit_status(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(tmp_path)]) == 4
        assert "microgenres mine" in capsys.readouterr().err
        assert main([str(tmp_path), "--host", "0.0.0.0"]) == 2
        assert "MICROGENRES_SERVE__API_KEY" in capsys.readouterr().err
