"""What `mine` checks before it starts: here the namer."""

from __future__ import annotations

import pytest

from microgenres.cli.preflight import check_namer
from tests.support.chat_server import ChatServer
from tests.support.mine_command import command


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMER_API_KEY", raising=False)


def test_a_namer_that_answers_is_no_warning() -> None:
    with ChatServer() as server:
        assert check_namer("default", None, {"label": {"namer": server.setting}}) == []
    assert len(server.keys) == 1, "one request"
    assert check_namer("default", None, {}) == []


def test_a_namer_that_is_down_is_a_warning_and_no_error() -> None:
    with ChatServer() as server:
        gone = server.setting
    (warning,) = check_namer("default", None, {"label": {"namer": gone}})
    assert warning.startswith("warning: the namer at http://127.0.0.1:")
    assert "returns no list of models (no connection to the server)" in warning


def test_a_namer_in_another_form_ends_the_command_at_once(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROGENRES_LABEL__NAMER", "ollama")
    result = command("mine", "--out", f"{tmp_path}/out")
    assert result.exit_code == 2
    assert "write openai:URL#MODEL" in result.output
