"""Ask the server of the namer once, before a run, whether it is there and has the model."""

from __future__ import annotations

import asyncio
import os
import time

from pipeline.label.namer.chat_client import ChatClient, NoAnswerError
from pipeline.label.namer.credentials import VARIABLE, namer_key
from pipeline.settings.namer_address import NamerAddress, parse_namer

__all__ = ["namer_warning"]

_SECONDS = 5.0  # for the list of models, which a server has at once
_LISTED = 5  # names of models in the warning


def namer_warning(namer: str, seconds: float = _SECONDS) -> str | None:
    """Return what is wrong with the server of `label.namer` in one line; None if nothing is.

    Parameters
    ----------
    namer : str
        The value of `label.namer`.
    seconds : float
        Longest wait for the server.
    """
    address = parse_namer(namer)
    if address is None:
        return None
    unsent = os.environ.get(VARIABLE, "").strip() and namer_key(os.environ, address) is None
    if unsent:
        return (
            f"{VARIABLE} is not sent to {address.url}: the address must be https or on this "
            "machine, and a key has only printable ASCII characters"
        )
    try:
        models = asyncio.run(_models(address, seconds))
    except NoAnswerError as error:
        return (
            f"the namer at {address.url} returns no list of models ({error}); start it or correct "
            "label.namer, or names are chosen without it"
        )
    if models and not {address.model, f"{address.model}:latest"} & set(models):
        shown = ", ".join(models[:_LISTED]) + (", ..." if len(models) > _LISTED else "")
        return f"the namer at {address.url} does not list the model {address.model}: {shown}"
    return None


async def _models(address: NamerAddress, seconds: float) -> list[str]:
    async with ChatClient(
        address,
        namer_key(os.environ, address),
        request_seconds=seconds,
        connections=1,
        deadline=time.monotonic() + seconds,
    ) as client:
        return await client.models()
