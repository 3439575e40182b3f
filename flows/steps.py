"""The steps of mining up to the clusters; each is one Prefect task over one stage's pieces."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from flows.progress import StageStarted, emit
from flows.run import Run
from pipeline import cluster, neighbours, space
from pipeline.clean import clean
from pipeline.embed import attach, embed, embed_phrases
from pipeline.features import features, fit_tfidf
from pipeline.intake import Intake, take_in
from pipeline.partitions import Piece, StageResult
from pipeline.store import FileRef
from pipeline.tables import VOCABULARY

__all__ = [
    "Clusters",
    "clean_movies",
    "cluster_films",
    "embed_terms",
    "embed_texts",
    "embedding_figures",
    "extract_features",
    "find_neighbours",
    "place_films",
    "read_sources",
    "step",
]

Refs = tuple[FileRef, ...]
F = TypeVar("F", bound=Callable[..., Any])
_PHRASES_PER_PIECE = 1_024


def _may_pass(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Only what may pass is tried again: a lost connection or disk, not a wrong input."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError | TimeoutError)


def step(name: str) -> Callable[[F], F]:
    """A Prefect task with a readable name, tried again with jitter for what may pass.

    Prefect's result cache is never the record: what is done is what the store has committed.
    """
    decorated: Any = task(
        name=name,
        task_run_name=name,
        retries=3,
        retry_delay_seconds=exponential_backoff(2),
        retry_jitter_factor=0.5,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    return cast(Callable[[F], F], decorated)


def one(result: StageResult, output: str) -> FileRef:
    """The only file of a stage of one piece."""
    (ref,) = result.refs(output)
    return ref


def each(*columns: tuple[str, Sequence[FileRef | Refs]]) -> list[Piece]:
    """A piece for each partition, with the files of that partition as inputs."""
    pieces: list[Piece] = []
    for number, row in enumerate(zip(*(refs for _, refs in columns), strict=True)):
        inputs = {
            name: ref if isinstance(ref, tuple) else (ref,)
            for (name, _), ref in zip(columns, row, strict=True)
        }
        pieces.append(Piece(f"p{number:05d}", inputs))
    return pieces


def with_all(
    pieces: Sequence[Piece],
    inputs: Mapping[str, Refs] = MappingProxyType({}),
    constants: Mapping[str, Any] = MappingProxyType({}),
) -> list[Piece]:
    """The same pieces, each with inputs and constants that all of them share."""
    return [
        Piece(piece.key, {**piece.inputs, **inputs}, {**piece.constants, **constants})
        for piece in pieces
    ]


@step("read sources")
def read_sources(run: Run, sources: Sequence[str], limit: int | None) -> Intake:
    """Catalogues to partitions of movies, cut by a hash of the film's id."""
    emit(StageStarted("sources"))
    started = time.perf_counter()
    intake = take_in(run.store, sources, run.settings.source, limit=limit, resume=run.resume)
    rows = [{"partition": n, "rows": ref.rows} for n, ref in enumerate(intake.partitions)]
    run.told("sources", time.perf_counter() - started, rows, f"{intake.rows_in:,} rows")
    return intake


@step("clean movies")
def clean_movies(run: Run, intake: Intake) -> StageResult:
    """Movies to clean movies and rejects."""
    return run.stage(
        "clean", clean, each(("movies", intake.partitions)),
        settings=run.settings.clean, conserves=("movies", "movies", "rejects"),
    )  # fmt: skip


@step("extract features")
def extract_features(run: Run, movies: Refs) -> StageResult:
    """Clean movies to the text to embed, its numbers, and counts of keywords."""
    return run.stage("features", features, each(("movies", movies)), settings=run.settings.features)


@step("embed texts")
def embed_texts(run: Run, made: Refs) -> Refs:
    """Each distinct text to a unit vector, then each film to that of its text."""
    owner, borrowed = _owners(run, made)
    pieces = [
        Piece(p.key, p.inputs, {**run.model_constants, "skip": sorted(borrowed[number])})
        for number, p in enumerate(each(("texts", made)))
    ]
    settings = run.settings.embed
    encoded = run.stage("embed", embed, pieces, settings=settings)
    vectors = encoded.refs("vectors")
    lenders = [
        tuple(vectors[n] for n in sorted({number, *(owner[h] for h in borrowed[number])}))
        for number in range(len(made))
    ]
    attached = run.stage(
        "embeddings", attach,
        with_all(
            each(("features", made), ("vectors", lenders)),
            constants={"revision": run.model.revision},
        ),
        settings=settings, shown=False,
    )  # fmt: skip
    return attached.refs("embeddings")


