"""Who may ask the API, what is logged and counted of it."""

from __future__ import annotations

import json
import logging

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from pipeline.errors import SettingsError
from pipeline.settings import ServeSettings
from serve.api.app import check_public
from serve.api.snapshot import Snapshots
from tests.support.api_client import client_of, problem_of

KEY = "a key that nobody guesses"


class TestAccess:
    def test_a_key_is_asked_for_everywhere_but_where_nothing_is_told(
        self, snapshots: Snapshots
    ) -> None:
        keyed = client_of(snapshots, api_key=SecretStr(KEY))
        for path in ("/movies", "/metrics", "/assign", "/nothing", "/release"):
            problem_of(keyed.get(path), 401)
            problem_of(keyed.get(path, headers={"X-API-Key": KEY[:-1]}), 401)
        assert keyed.get("/movies", headers={"X-API-Key": KEY}).status_code == 200
        for path in ("/health", "/docs", "/openapi.json", "/static-offline-docs/swagger-ui.css"):
            assert keyed.get(path).status_code == 200
        schemes = keyed.get("/openapi.json").json()["components"]["securitySchemes"]
        assert [scheme["name"] for scheme in schemes.values()] == ["X-API-Key"]

    def test_pages_of_other_origins_may_ask_where_settings_say(self, snapshots: Snapshots) -> None:
        origin = "https://films.example"
        shared = client_of(snapshots, api_key=SecretStr(KEY), cors_origins=(origin,))
        asks = {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-api-key",
        }
        allowed = shared.options("/movies", headers={"Origin": origin, **asks})
        assert allowed.headers["access-control-allow-origin"] == origin
        refused = shared.options("/movies", headers={"Origin": "https://evil.example", **asks})
        assert "access-control-allow-origin" not in refused.headers
        told = shared.get("/movies", headers={"Origin": origin})
        problem_of(told, 401)
        assert told.headers["access-control-allow-origin"] == origin
        plain = client_of(snapshots).get("/health", headers={"Origin": origin})
        assert "access-control-allow-origin" not in plain.headers

    def test_each_request_is_one_line_of_json(
        self, client: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "serve.api.middleware"):
            response = client.get("/movies/m0001", params={"x": 'a\n"b'})
            client.get("/nothing")
        first, second = (json.loads(record.getMessage()) for record in caplog.records)
        assert "\n" not in caplog.records[0].getMessage()
        assert (first["route"], first["status"], first["method"]) == (
            "/movies/{movie_id}",
            200,
            "GET",
        )
        assert first["request_id"] == response.headers["x-request-id"]
        assert first["bytes"] == len(response.content)
        assert first["ms"] > 0
        assert (second["route"], second["status"]) == (None, 404)

    def test_metrics_count_by_route(self, snapshots: Snapshots) -> None:
        fresh = client_of(snapshots)
        for path in ("/movies/m0001", "/movies/m0002", "/movies/nope", "/x", "/y"):
            fresh.get(path)
        page = fresh.get("/metrics")
        assert page.headers["content-type"].startswith("text/plain")
        samples = {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(page.text)
            for sample in family.samples
        }
        counted = "microgenres_requests_total"
        assert samples[(counted, *sorted(("/movies/{movie_id}", "200", "GET")))] == 2
        assert samples[(counted, *sorted(("/movies/{movie_id}", "404", "GET")))] == 1
        assert samples[(counted, *sorted(("none", "404", "GET")))] == 2
        assert samples[("microgenres_release", "served-1")] == 1
        assert samples[("microgenres_films",)] == 40

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "films.example", ""])
    def test_an_address_that_others_reach_needs_a_key(self, host: str) -> None:
        with pytest.raises(SettingsError, match="MICROGENRES_SERVE__API_KEY"):
            check_public(host, ServeSettings())
        check_public(host, ServeSettings(api_key=SecretStr(KEY)))

    def test_this_machine_needs_none_and_a_blank_key_is_none(self) -> None:
        for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
            check_public(host, ServeSettings())
        with pytest.raises(SettingsError, match="blank"):
            check_public("127.0.0.1", ServeSettings(api_key=SecretStr(" ")))
