"""The key comes from the environment, and goes only where nobody can read it."""

from __future__ import annotations

import pytest

from pipeline.label.namer.credentials import VARIABLE, namer_key
from pipeline.observability.redaction import redact
from pipeline.settings.namer_address import NamerAddress

HERE = NamerAddress("http://127.0.0.1:1/v1", "m")


def test_a_key_of_the_environment_is_used() -> None:
    key = namer_key({VARIABLE: " sk-0815-secret\n"}, HERE)
    assert key is not None
    assert key.get_secret_value() == "sk-0815-secret"
    assert "0815" not in repr(key)


@pytest.mark.parametrize("value", ["", "  ", "two words", "schlüssel", "line\nbreak"])
def test_what_no_key_can_be_is_not_sent(value: str) -> None:
    assert namer_key({VARIABLE: value}, HERE) is None


def test_a_key_is_not_sent_over_plain_http_to_another_machine() -> None:
    assert namer_key({VARIABLE: "sk-0815"}, NamerAddress("http://films.example/v1", "m")) is None


def test_a_key_is_removed_from_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sk-0815-secret")
    assert redact("sent sk-0815-secret") == "sent ***"