@step("embed terms")
def embed_terms(run: Run, terms: Sequence[str], name: str) -> Refs:
    """Keywords, phrases or names to unit vectors: (term, vector), in the order given."""
    table = pa.table([pa.array(terms, pa.string())], names=["term"])
    cut = -(-len(terms) // _PHRASES_PER_PIECE) or 1
    sizes = [len(part) for part in np.array_split(np.arange(len(terms)), cut)]
    starts = np.cumsum([0, *sizes[:-1]])
    refs = [
        run.put(f"{name}-terms", f"p{n:05d}", table.slice(start, size).combine_chunks())
        for n, (start, size) in enumerate(zip(starts.tolist(), sizes, strict=True))
    ]
    pieces = with_all(each(("phrases", refs)), constants=run.model_constants)
    result = run.stage(name, embed_phrases, pieces, settings=run.settings.embed)
    return result.refs("vectors")


@step("place films")
def place_films(
    run: Run, movies: Refs, made: StageResult, embeddings: Refs
) -> tuple[Refs, dict[str, Refs]]:
    """Text vectors, keywords and other blocks to one point per film; and what placed them."""
    section = run.settings.features
    vocabulary = (run.put("vocabulary", "all", _vocabulary(run, made)),)
    training = run.training(made.refs("features"))
    parts: dict[str, Refs] = {"vocabulary": vocabulary}
    if section.mode != "embedding":
        pieces = [
            Piece(
                "all", {"features": made.refs("features")[:training]}, {"seed": run.settings.seed}
            )
        ]
        fitted = run.stage("tfidf", fit_tfidf, pieces, settings=section)
        parts["terms"] = fitted.refs("tfidf")
    sample = {
        "movies": movies[:training],
        "features": made.refs("features")[:training],
        "embeddings": embeddings[:training],
        "vocabulary": vocabulary,
    }
    scales = run.stage(
        "space", space.fit_space, [Piece("all", sample)], settings=section, shown=False
    )
    parts["space"] = scales.refs("space")
    pieces = each(
        ("movies", movies), ("features", made.refs("features")), ("embeddings", embeddings)
    )
    placed = run.stage("points", space.place, with_all(pieces, parts), settings=section)
    return placed.refs("points"), parts


@dataclass(frozen=True)
class Clusters:
    """What clustering made."""

    assignments: Refs
    centroids: FileRef
    choice: dict[str, Any]  # see cluster.choose_k
    seed_ari: float | None
    comparison: tuple[FileRef, ...]


@step("cluster films")
def cluster_films(run: Run, points: Refs) -> Clusters:
    """Points to centroids and assignments, with k chosen by leaf size and stability."""
    section, seed = run.settings.cluster, run.settings.seed
    training = points[: run.training(points)]
    trained = sum(ref.rows or 0 for ref in training)
    close, wide = cluster.candidate_ks(trained, section)
    whole = Piece("all", {"points": training}, {"seed": seed})
    ground = run.stage("landscape", cluster.landscape, [whole], settings=section)
    inputs = {"points": training} | {n: ground.refs(n) for n in ("positions", "landmarks", "tree")}
    curve = run.stage(
        "k-curve", cluster.train,
        [Piece(f"k{k}", inputs, {"k": k, "seed": seed}) for k in wide], settings=section,
    )  # fmt: skip
    halves = run.stage(
        "stability", cluster.label_subsample,
        [
            Piece(f"part{n}", {"points": training}, {"ks": close, "part": n, "seed": seed})
            for n in (0, 1)
        ],
        settings=section,
    )  # fmt: skip
    first, second = (run.read(ref) for ref in halves.refs("labels"))
    rows = [row for ref in curve.refs("curve") for row in run.read(ref).to_pylist()]
    choice = cluster.choose_k(rows, cluster.agreement(first, second), section)
    centroids = curve.refs("centroids")[wide.index(choice["chosen"])]
    pieces = with_all(each(("points", points)), {"centroids": (centroids,)})
    assigned = run.stage("assign", cluster.assign, pieces, shown=True)
    return Clusters(
        assigned.refs("assignments"),
        centroids,
        choice,
        *_compared(run, training, assigned.refs("assignments")[: len(training)], choice["chosen"]),
    )


@step("find neighbours")
def find_neighbours(run: Run, embeddings: Refs, films: int) -> tuple[Refs, FileRef, dict[str, Any]]:
    """The index over all films, the nearest films of each, and how exact the index is."""
    section = run.settings.neighbours
    built = run.stage(
        "index", neighbours.build_index,
        [Piece("all", {"embeddings": embeddings}, {"films": films})],
        settings=section,
    )  # fmt: skip
    index = one(built, "index")
    pieces = each(("embeddings", embeddings))
    everyone = run.put("everyone", "all", run.read(embeddings, ["movie_id"]).combine_chunks())
    shared: dict[str, Refs] = {"everyone": (everyone,), "index": (index,)}
    near = run.stage(
        "neighbours", neighbours.nearest_films, with_all(pieces, shared), settings=section
    )
    kind = neighbours.index_kind(films, section)
    recall = 1.0
    if kind != "flat":  # exact search is its own truth
        measured = run.stage(
            "recall", neighbours.recall_at,
            [Piece("all", {"embeddings": embeddings, "index": (index,)},
                   {"seed": run.settings.seed})],
            settings=section,
        )  # fmt: skip
        recall = float(run.read(one(measured, "recall")).column("recall")[0].as_py())
    return (
        near.refs("neighbours"),
        index,
        {"index": kind, "recall_at_10": recall, "count": section.count},
    )


def _owners(run: Run, made: Refs) -> tuple[dict[str, int], list[set[str]]]:
    """Which partition encodes each text that stands in several, and what each borrows."""
    owner: dict[str, int] = {}
    borrowed: list[set[str]] = [set() for _ in made]
    for number, ref in enumerate(made):
        for text_hash in set(run.read(ref, ["text_hash"]).column(0).to_pylist()):
            if owner.setdefault(text_hash, number) != number:
                borrowed[number].add(text_hash)
    return owner, borrowed


def _vocabulary(run: Run, made: StageResult) -> pa.Table:
    """The keywords that several films share, embedded once for the whole run."""
    section = run.settings.features
    total: Counter[str] = Counter()
    for ref in made.refs("keyword_counts"):
        counts = run.read(ref)
        total.update(dict(zip(*(c.to_pylist() for c in counts.columns), strict=True)))
    shared = [(k, n) for k, n in total.items() if n >= section.keyword_min_films]
    shared = sorted(shared, key=lambda item: (-item[1], item[0]))[: section.keyword_vocabulary]
    vectors = run.read(embed_terms(run, [keyword for keyword, _ in shared], "keyword-vectors"))
    columns = [[k for k, _ in shared], [n for _, n in shared], vectors.column("vector")]
    dim = vectors.schema.field("vector").type.list_size
    return pa.table(columns, schema=VOCABULARY(dim))


def _compared(run: Run, points: Refs, assignments: Refs, k: int) -> tuple[float | None, Refs]:
    """Agreement with another seed, and other methods on a sample of the same films."""
    section, seed = run.settings.cluster, run.settings.seed
    methods = [
        Piece(
            m.replace("|", ""),
            {"points": points, "assignments": assignments},
            {"method": m, "seed": seed},
        )
        for m in cluster.METHODS
    ]
    compared = run.stage("compare", cluster.compare, methods, settings=run.settings.report)
    piece = Piece("all", {"points": points, "assignments": assignments}, {"k": k, "seed": seed + 1})
    again = run.stage("reseed", cluster.reseed, [piece], settings=section, shown=False)
    ari = run.read(one(again, "agreement")).column("ari")[0].as_py()
    return ari, compared.refs("comparison")


def embedding_figures(run: Run, films: int, made: Refs) -> dict[str, Any]:
    """How fast the texts were encoded, loading of the model not counted."""
    unique = len({h for ref in made for h in run.read(ref, ["text_hash"]).column(0).to_pylist()})
    # of a resumed run only a part was encoded now, which says nothing of the speed
    seconds = run.seconds["embed"] if "embed" not in run.resumed else None
    return {
        "model": run.model.name,
        "revision": run.model.revision,
        "device": run.model.device,
        "dtype": run.model.dtype,
        "films": films,
        "unique_texts": unique,
        "seconds": round(seconds, 3) if seconds else None,
        "texts_per_second": round(unique / seconds, 2) if seconds else None,
    }
