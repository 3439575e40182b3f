"""The key of the namer, from the environment only."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from pipeline.settings.namer_address import NamerAddress

__all__ = ["VARIABLE", "namer_key"]

# Its name ends in KEY, so `observability.redaction` removes its value from logs.
VARIABLE = "NAMER_API_KEY"


def namer_key(environment: Mapping[str, str], address: NamerAddress) -> SecretStr | None:
    """Return the key to send to a server, or None.

    A key is sent over HTTPS or to this machine only, and not if it holds characters that no key
    has.

    Parameters
    ----------
    environment : Mapping of str to str
        The environment variables.
    address : NamerAddress
        Where the key would be sent.

    Examples
    --------
    >>> away = NamerAddress("http://films.example/v1", "m")
    >>> namer_key({"NAMER_API_KEY": "abc"}, away) is None
    True
    >>> namer_key({"NAMER_API_KEY": "abc"}, NamerAddress("https://films.example/v1", "m"))
    SecretStr('**********')
    """
    value = environment.get(VARIABLE, "").strip()
    fit = value.isascii() and value.isprintable() and " " not in value
    return SecretStr(value) if value and fit and address.may_have_key else None
