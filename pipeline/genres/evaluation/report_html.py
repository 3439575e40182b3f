"""The evaluation as one HTML page without scripts or other files: tables and heat maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from pipeline.report.formatting import text
from pipeline.report.html import rows_table

__all__ = ["document", "heat", "heat_together", "render", "section"]

_STYLE = """
.heat{border-collapse:collapse;font-size:.8rem}
.heat th{font-weight:400;text-align:left;padding:.15rem .35rem;white-space:nowrap}
.heat thead th{writing-mode:vertical-rl;transform:rotate(180deg)}
.heat td{min-width:2.4rem;text-align:center;padding:.15rem .25rem;
background:color-mix(in srgb,var(--accent) calc(var(--v)*62%),transparent)}
.wide{overflow-x:auto}
"""
_RARE = 0.5  # the half of the genres with fewer films is the low-support one


def render(found: Mapping[str, Any], examples: Sequence[Mapping[str, Any]] = ()) -> str:
    """The whole page; the same input gives the same text.

    Parameters
    ----------
    found : of `evaluate.evaluate`. examples : held-out films with `title`, `true`, `told` and
        `reasons` (of `reasons.reasons`).
    """
    counts = found["films"]
    parts = [
        f"<p class='lead'>{counts['test']:,} films were held out from every model; "
        f"{counts['train']:,} were learnt from, {counts['validation']:,} served calibration and "
        f"thresholds. {len(found['genres'])} genres.</p>"
    ]
    for inputs, compared in found["inputs"].items():
        models = compared["models"]
        parts.append(section(f"From {_spoken(inputs)}", _models(models), _leads(models)))
        parts.append(section(f"Genres, from {_spoken(inputs)}", *_genres(models, found)))
        best, row = next(iter(models.items()))
        parts.append(
            section(
                f"The best from {_spoken(inputs)}: {best}",
                _lengths(row),
                _calibration(row),
                _confusion(row["confusion"], found["genres"]),
            )
        )
    parts.append(
        section("Genres that come together", heat_together(found["labels"], found["genres"]))
    )
    if found["folds"]:
        parts.append(section("Cross-validation", _folds(found["folds"])))
    if examples:
        parts.append(section("Words that drove predictions", _examples(examples)))
    return document("Genres: how well models predict them", parts)


def document(title: str, parts: Sequence[str]) -> str:
    """A whole page of parts that are HTML already."""
    css = files("pipeline.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
        f"<title>{text(title)}</title><style>{css}{_STYLE}</style></head>"
        f"<body><header class='masthead'><h1>{text(title)}</h1></header>"
        f"<main id='main'>{''.join(parts)}</main></body></html>\n"
    )


def section(title: str, *blocks: str) -> str:
    """A section of blocks that are HTML already."""
    return f"<section><h2>{text(title)}</h2>{''.join(blocks)}</section>"


def _spoken(inputs: str) -> str:
    return {"both": "title and description"}.get(inputs, f"the {inputs} alone")


def _models(models: Mapping[str, Any]) -> str:
    rows = []
    for name, row in models.items():
        low, high = row["intervals"]["jaccard"]
        two = row["at_least_two"]
        rows.append(
            [
                name,
                f"{row['jaccard']:.3f} ({low:.3f} to {high:.3f})",
                *(f"{row['f1'][average]:.3f}" for average in ("samples", "micro", "macro")),
                f"{row['precision']['micro']:.3f}",
                f"{row['recall']['micro']:.3f}",
                f"{row['hamming']:.4f}",
                f"{row['exact_match']:.3f}",
                f"{row['at_least_one']:.3f}",
                "none" if two is None else f"{two:.3f}",
            ]
        )
    heads = (
        "Model",
        "Jaccard (95 %)",
        "F1",
        "micro F1",
        "macro F1",
        "precision",
        "recall",
        "Hamming",
        "exact",
        "one hit",
        "two hits",
    )
    return f"<div class='wide'>{rows_table('Models, best first', heads, rows)}</div>"


def _leads(models: Mapping[str, Any]) -> str:
    rows = [
        [
            name,
            f"{row['ahead_of_baseline']['jaccard']:+.3f}",
            "{:+.3f} to {:+.3f}".format(*row["ahead_of_baseline"]["interval"]),
        ]
        for name, row in models.items()
        if "ahead_of_baseline" in row
    ]
    if not rows:
        return ""
    heads = ("Model", "Jaccard ahead", "95 %")
    return rows_table("Ahead of logistic regression on TF-IDF, on the same films", heads, rows)


def _genres(models: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, str]:
    """F1 by genre and model, one heat map for often seen genres and one for rare ones."""
    order = sorted(found["genres"], key=lambda name: (-found["support"][name], name))
    half = max(1, round(len(order) * _RARE))
    maps = []
    for caption, names in (("Many films", order[:half]), ("Few films", order[half:])):
        values = [
            [next(g["f1"] for g in row["genres"] if g["genre"] == name) for row in models.values()]
            for name in names
        ]
        heads = [f"{name} ({found['support'][name]:,})" for name in names]
        if names:
            maps.append(heat(f"F1: {caption.lower()}", heads, list(models), values))
    return maps[0], maps[1] if len(maps) > 1 else ""


def _lengths(row: Mapping[str, Any]) -> str:
    rows = [
        [
            f"{r['from_words']} to {r['to_words']}" if r["to_words"] else f"{r['from_words']} on",
            f"{r['films']:,}",
            f"{r['jaccard']:.3f}",
            f"{r['f1']:.3f}",
        ]
        for r in row["lengths"]
    ]
    return rows_table("By the length of the description", ("Words", "films", "Jaccard", "F1"), rows)


def _calibration(row: Mapping[str, Any]) -> str:
    known = row["calibration"]
    rows = [
        [f"{b['told']:.2f}", f"{b['true']:.2f}", f"{b['pairs']:,}"]
        for b in known["bins"]
        if b["pairs"]
    ]
    caption = f"Probabilities: Brier score {known['brier']:.3f}, error {known['error']:.3f}"
    return rows_table(caption, ("told", "came true", "films and genres"), rows)


def _confusion(counts: Sequence[Sequence[int]], genres: Sequence[str]) -> str:
    whole = np.asarray(counts, np.float64).reshape(2 * (len(genres),))
    share = whole / np.maximum(np.asarray(whole).max(1, keepdims=True), 1)
    return heat(
        "Of the films of a genre (row), how many are told the other (column), beside the most told",
        genres,
        genres,
        share.tolist(),
    )


def heat_together(counts: Sequence[Sequence[int]], genres: Sequence[str]) -> str:
    """A heat map of the counts of `measure.together`, as shares of each row's genre."""
    whole = np.asarray(counts, np.float64).reshape(2 * (len(genres),))
    share = whole / np.maximum(np.diag(whole)[:, None], 1)
    return heat(
        "Share of the films of a genre (row) that have the other too (column)",
        genres,
        genres,
        share.tolist(),
    )


