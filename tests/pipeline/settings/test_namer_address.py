"""The value of `label.namer`: its form, and one-line errors for anything else."""

from __future__ import annotations

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import load_settings
from pipeline.settings.namer_address import NamerAddress, parse_namer


@pytest.mark.parametrize(
    ("text", "url", "model"),
    [
        ("openai:http://127.0.0.1:11434/v1#qwen3:8b", "http://127.0.0.1:11434/v1", "qwen3:8b"),
        (" openai:https://films.example/v1/#m \n", "https://films.example/v1", "m"),
        ("openai:http://[::1]:8080/v1#org/model.gguf", "http://[::1]:8080/v1", "org/model.gguf"),
    ],
)
def test_an_address_has_a_url_and_a_model(text: str, url: str, model: str) -> None:
    assert parse_namer(text) == NamerAddress(url, model)


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_value_is_no_namer(text: str) -> None:
    assert parse_namer(text) is None
    assert load_settings(overrides={"label": {"namer": text}}).label.namer == ""


@pytest.mark.parametrize(
    "text",
    [
        "qwen3:8b",
        "ollama:http://127.0.0.1:11434/v1#m",
        "openai:http://127.0.0.1:11434/v1",
        "openai:http://127.0.0.1:11434/v1#",
        "openai:http://127.0.0.1:11434/v1#a#b",
        "openai:ftp://films.example/v1#m",
        "openai:file:///etc/passwd#m",
        "openai:http:///v1#m",
        "openai:http://films.example:99999/v1#m",
        "openai:http://films.example:x/v1#m",
        "openai:https://films.example/v1?key=1#m",
        "openai:https://films.example/v1#m odel",
    ],
)
def test_another_form_is_an_error_of_one_line_that_shows_the_form(text: str) -> None:
    with pytest.raises(SettingsError, match=r"label\.namer.*write openai:URL#MODEL") as raised:
        load_settings(overrides={"label": {"namer": text}})
    assert "\n" not in str(raised.value)
    assert "Value error" not in str(raised.value)


def test_a_password_in_the_address_is_refused() -> None:
    with pytest.raises(ValueError, match="NAMER_API_KEY"):
        parse_namer("openai:https://me:secret@films.example/v1#m")


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://films.example/v1", True),
        ("http://127.0.0.1:1/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://films.example/v1", False),
        ("http://127.0.0.1.films.example/v1", False),
        ("http://10.0.0.5:8000/v1", False),
    ],
)
def test_a_key_may_go_over_https_or_to_this_machine(url: str, sent: bool) -> None:
    assert NamerAddress(url, "m").may_have_key is sent
