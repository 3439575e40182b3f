"""The evaluation of all models as an HTML page: tables and heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from pipeline.genres.evaluation.evaluate import Evaluation, FoldFigures, ModelReport
from pipeline.genres.evaluation.html import HeatMap, render
from pipeline.genres.serving.explain import Reason

__all__ = ["Example", "map_pairs", "render_report"]

_RARE = 0.5  # the half of the genres with fewer films has a heat map of its own


class Example(TypedDict):
    """A held-out film with its true and predicted genres, and why they were predicted."""

    title: str
    true: list[str]
    predicted: list[str]
    reasons: dict[str, list[Reason]]


def render_report(evaluation: Evaluation, examples: Sequence[Example] = ()) -> str:
    """Return the evaluation as one HTML document; the same input gives the same text.

    Parameters
    ----------
    evaluation : Evaluation
        Result of `evaluate.evaluate`.
    examples : sequence of Example
        Held-out films to show.

    Returns
    -------
    str
        HTML.
    """
    return render(
        "report.html.j2",
        films=evaluation["films"],
        genres=evaluation["genres"],
        inputs=[
            _inputs(name, compared["models"], evaluation)
            for name, compared in evaluation["inputs"].items()
        ],
        together=map_pairs(evaluation["labels"], evaluation["genres"]),
        folds=[_fold_row(row) for row in evaluation["folds"]],
        examples=[_example_row(film) for film in examples],
    )


def map_pairs(counts: Sequence[Sequence[int]], genres: Sequence[str]) -> HeatMap:
    """Return the counts of `metrics.count_pairs` as shares of the films of each row's genre."""
    whole = np.asarray(counts, np.float64).reshape(2 * (len(genres),))
    share = whole / np.maximum(np.diag(whole)[:, None], 1)
    caption = "Share of the films of a genre (row) that also have the other genre (column)"
    return HeatMap(caption, genres, genres, share.tolist())


def _inputs(name: str, models: Mapping[str, ModelReport], evaluation: Evaluation) -> dict[str, Any]:
    """Return the template's values for the models that read the same inputs."""
    best, report = next(iter(models.items()))
    return {
        "name": _describe(name),
        "models": [_model_row(name, model) for name, model in models.items()],
        "advantages": [
            _advantage_row(name, model)
            for name, model in models.items()
            if "ahead_of_baseline" in model
        ],
        "genre_maps": _map_genres(models, evaluation),
        "best": best,
        "lengths": [
            (
                f"{row['from_words']} to {row['to_words']}"
                if row["to_words"]
                else f"{row['from_words']} or more",
                f"{row['films']:,}",
                f"{row['jaccard']:.3f}",
                f"{row['f1']:.3f}",
            )
            for row in report["lengths"]
        ],
        "calibration": report["calibration"],
        "bins": [
            (f"{row['predicted']:.2f}", f"{row['true']:.2f}", f"{row['pairs']:,}")
            for row in report["calibration"]["bins"]
            if row["pairs"]
        ],
        "confusion": _map_confusion(report["confusion"], evaluation["genres"]),
    }


def _describe(inputs: str) -> str:
    return {"both": "title and description"}.get(inputs, f"the {inputs} alone")


def _model_row(name: str, model: ModelReport) -> tuple[str, ...]:
    low, high = model["intervals"]["jaccard"]
    two = model["at_least_two"]
    f1 = model["f1"]
    return (
        name,
        f"{model['jaccard']:.3f} ({low:.3f} to {high:.3f})",
        f"{f1['samples']:.3f}",
        f"{f1['micro']:.3f}",
        f"{f1['macro']:.3f}",
        f"{model['precision']['micro']:.3f}",
        f"{model['recall']['micro']:.3f}",
        f"{model['hamming']:.4f}",
        f"{model['exact_match']:.3f}",
        f"{model['at_least_one']:.3f}",
        "none" if two is None else f"{two:.3f}",
    )


def _advantage_row(name: str, model: ModelReport) -> tuple[str, ...]:
    ahead = model["ahead_of_baseline"]
    low, high = ahead["interval"]
    return name, f"{ahead['jaccard']:+.3f}", f"{low:+.3f} to {high:+.3f}"


def _map_genres(models: Mapping[str, ModelReport], evaluation: Evaluation) -> list[HeatMap]:
    """Return F1 by genre and model: a heat map of frequent genres and one of rare genres."""
    support = evaluation["support"]
    order = sorted(evaluation["genres"], key=lambda name: (-support[name], name))
    half = max(1, round(len(order) * _RARE))
    f1 = {
        name: {row["genre"]: row["f1"] for row in model["genres"]} for name, model in models.items()
    }
    return [
        HeatMap(
            caption,
            [f"{genre} ({support[genre]:,})" for genre in genres],
            list(models),
            [[f1[name][genre] for name in models] for genre in genres],
        )
        for caption, genres in (
            ("F1: many films", order[:half]),
            ("F1: few films", order[half:]),
        )
        if genres
    ]


def _map_confusion(counts: Sequence[Sequence[int]], genres: Sequence[str]) -> HeatMap:
    whole = np.asarray(counts, np.float64).reshape(2 * (len(genres),))
    share = whole / np.maximum(np.asarray(whole).max(1, keepdims=True), 1)
    caption = (
        "Films of a genre (row) that are predicted to have the other genre (column), relative to "
        "the row's most frequent prediction"
    )
    return HeatMap(caption, genres, genres, share.tolist())


def _fold_row(row: FoldFigures) -> tuple[str, ...]:
    return (
        row["name"],
        _describe(row["inputs"]),
        str(row["folds"]),
        f"{row['jaccard']:.3f} ± {row['jaccard_spread']:.3f}",
        f"{row['f1']:.3f} ± {row['f1_spread']:.3f}",
    )


def _example_row(film: Example) -> tuple[str, ...]:
    words = "; ".join(
        f"{genre}: {', '.join(reason['word'] for reason in reasons) or 'no single word'}"
        for genre, reasons in film["reasons"].items()
    )
    title = film["title"] or "untitled"
    return title, ", ".join(film["true"]), ", ".join(film["predicted"]), words
