"""The stage `ask-namer`: a language model suggests names for some micro-genres.

It differs from other stages in one way: its result depends on a server. What the server is sent is
part of the fingerprint; how long to wait for it is not, and neither is the key.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pipeline.label.namer.answers import names_in_answer
from pipeline.label.namer.chat_client import ChatClient, NoAnswerError
from pipeline.label.namer.prompts import PROMPT_VERSION, chat_messages
from pipeline.schemas.stage import stage
from pipeline.settings.namer_address import NamerAddress

__all__ = ["NAMER_OUTCOMES", "NAMER_SUGGESTIONS", "NO_NAME", "NamerRequest", "ask_namer"]

# Names by cluster, the best first.
NAMER_SUGGESTIONS = pa.schema(
    [("cluster", pa.int32()), ("rank", pa.int32()), ("name", pa.string())]
)
# One row per micro-genre. `answered`: the model has written a text, so a later run does not request
# it again. `reason`: why there is no name, or "".
NAMER_OUTCOMES = pa.schema(
    [("cluster", pa.int32()), ("answered", pa.bool_()), ("reason", pa.string())]
)
NO_NAME = "no usable name in the answer"


class NamerRequest(BaseModel):
    """What is requested from the namer, and within which limits.

    Excluded fields are limits and the key: they are no part of the fingerprint of a piece.

    Attributes
    ----------
    url, model : str
        The server and its model.
    language : str
        ISO 639 code of the language of the names.
    names : int
        Most names per micro-genre.
    prompt_version : int
        Version of the text that is sent.
    key : SecretStr or None
        Key of the server.
    connections : int
        Most requests at the same time.
    request_seconds : float
        Longest wait for one response.
    seconds : float
        Longest time for all requests of a piece.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    model: str
    language: str = "en"
    names: int = Field(5, ge=1)
    prompt_version: int = PROMPT_VERSION
    key: SecretStr | None = Field(None, exclude=True)
    connections: int = Field(4, ge=1, exclude=True)
    request_seconds: float = Field(120.0, exclude=True)
    seconds: float = Field(1_800.0, exclude=True)


@stage("ask-namer", inputs=("prompts",), outputs=("suggestions", "outcomes"))
def ask_namer(prompts: pa.Table, settings: NamerRequest) -> dict[str, pa.Table]:
    """Request names for some micro-genres; what the server does wrong is a reason, not an error.

    Parameters
    ----------
    prompts : pa.Table
        NAMER_PROMPTS.
    settings : NamerRequest
        What to request, and the limits.

    Returns
    -------
    dict of str to pa.Table
        `suggestions`: NAMER_SUGGESTIONS, at most `names` per micro-genre. `outcomes`:
        NAMER_OUTCOMES, one row per row of `prompts`.
    """
    rows = prompts.to_pylist()
    suggested: list[dict[str, object]] = []
    outcomes: list[dict[str, object]] = []
    for row, answer in zip(rows, asyncio.run(_answers(rows, settings)), strict=True):
        cluster, names = row["cluster"], []
        if isinstance(answer, str):
            names = names_in_answer(
                answer,
                count=settings.names,
                language=settings.language,
                persons=_texts(row, "persons"),
                titles=_texts(row, "titles"),
                words=[
                    text for name in ("subjects", "genres", "facets") for text in _texts(row, name)
                ],
            )
        suggested += [
            {"cluster": cluster, "rank": rank, "name": name} for rank, name in enumerate(names)
        ]
        reason = "" if names else NO_NAME if isinstance(answer, str) else str(answer)
        outcomes.append({"cluster": cluster, "answered": isinstance(answer, str), "reason": reason})
    return {
        "suggestions": pa.Table.from_pylist(suggested, NAMER_SUGGESTIONS),
        "outcomes": pa.Table.from_pylist(outcomes, NAMER_OUTCOMES),
    }


async def _answers(rows: list[dict[str, Any]], settings: NamerRequest) -> list[str | NoAnswerError]:
    """Return the text of the model for each row, or why there is none, in the order of the rows."""
    free = asyncio.Semaphore(settings.connections)

    async def answer(client: ChatClient, row: dict[str, Any]) -> str | NoAnswerError:
        async with free:
            try:
                return await client.complete(chat_messages(row, settings.language, settings.names))
            except NoAnswerError as error:
                return error

    async with ChatClient(
        NamerAddress(settings.url, settings.model),
        settings.key,
        request_seconds=settings.request_seconds,
        connections=settings.connections,
        deadline=time.monotonic() + settings.seconds,
    ) as client:
        return list(await asyncio.gather(*(answer(client, row) for row in rows)))


def _texts(row: dict[str, Any], name: str) -> list[str]:
    return [text for text in row.get(name) or () if text]
