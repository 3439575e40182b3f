"""A fetch from its start to its end, over any number of crashes in between.

What depends on the day (today's date, which films are known, since when) is decided once, when a
round begins, and kept in `round.json`; the same command given again goes on with that round.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptFileError, SourceError
from pipeline.fileio.atomic import write_bytes

__all__ = ["Round", "begin", "finish"]

_FILE = "round.json"


@dataclass(frozen=True)
class Round:
    """One fetch.

    Parameters
    ----------
    id : tells its lists from those of other rounds.
    asked : the command that began it. started : seconds since 1970.
    until : the day on which it began, UTC, ISO 8601. since : the first day of changes, or "".
    known : ids of the films of the catalogue when it began, for changes.
    """

    id: str
    asked: Mapping[str, Any]
    started: float
    until: str
    since: str = ""
    known: tuple[int, ...] = ()
    finished: bool = False

    @property
    def last_day(self) -> date:
        """`until` as a date."""
        return date.fromisoformat(self.until)


def last(folder: Path) -> Round | None:
    """The round that a folder saw last, finished or not; None in a new folder.

    Raises
    ------
    CorruptFileError
        when its file is not as it was written.
    """
    path = folder / _FILE
    try:
        told = json.loads(path.read_bytes())
        told["known"] = tuple(told["known"])
        return Round(**told)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptFileError(
            f"{path}: is not as it was written: {error}; remove it, and a new fetch begins with "
            "the answers that are kept"
        ) from error


def begin(
    folder: Path,
    asked: Mapping[str, Any],
    *,
    now: float,
    since: str = "",
    known: tuple[int, ...] = (),
) -> tuple[Round, bool]:
    """The unfinished round of that very command, or a new one.

    Returns
    -------
    tuple of Round and bool
        and whether it goes on with one that was begun before.
    """
    before = last(folder)
    if before is not None and not before.finished and before.asked == asked:
        return before, True
    number = 1 if before is None else int(before.id) + 1
    until = datetime.fromtimestamp(now, UTC).date().isoformat()
    fresh = Round(str(number), dict(asked), now, until, since, known)
    _write(folder, fresh)
    return fresh, False


def finish(folder: Path, ended: Round) -> None:
    """Write down that a round is done; `known` has served its purpose."""
    _write(folder, replace(ended, known=(), finished=True))


def day(text: str, option: str) -> date:
    """A date that a person wrote.

    Raises
    ------
    SourceError
        naming the option, when it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SourceError(f"{option} {text!r} is no date; write it like 2026-01-31") from error


def _write(folder: Path, told: Round) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / _FILE, (json.dumps(asdict(told), indent=1) + "\n").encode())
