"""Test clients of the API, and a check of its errors (RFC 9457)."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.api.app import create_app
from serve.api.problems import PROBLEM
from serve.api.snapshot import Snapshots

__all__ = ["client_of", "problem_of"]


def client_of(snapshots: Snapshots, **settings: Any) -> TestClient:
    """Return a client of an API with these settings."""
    app = create_app(snapshots, ServeSettings(**settings))
    return TestClient(app, raise_server_exceptions=False)


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """Check that a response is an error of this status; return its problem details."""
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance"} <= problem.keys()
    return problem
