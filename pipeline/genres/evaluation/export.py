"""What leaves: descriptions as a CoNLL-U file, and the report of an evaluation as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.clean import clean
from pipeline.fileio.atomic import replacing, sync_file, write_bytes
from pipeline.genres.data.conllu import films_to_conllu
from pipeline.genres.data.merge_rows import merge_rows
from pipeline.genres.evaluation.evaluate import evaluate, films_of
from pipeline.genres.evaluation.model_card import card
from pipeline.genres.evaluation.report_html import render
from pipeline.genres.serving.predictor import Asking
from pipeline.genres.training.registry import read_registry
from pipeline.settings import Settings
from pipeline.sources import open_source

__all__ = ["export", "write_report"]

_EXAMPLES = 8  # held-out films whose words are shown


def export(
    specs: Sequence[str], to: Path, settings: Settings, *, language: str, limit: int | None
) -> int:
    """Write the films of catalogues as CoNLL-U, sorted by id; returns how many.

    Raises
    ------
    SourceError
        naming the file that cannot be read; then nothing is written.
    """
    chunks = []
    for spec in specs:
        source = open_source(spec, settings.source)
        source.check()
        chunks += [chunk.movies for chunk in source.read()]
    whole = merge_rows(pa.concat_tables(chunks).combine_chunks())["movies"]
    films = clean(whole, settings.clean)["movies"].slice(0, limit)
    rows = films.select(["movie_id", "overview", "genres"]).to_pylist()
    with replacing(to) as aside:
        with open(aside, "w", encoding="utf-8", newline="\n") as stream:
            told = ((row["movie_id"], row["overview"], row["genres"] or ()) for row in rows)
            stream.writelines(films_to_conllu(told, language))
        sync_file(aside)
    return len(rows)


def write_report(folder: Path, resamples: int, seed: int) -> Path:
    """Evaluate the models of `DIR/genres`, and write report.html, report.json and MODEL_CARD.md.

    Returns
    -------
    The folder they are in, `DIR/genres/report`.
    """
    found = evaluate(folder, resamples, seed)
    registry = read_registry(folder)
    report = folder / "report"
    report.mkdir(exist_ok=True)
    told = json.dumps(found, indent=1, sort_keys=False, ensure_ascii=False, allow_nan=False)
    write_bytes(report / "report.json", (told + "\n").encode())
    examples = _examples(folder, found, seed)
    write_bytes(report / "report.html", render(found, examples).encode())
    write_bytes(report / "MODEL_CARD.md", card(found, registry).encode())
    return report


def _examples(folder: Path, found: dict[str, Any], seed: int) -> list[dict[str, Any]]:
    """Some held-out films with what the served transformation says of them, and why."""
    asking = Asking(folder)
    if "transformation" not in asking.names:
        return []
    films = films_of(folder, found["data"])
    held = films.filter(pc.equal(films.column("part"), "test"))
    rows = np.sort(np.random.default_rng(seed).permutation(held.num_rows)[:_EXAMPLES])
    chosen = held.take(pa.array(rows)).to_pylist()
    asked = [(row["title"], row["overview"]) for row in chosen]
    answers = asking.ask("transformation", asked, why=True)
    return [
        {
            "title": row["title"],
            "true": row["genres"],
            "told": answer["predicted_genres"],
            "reasons": answer["reasons"],
        }
        for row, answer in zip(chosen, answers, strict=True)
    ]
