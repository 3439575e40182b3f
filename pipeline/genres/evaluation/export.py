"""Write files for others: descriptions as CoNLL-U, and the report of an evaluation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning.clean import clean
from pipeline.fileio.atomic import replacing, sync_file, write_bytes
from pipeline.genres.data.conllu import films_to_conllu
from pipeline.genres.data.merge_rows import merge_rows
from pipeline.genres.evaluation.evaluate import Evaluation, evaluate, find_films
from pipeline.genres.evaluation.model_card import render_model_card
from pipeline.genres.evaluation.report_html import Example, render_report
from pipeline.genres.serving.predictor import GenrePredictor
from pipeline.genres.training.registry import read_registry
from pipeline.settings import Settings
from pipeline.sources import open_source

__all__ = ["export_conllu", "write_report"]

_EXAMPLES = 8  # held-out films in the report
_EXPLAINED = "transformation"  # the model whose predictions are explained


def export_conllu(
    specs: Sequence[str], to: Path, settings: Settings, *, language: str, limit: int | None
) -> int:
    """Write the films of catalogues as CoNLL-U, sorted by id.

    Parameters
    ----------
    specs : sequence of str
        Sources, such as `sample` or `files:PATH`.
    to : Path
        File to write; it appears whole or not at all.
    settings : Settings
        Settings of sources and of cleaning.
    language : str
        Language of the descriptions, ISO 639-1.
    limit : int, optional
        Largest number of films.

    Returns
    -------
    int
        Number of films written.

    Raises
    ------
    SourceError
        If a file cannot be read; the message names it, and nothing is written.
    """
    chunks = []
    for spec in specs:
        source = open_source(spec, settings.source)
        source.check()
        chunks += [chunk.movies for chunk in source.read()]
    merged = merge_rows(pa.concat_tables(chunks).combine_chunks())["movies"]
    films = clean(merged, settings.clean)["movies"].slice(0, limit)
    rows = films.select(["movie_id", "overview", "genres"]).to_pylist()
    with replacing(to) as attempt:
        with open(attempt, "w", encoding="utf-8", newline="\n") as stream:
            texts = ((row["movie_id"], row["overview"], row["genres"] or ()) for row in rows)
            stream.writelines(films_to_conllu(texts, language))
        sync_file(attempt)
    return len(rows)


def write_report(folder: Path, resamples: int, seed: int) -> Path:
    """Evaluate the models of `DIR/genres`; write report.html, report.json and MODEL_CARD.md.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    resamples : int
        Number of bootstrap samples of an interval.
    seed : int
        Seed of the bootstrap, and of the choice of examples.

    Returns
    -------
    Path
        Folder of the files, `DIR/genres/report`.
    """
    evaluation = evaluate(folder, resamples, seed)
    report = folder / "report"
    report.mkdir(exist_ok=True)
    text = json.dumps(evaluation, indent=1, sort_keys=False, ensure_ascii=False, allow_nan=False)
    write_bytes(report / "report.json", (text + "\n").encode())
    page = render_report(evaluation, _find_examples(folder, evaluation, seed))
    write_bytes(report / "report.html", page.encode())
    card = render_model_card(evaluation, read_registry(folder))
    write_bytes(report / "MODEL_CARD.md", card.encode())
    return report


def _find_examples(folder: Path, evaluation: Evaluation, seed: int) -> list[Example]:
    """Return some held-out films with the explained predictions of one model, if it is served."""
    predictor = GenrePredictor(folder)
    if _EXPLAINED not in predictor.names:
        return []
    films = find_films(folder, evaluation["data"])
    test = films.filter(pc.equal(films.column("part"), "test"))
    rows = np.sort(np.random.default_rng(seed).permutation(test.num_rows)[:_EXAMPLES])
    chosen = test.take(pa.array(rows)).to_pylist()
    texts = [(row["title"], row["overview"]) for row in chosen]
    predictions = predictor.predict(_EXPLAINED, texts, why=True)
    return [
        {
            "title": row["title"],
            "true": row["genres"],
            "predicted": prediction["predicted_genres"],
            "reasons": prediction["reasons"],
        }
        for row, prediction in zip(chosen, predictions, strict=True)
    ]
