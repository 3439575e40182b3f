"""Genres: the genres that trained models predict for a title or a description, with reasons."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import ModelError
from serve.catalogue.filters import clean_query
from serve.explorer.optional_pages import content_of
from serve.explorer.query import WrongValueError
from serve.explorer.rendering import render

__all__ = ["routes"]

MAX_TITLE, MAX_OVERVIEW = 500, 5_000  # characters
LABELS = {
    "transformation": "classifier chains",
    "adaptation": "nearest films (ML-KNN)",
    "transformer": "fine-tuned transformer",
    "blend": "several models combined",
    "blend-transformer": "several models combined, with the transformer",
}


def show_genres(request: Request) -> Response:
    """Return the form, and the prediction if the address has a text."""
    content = content_of(request)
    predictor = content.predictor()
    query = request.query_params
    title = clean_query(query.get("title", ""))[:MAX_TITLE]
    overview = clean_query(query.get("overview", ""))[:MAX_OVERVIEW]
    values: dict[str, Any] = {
        "title": f"Genres of {title}" if title else "Genres",
        "page": "genres",
        "film_title": title,
        "overview": overview,
        "limits": (MAX_TITLE, MAX_OVERVIEW),
        "models": [],
        "prediction": None,
        "problem": None,
        "asked": bool(set(query) & {"title", "overview"}),
        "command": "microgenres genres train --source sample --out OUT",
    }
    if predictor is not None:
        names = predictor.names
        model = query.get("model") or names[0]
        if model not in names:
            raise WrongValueError(f'"model" is one of: {", ".join(names)}')
        values |= {"models": [(name, LABELS.get(name, name)) for name in names], "model": model}
        if title or overview:
            try:
                (values["prediction"],) = predictor.predict(model, [(title, overview)], why=True)
            except ModelError as error:
                values["problem"] = str(error)
    return render(request, "genres.html", values)


routes = [Route("/genres", show_genres)]
