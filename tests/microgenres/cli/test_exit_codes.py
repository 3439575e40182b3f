"""Each error ends with one message on standard error and its exit code."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from microgenres.cli.exit_codes import Commands, exit_code
from pipeline.errors import (
    CorruptFileError,
    MicrogenresError,
    ModelError,
    QuarantineError,
    ReleaseError,
    SettingsError,
    SourceError,
    StageError,
    StoreError,
    TableError,
)
from pipeline.release.lookup import NotInReleaseError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), 2),
        (NotInReleaseError("x"), 2),
        (SourceError("x"), 3),
        (ReleaseError("x"), 4),
        (CorruptFileError("x"), 4),
        (QuarantineError("x"), 5),
        (StageError("x"), 1),
        (StoreError("x"), 1),
        (ModelError("x"), 1),
        (TableError("x"), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_every_error_has_its_code(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def failing(error: BaseException) -> typer.Typer:
    """Return an application whose one command raises `error`."""
    broken = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
    broken.callback()(lambda: None)

    @broken.command()
    def fail() -> None:
        raise error

    return broken


def wrapped(error: MicrogenresError) -> Exception:
    outer = RuntimeError("an error of the orchestrator")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            QuarantineError("stage 'embed': [1] of 3 failed:\n- p1: x"),
            5,
            "error: stage 'embed': [1] of",
        ),
        (wrapped(SourceError("films.csv: torn")), 3, "error: films.csv: torn"),
        (ZeroDivisionError("by zero"), 1, "error: ZeroDivisionError: by zero; --debug"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_error_is_one_message_and_a_code(error: BaseException, code: int, message: str) -> None:
    result = CliRunner().invoke(failing(error), ["fail"])
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
