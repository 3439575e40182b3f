"""Figures of the embedding stage for the report."""

from __future__ import annotations

from typing import Any

from pipeline.embedding.weights import ModelIdentity

__all__ = ["encoding_figures"]


def encoding_figures(
    model: ModelIdentity, films: int, unique_texts: int, seconds: float | None
) -> dict[str, Any]:
    """Return which model encoded how many texts, and how fast.

    Parameters
    ----------
    model : ModelIdentity
        The model of the run.
    films : int
        Number of films.
    unique_texts : int
        Number of distinct texts.
    seconds : float, optional
        Time to encode them, without the time to load the model; None if not all texts were
        encoded in this run, which says nothing about the speed.

    Returns
    -------
    dict of str to Any
        model, revision, device, dtype, films, unique_texts, seconds and texts_per_second; the last
        two are None without `seconds`.
    """
    return {
        "model": model.name,
        "revision": model.revision,
        "device": model.device,
        "dtype": model.dtype,
        "films": films,
        "unique_texts": unique_texts,
        "seconds": round(seconds, 3) if seconds else None,
        "texts_per_second": round(unique_texts / seconds, 2) if seconds else None,
    }
