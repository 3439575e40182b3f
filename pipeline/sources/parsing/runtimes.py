"""Parser of runtimes, in minutes, in the notations of many languages."""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.sources.parsing.literals import CellError, is_missing, is_null, plain
from pipeline.sources.parsing.numbers import digits, number
from pipeline.sources.parsing.words import fold

__all__ = ["minutes"]

_DAYS = r"(?:(?P<d>\d+)\s*(?:d|days?))?[,\s]*"
_HOURS = (
    r"(?:(?P<h>\d+(?:[.,]\d+)?)(?!\d)\s*(?:hours?|hrs?|h|stunden?|std|heures?|horas?|hora|ore|ora|uur|uren|u"
    r"|часов|часа|час|ч|godz|godziny?|hod|tim|timmar|timer|時間|小时|小時|时|時|시간)\.?)?"
    r"(?:\s*(?:and|und|et|y|e|en|и|:|,)?\s*)"
)
_MINUTES = (
    r"(?:(?P<m>\d+(?:[.,]\d+)?)(?!\d)\s*(?:minutes?|mins?|minuten|minutos?|minuti|minuto|mn|m|minut[ya]?"
    r"|минуты|минута|минут|мин|мин|分钟|分鐘|分間|分|분|'|dk|dakika|perc|хв|хвилин|phut|minuter|דקות|דק|دقيقة|دقیقه|मिनट|λεπτα)?\.?)?"
)
_SECONDS = (
    r"(?:[\s,]*(?:and|und|et|y|e)?\s*(?P<s>\d+)\s*(?:seconds?|secs?|s|sek|sekunden|секунд|сек|秒|초"
    r"|'')\.?)?"
)
_TEXT = re.compile(_DAYS + _HOURS + _MINUTES + _SECONDS + r"(?:\s*long)?", re.ASCII)
_ISO = re.compile(
    r"p(?:(?P<d>\d+)d)?(?:t(?:(?P<h>\d+)h)?(?:(?P<m>\d+(?:\.\d+)?)m)?(?:(?P<s>\d+)(?:\.\d+)?s)?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", re.ASCII)
_NOTE = re.compile(r"\s*[(\[].*$", re.DOTALL)  # "(theatrical)", and versions listed behind it
_FIRST = re.compile(r"\s*[|;/].*$|(?<=min)(?:ut\w*)?\.?,\s.*$", re.DOTALL)  # "142 min / 170 min"
_ABOUT = re.compile(
    r"^(?:ca\.?|circa|about|approx\.?|approximately|approx|~|≈|约|約|около|env\.?)\s*"
)
_EACH = re.compile(
    r"\s*(?:per|/|pro|par|por|an?|each)\s*(?:ep|eps|episode|folge|épisode|episodio)\.?$"
)
_SEASONS = re.compile(
    r"\b\d+\s*(?:seasons?|series|staffeln?|saisons?|temporadas?|stagion[ei]|seizoen(?:en)?|сезон\w*|季)"
    r"|\bs\d{1,2}\b|\bseasons?\s*\d"
)
_EPISODES = re.compile(
    r"\b\d+\s*(?:episodes?|eps?\b|folgen?|episodios?|episodi|epis|сери\w*|集|話|话|회)"
)
_LONGEST = 200  # characters of a runtime and what is said of it
_MOST_HOURS = 10  # a first part below it counts hours in "2:22", else minutes in "96:30"


def _sum(parts: dict[str, str | None]) -> float | None:
    scales = {"d": 1440, "h": 60, "m": 1, "s": 0}
    total = Decimal(0)
    for name, written in parts.items():
        if written:
            part = digits(written) or Decimal(0)
            total += part / 60 if name == "s" else part * scales[name]
    return number(total) or None


def _clock(first: str, second: str, third: str | None) -> float | None:
    if third is not None:
        return _sum({"h": first, "m": second, "s": third})
    if int(first) < _MOST_HOURS:
        return _sum({"h": first, "m": second})
    return _sum({"m": first, "s": second})


def minutes(value: object, *, decimal_comma: bool = False) -> float | None:
    """Return minutes from a number or a text; 0, which TMDB writes for unknown, is missing.

    Parameters
    ----------
    value : object
        Such as 142, "142 min", "2h 22m", "PT2H22M", "02:22:00", "1 Std. 36 Min." or "142分钟".
    decimal_comma : bool
        See `number`.

    Raises
    ------
    CellError
        If it is no runtime, such as a number of seasons.

    Examples
    --------
    >>> minutes("2h 22m"), minutes("PT2H22M"), minutes("1 hr. 36 min."), minutes("142 min (cut)")
    (142.0, 142.0, 96.0, 142.0)
    """
    if not isinstance(value, str):
        return number(value) or None
    if is_missing(value):
        return None
    if is_null(value):
        raise CellError("says that it is unknown")
    if len(value) > _LONGEST:
        raise CellError("is not a runtime, a number of minutes")
    cell = fold(plain(value).replace('"', "''"))
    cell = _ABOUT.sub("", _NOTE.sub("", _EACH.sub("", cell)) or cell)
    parsed = digits(cell, decimal_comma=decimal_comma)
    if parsed is not None:
        return number(parsed) or None
    if _SEASONS.search(cell):
        raise CellError("is a number of seasons, not a runtime")
    if _EPISODES.search(cell):
        raise CellError("is a number of episodes, not a runtime")
    cell = _FIRST.sub("", cell)
    if match := _CLOCK.fullmatch(cell):
        return _clock(match[1], match[2], match[3])
    match = _ISO.fullmatch(cell) or _TEXT.fullmatch(cell)
    if match is None or not any(match.groupdict().values()):
        raise CellError("is not a runtime, a number of minutes")
    return _sum(match.groupdict())
