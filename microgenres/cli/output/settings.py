"""Print every setting; the rows come from `pipeline.settings`, so that they are up to date."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from rich.console import Group
from rich.text import Text

from microgenres.cli.console import text
from microgenres.cli.output.fitted_table import FittedTable
from microgenres.cli.output.tables import headed, plain_table
from pipeline.settings import ENV_PREFIX, Settings, load_settings, profiles

__all__ = ["profile_rows", "setting_rows", "settings_tables"]

_BOUNDS = {"ge": ">= {}", "gt": "> {}", "le": "<= {}", "lt": "< {}"}


def setting_rows(profile: str = "default", file: Path | None = None) -> list[dict[str, Any]]:
    """Return one row per setting.

    Parameters
    ----------
    profile : str
        Name of a profile.
    file : Path, optional
        A TOML file of settings.

    Returns
    -------
    list of dict
        `name`, `type`, `default`, `value` (in a run), `description`, `variable` (of the
        environment), `section`, `section_description`.

    Raises
    ------
    SettingsError
        If the profile is unknown, or the file or the environment has a wrong value.
    """
    loaded = load_settings(profile=profile, file=file)
    rows: list[dict[str, Any]] = []
    for name, field in Settings.model_fields.items():
        value = getattr(loaded, name)
        if isinstance(value, BaseModel):
            about = (type(value).__doc__ or "").strip()
            for setting, inner in type(value).model_fields.items():
                rows.append(_row(name, about, f"{name}.{setting}", inner, getattr(value, setting)))
        else:
            rows.append(_row("", "Of the whole run.", name, field, value))
    return rows


def settings_tables(rows: list[dict[str, Any]]) -> list[Group]:
    """Return a table per section, under its title; a value that is not the default is marked."""
    tables: dict[str, FittedTable] = {}
    titles: dict[str, str] = {}
    for row in rows:
        section = row["section"]
        if section not in tables:
            description = row["section_description"]
            titles[section] = f"{section}: {description}" if section else description
            tables[section] = table = plain_table()
            table.add_column("Setting")
            table.add_column("Value")
            table.add_column("What it does, and its type")
        value = text(_shown(row["value"]))
        if row["value"] != row["default"]:
            value.stylize("bold")
            value.append_text(text(f" (default {_shown(row['default'])})", "dim"))
        about = Text(" ").join([text(row["description"]), text(f"[{row['type']}]", "dim")])
        tables[section].add_row(text(row["name"]), value, about)
    return [headed(titles[section], table) for section, table in tables.items()]


def profile_rows() -> list[dict[str, str]]:
    """Return `name` and `description` of each profile; its file begins with the description."""
    rows = []
    for name in profiles():
        toml = files("config").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        comments = takewhile(lambda line: line.startswith("#"), toml.splitlines())
        description = " ".join(line.lstrip("# ").strip() for line in comments)
        rows.append({"name": name, "description": description})
    return rows


def _row(section: str, about: str, name: str, field: FieldInfo, value: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": _type(field),
        "default": field.get_default(call_default_factory=True),
        "value": str(value) if isinstance(value, SecretStr) else value,  # stars
        "description": field.description or "",
        "variable": ENV_PREFIX + name.upper().replace(".", "__"),
        "section": section,
        "section_description": about,
    }


def _type(field: FieldInfo) -> str:
    return ", ".join([_named(field.annotation), *_bounds(field.metadata)])


def _bounds(metadata: Iterable[Any]) -> list[str]:
    return [
        template.format(getattr(item, bound))
        for item in metadata
        for bound, template in _BOUNDS.items()
        if getattr(item, bound, None) is not None
    ]


def _named(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        base, *metadata = get_args(kind)
        limits = [limit for item in metadata for limit in getattr(item, "metadata", ())]
        return " ".join([_named(base), *_bounds(limits)])
    if origin is Literal:
        return " | ".join(str(value) for value in get_args(kind))
    if origin in (Union, UnionType):
        return " | ".join(_named(part) for part in get_args(kind))
    if kind in (NoneType, None):
        return "none"
    return str(kind) if origin else str(kind.__name__)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return "empty" if value in ("", {}, []) else str(value)
