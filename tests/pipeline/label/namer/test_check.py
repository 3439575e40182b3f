"""The check before a run: one line if the server is not there, or has another model."""

from __future__ import annotations

import socket
import time

import pytest

from pipeline.label.namer.check import namer_warning
from pipeline.label.namer.credentials import VARIABLE
from tests.support.chat_server import MODEL, ChatServer


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize("models", [[MODEL], ["other", f"{MODEL}:latest"], []])
def test_a_server_with_the_model_is_right(models: list[str]) -> None:
    with ChatServer(models=models) as server:
        assert namer_warning(server.setting) is None
    assert server.chats == []


def test_no_namer_is_right() -> None:
    assert namer_warning("") is None


def test_another_model_is_a_warning_that_lists_those_of_the_server() -> None:
    with ChatServer(models=[f"m{n}" for n in range(9)]) as server:
        warning = namer_warning(server.setting)
    assert warning is not None
    assert f"does not list the model {MODEL}: m0, m1, m2, m3, m4, ..." in warning


def test_a_server_that_is_down_or_silent_is_a_warning_soon() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"openai:http://127.0.0.1:{silent.getsockname()[1]}/v1#m"
        warnings = [namer_warning(address)]  # nobody listens
        silent.listen(1)
        started = time.monotonic()
        warnings.append(namer_warning(address, seconds=0.5))  # nobody accepts
        assert time.monotonic() - started < 5
    for warning, reason in zip(warnings, ("no connection", "no answer within"), strict=True):
        assert warning is not None
        assert f"returns no list of models ({reason}" in warning
        assert "\n" not in warning


def test_a_path_without_the_api_is_a_warning() -> None:
    with ChatServer() as server:
        warning = namer_warning(server.setting.replace("/v1#", "/api#"))
    assert warning is not None
    assert "status 404" in warning


def test_a_key_that_is_not_sent_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sk-0815-secret")
    warning = namer_warning("openai:http://films.example/v1#m")
    assert warning is not None
    assert VARIABLE in warning
    assert "sk-0815" not in warning
    with ChatServer() as server:
        assert namer_warning(server.setting) is None
    assert server.keys == ["Bearer sk-0815-secret"]
