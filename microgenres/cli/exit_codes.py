"""The exit codes of the command line, and how an error becomes one line and a code."""

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
    """Exit codes of the commands."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SOURCE = 3
    RELEASE = 4
    QUARANTINED = 5
    REGRESSED = 6
    INTERRUPTED = 130


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "the run failed, or something unexpected happened",
    ExitCode.USAGE: "wrong usage, a wrong setting, or no such film or micro-genre",
    ExitCode.SOURCE: "a source cannot be read; nothing was published",
    ExitCode.RELEASE: "a release is missing or does not verify",
    ExitCode.QUARANTINED: "pieces failed; finished work is stored, and the same command resumes",
    ExitCode.REGRESSED: "bench: a figure is worse than before, beyond its noise",
    ExitCode.INTERRUPTED: "interrupted; finished work is stored",
}

EXIT_CODES = "[bold]Exit codes[/bold]\n" + "\n".join(
    f"{code.value:>3}  {meaning}" for code, meaning in _MEANINGS.items()
)

# The most specific class first; any other error is FAILED.
_CODES: tuple[tuple[type[MicrogenresError], ExitCode], ...] = (
    (SettingsError, ExitCode.USAGE),
    (SourceError, ExitCode.SOURCE),
    (ReleaseError, ExitCode.RELEASE),
    (CorruptFileError, ExitCode.RELEASE),
    (QuarantineError, ExitCode.QUARANTINED),
)


def exit_code(error: BaseException) -> ExitCode:
    """Return the exit code of a command that raised `error`."""
    from pipeline.release.lookup import NotInReleaseError  # loads Arrow, which --help does not need

    if isinstance(error, NotInReleaseError):
        return ExitCode.USAGE
    return next((code for kind, code in _CODES if isinstance(error, kind)), ExitCode.FAILED)


class Commands(TyperGroup):
    """A group of commands; an error of a command becomes one line on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; `--debug` adds the traceback."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            message = "interrupted; finished work is stored, and the same command resumes from it"
            complain(message)
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except (typer.Exit, typer.Abort, typer.TyperException, EOFError, BrokenPipeError):
            raise  # Typer handles these
        except Exception as error:
            if ctx.meta.get("debug"):
                traceback.print_exception(error)
            known = _known_error(error)
            if known is not None:
                complain(str(known))
                raise typer.Exit(exit_code(known)) from error
            hint = "" if ctx.meta.get("debug") else "; --debug shows the traceback"
            complain(f"{type(error).__name__}: {error}{hint}")
            raise typer.Exit(ExitCode.FAILED) from error


def _known_error(error: BaseException | None) -> MicrogenresError | None:
    """Return the MicrogenresError that `error` is or wraps; None for another error."""
    while error is not None:
        if isinstance(error, MicrogenresError):
            return error
        error = error.__cause__
    return None


def complain(message: str, *, kind: str = "error") -> None:
    """Print a message on standard error, without line breaks: a path in it must stay whole."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text.assemble((f"{kind}: ", "bold red" if kind == "error" else "bold"), message))
