"""Reads the words that are data: the TOML files of `config/lexicon/`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

__all__ = ["read_lexicon"]


def read_lexicon(name: str) -> dict[str, Any]:
    """Return the tables of a file of `config/lexicon/`.

    Parameters
    ----------
    name : str
        Name of the file without its ending, such as "genres".

    Examples
    --------
    >>> read_lexicon("genres")["nouns"]["War"]
    'War Film'
    """
    text = files("config").joinpath(f"lexicon/{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