def heat(
    caption: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]]
) -> str:
    """A heat map as a table of shares, 0 to 1, one row for each of `rows`."""
    heads = "".join(f"<th scope='col'>{text(name)}</th>" for name in columns)
    body = "".join(
        f"<tr><th scope='row'>{text(name)}</th>"
        + "".join(f"<td style='--v:{value:.2f}'>{value:.2f}</td>" for value in own)
        + "</tr>"
        for name, own in zip(rows, values, strict=True)
    )
    return (
        f"<div class='wide'><table class='heat'><caption>{text(caption)}</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _folds(folds: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            row["name"],
            _spoken(row["inputs"]),
            str(row["folds"]),
            f"{row['jaccard']:.3f} ± {row['jaccard_spread']:.3f}",
            f"{row['f1']:.3f} ± {row['f1_spread']:.3f}",
        ]
        for row in folds
    ]
    heads = ("Model", "from", "folds", "Jaccard", "F1")
    return rows_table("Mean and spread over the folds", heads, rows)


def _examples(examples: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for film in examples:
        words = "; ".join(
            f"{genre}: {', '.join(reason['word'] for reason in found) or 'no single word'}"
            for genre, found in film["reasons"].items()
        )
        rows.append([film["title"], ", ".join(film["true"]), ", ".join(film["told"]), words])
    return rows_table("Some held-out films", ("Film", "true", "told", "words"), rows)
