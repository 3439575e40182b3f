"""Clients of the API, and its errors as RFC 9457 has them."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.api.app import create_app
from serve.api.problems import PROBLEM
from serve.api.snapshot import Snapshots

__all__ = ["client_of", "problem_of"]


def client_of(snapshots: Snapshots, **settings: Any) -> TestClient:
    app = create_app(snapshots, ServeSettings(**settings))
    return TestClient(app, raise_server_exceptions=False)


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    told: dict[str, Any] = response.json()
    assert told["status"] == status
    assert {"type", "title", "detail", "instance"} <= told.keys()
    return told
