"""The first steps of the genres recipe: rows to films, films to vectors and one split."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from flows.runtime.context import Run
from flows.runtime.tasks import each, step, with_all
from pipeline.cleaning.clean import clean
from pipeline.embedding.embed import embed
from pipeline.errors import SettingsError
from pipeline.execution.runner import Piece, StageResult
from pipeline.fileio.atomic import write_bytes
from pipeline.fileio.manifest import fingerprint
from pipeline.genres.data.files import put
from pipeline.genres.data.films import INPUTS, Inputs, labelled, texts_of
from pipeline.genres.data.merge_rows import PLOTS, merge_rows
from pipeline.genres.data.split import split
from pipeline.genres.evaluation.catalogue_report import before_after, before_after_page
from pipeline.genres.models.classifier import model_named
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

_TEXTS = 2_048  # texts in a piece of encoding
_SPLIT_BY: Inputs = "both"  # near-duplicates are those of title and description

Rows = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Plan:
    """What to train.

    Attributes
    ----------
    models, inputs : names of `classifier.MODELS`; what they read. folds : train each on every fold
        of a cross-validation too. here : in this process with all its cores, one after the other,
        not on the cluster. seconds : of fine-tuning in this call. fill : a source of descriptions.
    """

    models: tuple[str, ...]
    inputs: tuple[Inputs, ...] = ("both",)
    folds: bool = False
    here: bool = False
    seconds: float | None = None
    fill: str | None = None

    @classmethod
    def of(cls, models: Sequence[str], inputs: Sequence[str], **more: Any) -> Plan:
        """A plan of names as a person gives them, in the order that they are told in.

        Raises
        ------
        SettingsError
            naming the model, or the kind of text, that there is not.
        """
        for name in models:
            model_named(name)
        if wrong := [kind for kind in inputs if kind not in INPUTS]:
            raise SettingsError(f"genres are not learnt from {wrong[0]!r}: {', '.join(INPUTS)}")
        return cls(tuple(models), tuple(i for i in INPUTS if i in inputs), **more)


@step("merge rows of the same film")
def merge_films(run: Run, intake: PartitionedCatalogue, fill: str | None) -> StageResult:
    """Rows to one row per film, with all its genres and its longest description."""
    pieces = each(("movies", intake.partitions))
    if fill is not None:
        plots = run.put("genres-fill", "plots", read_plots(fill, run.settings.source))
        pieces = with_all(pieces, {"fill": (plots,)})
    return run.stage(merge_rows, pieces)


def read_plots(spec: str, settings: SourceSettings) -> pa.Table:
    """Descriptions by id from any source: PLOTS."""
    source = open_source(spec, settings)
    source.check()
    found = [chunk.movies.select(PLOTS.names) for chunk in source.read()]
    return pa.concat_tables(found or [PLOTS.empty_table()]).combine_chunks()


@step("clean films")
def clean_films(run: Run, merged: StageResult) -> StageResult:
    """Merged rows to clean movies and rejects."""
    return run.stage(
        clean,
        each(("movies", merged.refs("movies"))),
        settings=run.settings.clean,
        name="genres-clean",
    )


@step("label films")
def label_films(run: Run, intake: PartitionedCatalogue, cleaned: StageResult) -> pa.Table:
    """Clean movies to films with their labels, and a page of the catalogue before and after."""
    started = time.perf_counter()
    movies = run.read(cleaned.refs("movies"), ["movie_id", "title", "overview", "genres"])
    films, dropped = labelled(movies, run.settings.genres)
    before = run.read(intake.partitions, ["movie_id", "overview", "genres"])
    told = before_after(before, films, dropped)
    folder = run.store.root / FOLDER / "data"
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / "catalogue.json", (json.dumps(told, indent=1) + "\n").encode())
    write_bytes(folder / "catalogue.html", before_after_page(told).encode())
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in dropped.items() if count)
    run.told(
        "genres-films",
        time.perf_counter() - started,
        [{"films": len(films), **dropped}],
        f"{len(films):,} films" + (f"; left out {left_out}" if left_out else ""),
    )
    return films


@step("embed texts")
def embed_films(run: Run, films: pa.Table, plan: Plan) -> Rows:
    """For each input a table (movie_id, vector), in the order of the films."""
    wanted = dict.fromkeys((_SPLIT_BY, *(i for i in INPUTS if i in _vector_inputs(plan))))
    return {inputs: _vectors(run, films, inputs) for inputs in wanted}


def _vector_inputs(plan: Plan) -> set[Inputs]:
    return set(plan.inputs) if any(needs_vectors(name) for name in plan.models) else set()


def needs_vectors(name: str) -> bool:
    """Whether a model of that name, or a member of it, reads the miner's vectors."""
    model = model_named(name)
    if model.members:
        return any(needs_vectors(member) for member in model.members)
    return "embedding" in (model.representation or "")


def _vectors(run: Run, films: pa.Table, inputs: Inputs) -> pa.Table:
    texts = texts_of(films).of(inputs)
    hashes = [fingerprint(text) for text in texts]
    distinct = dict(zip(hashes, texts, strict=True))
    order = sorted(distinct)
    pieces = []
    for number, start in enumerate(range(0, len(order), _TEXTS)):
        own = order[start : start + _TEXTS]
        table = pa.table({"text": [distinct[h] for h in own], "text_hash": own})
        ref = run.put("genres-texts", f"{inputs}-{number:04d}", table)
        pieces.append(Piece(f"{inputs}-{number:04d}", {"texts": (ref,)}, run.model_constants))
    made = run.stage(embed, pieces, settings=run.settings.embed, name="genres-embed")
    vectors = run.read(made.refs("vectors"))
    place = {h: row for row, h in enumerate(vectors.column("text_hash").to_pylist())}
    matrix = matrix_of(vectors)[[place[h] for h in hashes]]
    return pa.table({"movie_id": films.column("movie_id"), "vector": column_of_vectors(matrix)})


@step("divide films")
def divide_films(
    run: Run, films: pa.Table, vectors: Rows, plan: Plan
) -> tuple[str, dict[Inputs, str]]:
    """One split for every model; the files of films and of vectors that training reads."""
    started = time.perf_counter()
    folder = run.store.root / FOLDER / "data"
    divided = split(films, matrix_of(vectors[_SPLIT_BY]), run.settings.genres, run.settings.seed)
    parts = divided.column("part").value_counts().to_pylist()
    counts = {part["values"]: part["counts"] for part in parts}
    run.told(
        "genres-split",
        time.perf_counter() - started,
        [counts],
        ", ".join(f"{count:,} {part}" for part, count in sorted(counts.items())),
    )
    files = {i: str(put(folder, f"vectors-{i}", vectors[i])) for i in INPUTS if i in vectors}
    return str(put(folder, "films", divided)), files
