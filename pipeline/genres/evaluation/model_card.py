"""The model card: what the models learnt from, how good they are, where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["card"]


def card(found: Mapping[str, Any], registry: Mapping[str, Any]) -> str:
    """Markdown; `found` is of `evaluate.evaluate`."""
    counts = found["films"]
    lines = [
        "# Genre models",
        "",
        f"Predict which of {len(found['genres'])} genres a film has from its title, its "
        "description, or both. A film may have several genres; each is given at least one.",
        "",
        "## What they learnt from",
        "",
        f"{counts['train']:,} films, with {counts['validation']:,} more for calibration and "
        f"thresholds. {counts['test']:,} films were held out from all of it, stratified over "
        "genres, near-duplicates on one side. Labels are those of the catalogue, written by its "
        "users: they are neither complete nor consistent.",
        "",
        "## How good they are",
        "",
    ]
    for inputs, compared in found["inputs"].items():
        lines += [
            f"From {inputs}:",
            "",
            "| model | Jaccard | 95 % | F1 | micro | macro | Hamming | one hit |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, row in compared["models"].items():
            low, high = row["intervals"]["jaccard"]
            lines.append(
                f"| {name} | {row['jaccard']:.3f} | {low:.3f} to {high:.3f} "
                f"| {row['f1']['samples']:.3f} | {row['f1']['micro']:.3f} "
                f"| {row['f1']['macro']:.3f} | {row['hamming']:.4f} | {row['at_least_one']:.3f} |"
            )
        best, row = next(iter(compared["models"].items()))
        weakest = sorted(row["genres"], key=lambda g: (g["f1"], g["genre"]))[:4]
        told = ", ".join(f"{g['genre']} ({g['f1']:.2f}, {g['support']} films)" for g in weakest)
        lines += ["", f"Weakest genres of {best}, by F1: {told}.", ""]
    served = ", ".join(
        f"{name} from {' and from '.join(sorted(folders))}"
        for name, folders in registry["serving"].items()
    )
    lines += [
        "## Limits",
        "",
        "- A description in another language than most of those learnt from is guessed at.",
        "- Probabilities are calibrated on average over films, not for a kind of film.",
        "- Precision is traded for recall as `genres.tuned_for` asks: classifier chains by tuned "
        "thresholds, all others by the set of genres of which most is to be expected.",
        "- A genre is what a catalogue's users call so; the models repeat their habits.",
        "",
        "## What answers at the API",
        "",
        f"{served or 'Nothing yet'}.",
        "",
    ]
    return "\n".join(lines)
