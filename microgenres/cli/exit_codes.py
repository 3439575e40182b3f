"""What the command line's exit codes mean, and how an error becomes one line and a code."""

from __future__ import annotations

import traceback
from enum import IntEnum
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from pipeline.errors import (
    CorruptFileError,
    MicrogenresError,
    QuarantineError,
    ReleaseError,
    SettingsError,
    SourceError,
)

__all__ = ["EXIT_CODES", "Commands", "ExitCode", "complain", "exit_code"]


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SOURCE = 3
    RELEASE = 4
    QUARANTINED = 5
    INTERRUPTED = 130


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "the run failed, or something unexpected happened",
    ExitCode.USAGE: "wrong usage, a wrong setting, or no such film or micro-genre",
    ExitCode.SOURCE: "a source cannot be read; nothing was published",
    ExitCode.RELEASE: "a release is missing or does not verify",
    ExitCode.QUARANTINED: "pieces failed; what is finished is kept and the same command goes on",
    ExitCode.INTERRUPTED: "interrupted; what is finished is kept",
}

EXIT_CODES = "[bold]Exit codes[/bold]\n" + "\n".join(
    f"{code.value:>3}  {meaning}" for code, meaning in _MEANINGS.items()
)

# The most telling class first; what is in none of them is FAILED.
_CODES: tuple[tuple[type[MicrogenresError], ExitCode], ...] = (
    (SettingsError, ExitCode.USAGE),
    (SourceError, ExitCode.SOURCE),
    (ReleaseError, ExitCode.RELEASE),
    (CorruptFileError, ExitCode.RELEASE),
    (QuarantineError, ExitCode.QUARANTINED),
)


def exit_code(error: BaseException) -> ExitCode:
    """The code with which a command that raised `error` ends."""
    from pipeline.release.lookup import NotInReleaseError  # loads Arrow, which --help does not need

    if isinstance(error, NotInReleaseError):
        return ExitCode.USAGE
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)


class Commands(TyperGroup):
    """The group of all commands: whatever they raise ends as one line on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; `--debug` adds the traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            message = "interrupted; what is finished is kept, and the same command goes on from it"
            complain(message)
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except (typer.Exit, typer.Abort, typer.TyperException, EOFError, BrokenPipeError):
            raise  # Typer knows what to do
        except Exception as error:
            if ctx.meta.get("debug"):
                traceback.print_exception(error)
            known = _on_purpose(error)
            if known is not None:
                complain(str(known))
                raise typer.Exit(exit_code(known)) from error
            hint = "" if ctx.meta.get("debug") else "; --debug shows the traceback"
            complain(f"{type(error).__name__}: {error}{hint}")
            raise typer.Exit(ExitCode.FAILED) from error


def _on_purpose(error: BaseException | None) -> MicrogenresError | None:
    """The error of ours that `error` is, or that an orchestrator wrapped into it."""
    while error is not None:
        if isinstance(error, MicrogenresError):
            return error
        error = error.__cause__
    return None


def complain(message: str, *, kind: str = "error") -> None:
    """Print one message on standard error, not folded: a path in it must stay whole."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble((f"{kind}: ", "bold red" if kind == "error" else "bold"), message))
