"""`/v1/map`: the places of all films on the map, as a stream of Arrow IPC."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from collections.abc import Iterator
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.responses import StreamingResponse

from pipeline.settings import ServeSettings
from serve.api.dependencies import Current
from serve.api.routes.v1.parameters import (
    FieldParameters,
    FilmFilters,
    limited,
    parameters_of,
    resolve_filters,
)
from serve.api.routes.v1.selection import chosen_fields

__all__ = ["ARROW_STREAM", "COLUMNS", "MapParameters", "add_map"]

ARROW_STREAM = "application/vnd.apache.arrow.stream"
COLUMNS = [
    "movie_id",
    "title",
    "year",
    "cluster",
    "micro_genre_id",
    "family",
    "genres",
    "language",
    "vote_average",
    "vote_count",
    "weak",
    "x",
    "y",
]
_USUAL = ["movie_id", "title", "year", "cluster", "micro_genre_id", "x", "y"]
_ROWS = 16_384  # of a record batch


class MapParameters(FilmFilters, FieldParameters):
    """The selection to return, and its columns."""

    words: str | None = Field(
        None, description="Words that the films have, as in /v1/films.", examples=["captain"]
    )
    fields: str | None = Field(
        None,
        max_length=1_000,
        description=f"Columns, with commas: some of {', '.join(COLUMNS)}. "
        f"By default {', '.join(_USUAL)}.",
        examples=["movie_id,x,y"],
    )


def add_map(router: APIRouter, settings: ServeSettings) -> None:
    """Add this route, with the limits of `settings`."""
    map_parameters = Depends(parameters_of(limited(MapParameters, settings)))

    @router.get(
        "/map",
        tags=["figures"],
        name="film_map",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "A stream of Arrow IPC, one row per film. Its schema has the "
                "metadata `release_id` and `total`.",
                "content": {ARROW_STREAM: {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    def film_map(
        snapshot: Current, query: Annotated[MapParameters, map_parameters]
    ) -> StreamingResponse:
        """Return the places of all films of a selection on the map, in the order of the release.

        A film without a place has null for x and y.
        """
        columns = chosen_fields(query.fields, COLUMNS) or _USUAL
        table = snapshot.catalogue.films_table(columns, resolve_filters(snapshot, query))
        about = {"release_id": snapshot.id, "total": str(len(table))}
        return StreamingResponse(
            stream_table(table.replace_schema_metadata(about)),
            media_type=ARROW_STREAM,
            headers={"X-Total-Count": about["total"]},
        )


def stream_table(table: pa.Table) -> Iterator[bytes]:
    """Yield a table as a stream of Arrow IPC, one piece per record batch."""
    out = pa.BufferOutputStream()
    for batch in (None, *table.to_batches(max_chunksize=_ROWS)):
        if batch is None:
            writer = pa.ipc.new_stream(out, table.schema)
        else:
            writer.write_batch(batch)
            yield out.getvalue().to_pybytes()
