"""Keys and passwords are removed from logs and messages."""

from __future__ import annotations

import pytest

from pipeline.observability.redaction import HIDDEN, redact


def test_values_of_secret_variables_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", "0123456789abcdef")
    monkeypatch.setenv("DATABASE_PASSWORD", "0123456789")
    monkeypatch.setenv("KEYBOARD", "not-a-secret")
    redacted = redact("key=0123456789abcdef, password 0123456789, keyboard not-a-secret")
    assert redacted == f"key={HIDDEN}, password {HIDDEN}, keyboard not-a-secret"


def test_short_values_and_paths_are_not_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("SOME_KEY", "on")
    monkeypatch.setenv("MICROGENRES_DASK__TLS_KEY", str(tmp_path))
    assert redact(f"on with {tmp_path}") == f"on with {tmp_path}"


def test_credentials_are_removed_from_urls() -> None:
    assert redact("postgresql+asyncpg://prefect:pass@db:5432/x") == (
        f"postgresql+asyncpg://{HIDDEN}@db:5432/x"
    )
    assert (
        redact("http://127.0.0.1:4200/api at 10:00 a@b") == "http://127.0.0.1:4200/api at 10:00 a@b"
    )


def test_private_keys_are_removed_even_if_truncated() -> None:
    whole = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----"
    assert redact(f"before {whole} after") == f"before {HIDDEN} after"
    assert redact("x -----BEGIN EC PRIVATE KEY-----\nMIGHAg") == f"x {HIDDEN}"
