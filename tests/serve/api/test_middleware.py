"""API key, CORS, access log and metrics."""

from __future__ import annotations

import json
import logging

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from pipeline.errors import SettingsError
from pipeline.settings import ServeSettings
from serve.api.app import check_host
from serve.api.snapshot import Snapshots
from tests.support.api_client import client_of, problem_of

KEY = "a secret key"


class TestAccess:
    def test_a_key_is_required_except_for_health_and_documentation(
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

    def test_only_the_origins_in_the_settings_are_allowed(self, snapshots: Snapshots) -> None:
        origin = "https://films.example"
        shared = client_of(snapshots, api_key=SecretStr(KEY), cors_origins=(origin,))
        preflight = {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-api-key",
        }
        allowed = shared.options("/movies", headers={"Origin": origin, **preflight})
        assert allowed.headers["access-control-allow-origin"] == origin
        refused = shared.options("/movies", headers={"Origin": "https://evil.example", **preflight})
        assert "access-control-allow-origin" not in refused.headers
        refused = shared.get("/movies", headers={"Origin": origin})
        problem_of(refused, 401)
        assert refused.headers["access-control-allow-origin"] == origin
        plain = client_of(snapshots).get("/health", headers={"Origin": origin})
        assert "access-control-allow-origin" not in plain.headers

    def test_each_request_is_logged_as_one_line_of_json(
        self, client: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "serve.access"):
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
        assert first["bytes"] == int(response.headers["content-length"])
        assert first["ms"] > 0
        assert (second["route"], second["status"]) == (None, 404)

    def test_metrics_count_requests_by_route(self, snapshots: Snapshots) -> None:
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
    def test_an_address_that_other_machines_reach_needs_a_key(self, host: str) -> None:
        with pytest.raises(SettingsError, match="MICROGENRES_SERVE__API_KEY"):
            check_host(host, ServeSettings())
        check_host(host, ServeSettings(api_key=SecretStr(KEY)))

    def test_a_loopback_address_needs_no_key_and_a_blank_key_is_refused(self) -> None:
        for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"):
            check_host(host, ServeSettings())
        with pytest.raises(SettingsError, match="blank"):
            check_host("127.0.0.1", ServeSettings(api_key=SecretStr(" ")))
