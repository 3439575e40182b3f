"""Print genre models, their figures and predictions: tables or one JSON object."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microgenres.cli.console import standard_output, text
from microgenres.cli.output.tables import headed, number, plain_table, to_json
from pipeline.genres.models.classifier import MODELS
from pipeline.genres.serving.predictor import Prediction
from pipeline.genres.training.documents import Registry
from pipeline.genres.training.registry import FOLDER, REGISTRY, read_registry

__all__ = ["show_evaluation", "show_models", "show_predicted", "show_registry"]


def show_registry(registry: Registry, *, as_json: bool) -> None:
    """Print the models of a registry with their main figures."""
    if as_json:
        to_json(registry.to_json(), sys.stdout)
        return
    table = plain_table()
    for name in ("model", "from", "fold"):
        table.add_column(name)
    for name in ("Jaccard", "F1", "micro", "macro", "one", "seconds"):
        table.add_column(name, justify="right")
    for row in registry.models:
        figures = row.figures
        table.add_row(
            text(row.name),
            row.inputs,
            number(row.fold),
            f"{figures['jaccard']:.3f}",
            f"{figures['f1']['samples']:.3f}",
            f"{figures['f1']['micro']:.3f}",
            f"{figures['f1']['macro']:.3f}",
            f"{figures['at_least_one']:.3f}",
            number(row.seconds),
        )
    standard_output().print(headed("Genre models", table))


def show_models(out: Path, *, as_json: bool) -> None:
    """Print every model that can be trained, and those that are trained."""
    there = (out / FOLDER / REGISTRY).is_file()
    registry = read_registry(out / FOLDER) if there else None
    if as_json:
        known = {name: vars(model) for name, model in MODELS.items()}
        trained = None if registry is None else registry.to_json()
        to_json({"models": known, "trained": trained}, sys.stdout)
        return
    table = plain_table()
    for name in ("model", "family", "what it is"):
        table.add_column(name)
    for name, model in MODELS.items():
        if model.members:
            about = " + ".join(model.members)
        elif model.loss:
            about = f"fine-tuned, loss {model.loss}"
        else:
            about = f"{model.estimator} on {model.representation}"
        table.add_row(name, model.family, about)
    standard_output().print(headed("What can be trained", table))
    if registry is not None:
        show_registry(registry, as_json=False)


def show_evaluation(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the comparison of models, one table for each input."""
    if as_json:
        to_json(found, sys.stdout)
        return
    console = standard_output()
    counts = found["films"]
    console.print(
        text(
            f"{counts['test']:,} held-out films, {len(found['genres'])} genres; learnt from "
            f"{counts['train']:,}, tuned on {counts['validation']:,}"
        )
    )
    for inputs, compared in found["inputs"].items():
        table = plain_table()
        table.add_column("model")
        for name in ("Jaccard", "95 %", "F1", "micro", "macro", "Hamming", "exact", "one", "two"):
            table.add_column(name, justify="right")
        for name, row in compared["models"].items():
            low, high = row["intervals"]["jaccard"]
            figures = (
                row["f1"]["samples"],
                row["f1"]["micro"],
                row["f1"]["macro"],
                row["hamming"],
                row["exact_match"],
                row["at_least_one"],
                row["at_least_two"],
            )
            table.add_row(
                text(name),
                f"{row['jaccard']:.3f}",
                f"{low:.3f}-{high:.3f}",
                *("-" if value is None else f"{value:.3f}" for value in figures),
            )
        console.print(headed(f"From {inputs}", table))


def show_predicted(rows: Sequence[Prediction], *, as_json: bool) -> None:
    """Print films with their predicted genres."""
    if as_json:
        to_json({"films": rows}, sys.stdout)
        return
    table = plain_table(lines=True)
    table.add_column("film")
    table.add_column("genres")
    for row in rows:
        genres_text = ", ".join(f"{g} {row['confidence'][g]:.2f}" for g in row["predicted_genres"])
        table.add_row(text(row["title"] or row["overview"][:60]), text(genres_text))
    standard_output().print(headed("Genres", table))
