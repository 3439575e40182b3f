"""The model card: what the models learnt from, how good they are, where they fail."""

from __future__ import annotations

from pipeline.genres.evaluation.evaluate import Evaluation
from pipeline.genres.training.documents import Registry

__all__ = ["render_model_card"]


def render_model_card(evaluation: Evaluation, registry: Registry) -> str:
    """Return the model card of all evaluated models as Markdown."""
    counts = evaluation["films"]
    lines = [
        "# Genre models",
        "",
        f"Predict which of {len(evaluation['genres'])} genres a film has from its title, its "
        "description, or both. A film may have several genres; each film gets at least one.",
        "",
        "## Training data",
        "",
        f"The models learnt from {counts['train']:,} films; {counts['validation']:,} more served "
        f"calibration and thresholds. {counts['test']:,} films were held out from all training. "
        "The split is stratified over genres, and near-duplicates are in the same part. The labels "
        "come from the users of the catalogue, so they are neither complete nor consistent.",
        "",
        "## Results",
        "",
    ]
    for inputs, compared in evaluation["inputs"].items():
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
        listed = ", ".join(f"{g['genre']} ({g['f1']:.2f}, {g['support']} films)" for g in weakest)
        lines += ["", f"Weakest genres of {best}, by F1: {listed}.", ""]
    served = ", ".join(
        f"{name} from {' and from '.join(sorted(folders))}"
        for name, folders in registry.serving.items()
    )
    lines += [
        "## Limits",
        "",
        "- Predictions are unreliable for descriptions in languages that are rare in the training "
        "data.",
        "- Probabilities are calibrated on average over all films, not for each kind of film.",
        "- `genres.tuned_for` decides how precision is traded for recall: classifier chains use "
        "tuned thresholds, all other models choose the set of genres with the greatest expected "
        "value.",
        "- Users of a catalogue decide what belongs to a genre; the models repeat their habits.",
        "",
        "## Models that the API serves",
        "",
        f"{served or 'None yet'}.",
        "",
    ]
    return "\n".join(lines)
