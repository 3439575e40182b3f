"""Find names of settings that do not exist, and the nearest name that does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from pydantic import BaseModel

from pipeline.errors import SettingsError

__all__ = ["NOT_SETTINGS", "check_environment", "check_values"]

# Variables with our prefix that are no settings; some are read by docker-compose.yml or the tests.
NOT_SETTINGS = frozenset(
    {
        "API_KEY",
        "LOG_FORMAT",
        "OUT",
        "POSTERS",
        "PROFILE",
        "RELEASE",
        "TEST_DATA",
        "UI_OUT",
        "UI_PROFILE",
        "UI_SOURCE",
    }
)
# Kubernetes sets such variables for each service, and a service may be called microgenres.
_SERVICE_LINK = re.compile(
    r"(.*_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)
_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")
_SIMILAR, _VERY_SIMILAR = 0.6, 0.8  # least ratio of SequenceMatcher

Path = tuple[str, ...]


def check_values(
    values: Mapping[str, Any], settings: type[BaseModel], *, where: str | None = None
) -> None:
    """Check that every name in a layer of settings exists.

    Parameters
    ----------
    values : Mapping
        Values by section, from a TOML file or the command line.
    settings : type
        The class of all settings.
    where : str, optional
        The file, for the message.

    Raises
    ------
    SettingsError
        If a name is unknown; the message names it and the nearest one.

    Examples
    --------
    >>> from pipeline.settings import Settings
    >>> check_values({"clustr": {"k": 3}}, Settings)
    Traceback (most recent call last):
    pipeline.errors.SettingsError: setting clustr.k is unknown: did you mean cluster.k?
    """
    known = _known(settings)
    for path in _names(values, known):
        if not _exists(path, known):
            before = f"settings file {where}: " if where else ""
            raise SettingsError(f"{before}{_complaint(path, known, '.', str)}")


def check_environment(
    environment: Mapping[str, str], prefix: str, settings: type[BaseModel]
) -> None:
    """Check that every variable with our prefix is a setting, or another name that we use.

    Parameters
    ----------
    environment : Mapping of str to str
        Variables and their values.
    prefix : str
        Beginning of the names of our variables.
    settings : type
        The class of all settings.

    Raises
    ------
    SettingsError
        If a variable is unknown; the message names it and the nearest one.

    Examples
    --------
    >>> from pipeline.settings import Settings
    >>> check_environment({"OUR_SED": "7"}, "OUR_", Settings)
    Traceback (most recent call last):
    pipeline.errors.SettingsError: setting OUR_SED is unknown: did you mean OUR_SEED?
    """
    known = _known(settings)
    for variable, value in sorted(environment.items()):
        name = variable.upper()
        if not name.startswith(prefix):
            continue
        name = name.removeprefix(prefix)
        link = _SERVICE_LINK.fullmatch(name) or _LINK_VALUE.match(value)
        if name in NOT_SETTINGS or link:
            continue
        path = tuple(name.lower().split("__"))
        if not _exists(path, known):
            complaint = _complaint(path, known, "__", lambda part: part.upper(), prefix)
            raise SettingsError(complaint)


def _known(settings: type[BaseModel], above: Path = ()) -> dict[Path, bool]:
    """Path of each section and setting -> whether names of the user's own may follow it."""
    found: dict[Path, bool] = {}
    for name, field in settings.model_fields.items():
        path, kind = (*above, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= {path: False} | _known(kind, path)
        else:
            found[path] = getattr(kind, "__origin__", kind) is dict
    return found


def _names(
    values: Mapping[str, Any], known: Mapping[Path, bool], above: Path = ()
) -> Iterator[Path]:
    """Path of each value; an unknown section comes with its first name, which says what it is."""
    sections = {path[:-1] for path in known}
    for name, value in values.items():
        path = (*above, str(name))
        if isinstance(value, Mapping) and value and (path in sections or path not in known):
            yield from _names(value, known, path)
        else:
            yield path


def _exists(path: Path, known: Mapping[Path, bool]) -> bool:
    return path in known or any(known.get(path[:end]) for end in range(1, len(path)))


def _complaint(
    path: Path, known: Mapping[Path, bool], separator: str, write: Any, prefix: str = ""
) -> str:
    """Return the message of an unknown name, with the nearest name."""

    def written(names: Path) -> str:
        return prefix + separator.join(write(part) for part in names)

    nearest = _nearest(path, known)
    start = f"setting {written(path)} is unknown: "
    if nearest is not None:
        return f"{start}did you mean {written(nearest)}?"
    own = [names[-1] for names in known if len(names) > 1 and names[:-1] == path[:-1]]
    if own:
        return f"{start}{path[0]} has {', '.join(sorted(own))}"
    return f"{start}`microgenres settings` lists all settings"


def _nearest(path: Path, known: Mapping[Path, bool]) -> Path | None:
    """Return the name that was probably meant: like it in section and name, or like the whole."""
    best: tuple[float, Path] | None = None
    flat = "_".join(path)
    sections = {names[:-1] for names in known}
    for names in known:
        if len(path) > 1 and names in sections:
            continue
        whole = _ratio(flat, "_".join(names))
        name, section = _ratio(path[-1], names[-1]), _ratio(path[:-1], names[:-1])
        is_like = len(path) == len(names) and section >= _SIMILAR and name >= _SIMILAR
        is_elsewhere = len(names) > 1 and name == 1  # the right name in a wrong section, or in none
        if whole >= _VERY_SIMILAR or is_like or is_elsewhere:
            score = max(whole, (name + section) / 2)
            if best is None or score > best[0]:
                best = score, names
    return None if best is None else best[1]


def _ratio(one: str | Path, other: str | Path) -> float:
    """Similarity, 0 to 1."""
    one, other = (part if isinstance(part, str) else ".".join(part) for part in (one, other))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
