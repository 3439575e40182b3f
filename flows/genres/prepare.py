"""The first steps of the genres recipe: rows to films, films to vectors, and one split."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flows.runtime.context import RunContext
from flows.runtime.tasks import add_to_all, piece_per_partition, step
from pipeline.cleaning.clean import clean
from pipeline.embedding.embed import embed
from pipeline.errors import SettingsError
from pipeline.execution.runner import Piece, StageResult
from pipeline.fileio.atomic import write_bytes
from pipeline.fileio.manifest import fingerprint
from pipeline.genres.data.files import put
from pipeline.genres.data.films import INPUTS, Inputs, select_films, texts_of
from pipeline.genres.data.merge_rows import PLOTS, merge_rows
from pipeline.genres.data.split import split
from pipeline.genres.evaluation.catalogue_report import (
    compare_catalogues,
    render_catalogue_comparison,
)
from pipeline.genres.models.classifier import find_model
from pipeline.genres.training.registry import FOLDER
from pipeline.ingest.partition import PartitionedCatalogue
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import SourceSettings
from pipeline.sources import open_source

__all__ = [
    "Plan",
    "clean_films",
    "divide_films",
    "embed_films",
    "label_films",
    "merge_films",
    "needs_vectors",
]

_TEXTS = 2_048  # texts in a piece of embedding
_SPLIT_BY: Inputs = "both"  # near-duplicates have similar titles and descriptions

VectorTables = Mapping[Inputs, pa.Table]


@dataclass(frozen=True)
class Plan:
    """What to train.

    Attributes
    ----------
    models : tuple of str
        Names in `classifier.MODELS`.
    inputs : tuple of {"title", "description", "both"}
        What the models read; one model for each.
    folds : bool
        Also train each model on every fold of a cross-validation.
    here : bool
        Train in this process with all its cores, one model after the other, not on the cluster.
    seconds : float, optional
        Time limit of fine-tuning in this call.
    fill : str, optional
        A source with descriptions for films that lack one.
    """

    models: tuple[str, ...]
    inputs: tuple[Inputs, ...] = ("both",)
    folds: bool = False
    here: bool = False
    seconds: float | None = None
    fill: str | None = None

    @classmethod
    def of(cls, models: Sequence[str], inputs: Sequence[str], **more: Any) -> Plan:
        """Return a plan from names that a user typed, after checking them.

        Parameters
        ----------
        models, inputs : sequence of str
            Names of models and inputs.
        **more
            Other attributes of the plan.

        Raises
        ------
        SettingsError
            If a model or an input is unknown; the message names it.
        """
        for name in models:
            find_model(name)
        if wrong := [kind for kind in inputs if kind not in INPUTS]:
            raise SettingsError(f"models cannot read {wrong[0]!r}: use one of {', '.join(INPUTS)}")
        return cls(tuple(models), tuple(i for i in INPUTS if i in inputs), **more)


@step("merge rows of the same film")
def merge_films(run: RunContext, intake: PartitionedCatalogue, fill: str | None) -> StageResult:
    """Merge rows to one row per film, with all its genres and its longest description."""
    pieces = piece_per_partition(("movies", intake.partitions))
    if fill is not None:
        plots = run.put("genres-fill", "plots", read_plots(fill, run.settings.source))
        pieces = add_to_all(pieces, {"fill": (plots,)})
    return run.stage(merge_rows, pieces)


def read_plots(spec: str, settings: SourceSettings) -> pa.Table:
    """Return the descriptions of a source by id: `PLOTS`."""
    source = open_source(spec, settings)
    source.check()
    chunks = [chunk.movies.select(PLOTS.names) for chunk in source.read()]
    return pa.concat_tables(chunks or [PLOTS.empty_table()]).combine_chunks()


@step("clean films")
def clean_films(run: RunContext, merged: StageResult) -> StageResult:
    """Clean the merged rows: movies and rejects."""
    return run.stage(
        clean,
        piece_per_partition(("movies", merged.refs("movies"))),
        settings=run.settings.clean,
        name="genres-clean",
    )


@step("label films")
def label_films(run: RunContext, intake: PartitionedCatalogue, cleaned: StageResult) -> pa.Table:
    """Select the films to learn from; write a page that compares the catalogue before and after."""
    started = time.perf_counter()
    movies = run.read(cleaned.refs("movies"), ["movie_id", "title", "overview", "genres"])
    films, dropped = select_films(movies, run.settings.genres)
    before = run.read(intake.partitions, ["movie_id", "overview", "genres"])
    comparison = compare_catalogues(before, films, dropped)
    folder = run.store.root / FOLDER / "data"
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / "catalogue.json", (json.dumps(comparison, indent=1) + "\n").encode())
    write_bytes(folder / "catalogue.html", render_catalogue_comparison(comparison).encode())
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items() if count)
    run.show(
        "genres-films",
        time.perf_counter() - started,
        [{"films": len(films), **dropped}],
        f"{len(films):,} films" + (f"; left out: {left_out}" if left_out else ""),
    )
    return films


@step("embed texts")
def embed_films(run: RunContext, films: pa.Table, plan: Plan) -> VectorTables:
    """Embed the texts; return a table (movie_id, vector) by input, in the order of the films."""
    wanted = dict.fromkeys((_SPLIT_BY, *(i for i in INPUTS if i in _vector_inputs(plan))))
    return {inputs: _vectors(run, films, inputs) for inputs in wanted}


def _vector_inputs(plan: Plan) -> set[Inputs]:
    """Return the inputs whose embeddings some model of the plan needs."""
    return set(plan.inputs) if any(needs_vectors(name) for name in plan.models) else set()


def needs_vectors(name: str) -> bool:
    """Return whether a model, or a member of it, reads embeddings."""
    model = find_model(name)
    if model.members:
        return any(needs_vectors(member) for member in model.members)
    return "embedding" in (model.representation or "")


def _vectors(run: RunContext, films: pa.Table, inputs: Inputs) -> pa.Table:
    """Embed each distinct text once; return (movie_id, vector) in the order of the films."""
    texts = texts_of(films).compose(inputs)
    hashes = [fingerprint(text) for text in texts]
    distinct = dict(zip(hashes, texts, strict=True))
    order = sorted(distinct)
    pieces = []
    for number, start in enumerate(range(0, len(order), _TEXTS)):
        own = order[start : start + _TEXTS]
        table = pa.table({"text": [distinct[h] for h in own], "text_hash": own})
        ref = run.put("genres-texts", f"{inputs}-{number:04d}", table)
        pieces.append(Piece(f"{inputs}-{number:04d}", {"texts": (ref,)}, run.model_constants))
    embedded = run.stage(embed, pieces, settings=run.settings.embed, name="genres-embed")
    vectors = run.read(embedded.refs("vectors"))
    rows = {h: row for row, h in enumerate(vectors.column("text_hash").to_pylist())}
    matrix = matrix_of(vectors)[[rows[h] for h in hashes]]
    return pa.table({"movie_id": films.column("movie_id"), "vector": column_of_vectors(matrix)})


@step("divide films")
def divide_films(
    run: RunContext, films: pa.Table, vectors: VectorTables
) -> tuple[str, dict[Inputs, str]]:
    """Split the films for all models; return the files of films and vectors that training reads."""
    started = time.perf_counter()
    folder = run.store.root / FOLDER / "data"
    divided = split(films, matrix_of(vectors[_SPLIT_BY]), run.settings.genres, run.settings.seed)
    parts = divided.column("part").value_counts().to_pylist()
    counts = {part["values"]: part["counts"] for part in parts}
    run.show(
        "genres-split",
        time.perf_counter() - started,
        [counts],
        ", ".join(f"{count:,} {part}" for part, count in sorted(counts.items())),
    )
    files = {i: str(put(folder, f"vectors-{i}", vectors[i])) for i in INPUTS if i in vectors}
    return str(put(folder, "films", divided)), files
