"""The steps that embed texts and terms, and place each film in the space of the clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.events import Note, emit
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition, step
from pipeline.embedding.embed import embed, embed_phrases, join_vectors, share_vectors
from pipeline.embedding.figures import encoding_figures
from pipeline.embedding.pieces import count_parts, split_phrases
from pipeline.embedding.shared_texts import SharedTexts, find_shared_texts, plan_exchange
from pipeline.execution.runner import Piece, StageResult
from pipeline.features import space
from pipeline.features.fit_space import fit_space
from pipeline.features.text import fit_tfidf
from pipeline.features.vocabulary import select_vocabulary, vocabulary_table
from pipeline.fileio.manifest import FileRef
from pipeline.label import is_boilerplate

__all__ = ["embed_terms", "embed_texts", "place_films"]

_PHRASES_PER_PIECE = 256
_EXCHANGE_GROUPS = 16  # groups of partitions between which vectors of shared texts are copied
_LEAN = {"lean": True}  # constants of the retry after a piece ran out of memory


@step("embed texts")
def embed_texts(run: RunContext, features: Refs) -> tuple[Refs, dict[str, Any]]:
    """Encode each distinct text once; return the embedding of each film, and how fast it was."""
    characters: list[int] = []
    shared = find_shared_texts(_hashes(run, features, characters))
    pieces = _pieces_of_texts(run, features, shared, characters)
    settings = run.settings.embed
    encoded = run.stage(embed, [piece for _, piece in pieces], settings=settings, lean=_LEAN)
    parts: list[list[FileRef]] = [[] for _ in features]
    for (number, _), ref in zip(pieces, encoded.refs("vectors"), strict=True):
        parts[number].append(ref)
    vectors = _with_shared_vectors(run, [tuple(refs) for refs in parts], shared)
    attached = run.stage(
        join_vectors,
        add_to_all(
            piece_per_partition(("features", features), ("vectors", vectors)),
            constants={"revision": run.weights.revision},
        ),
        settings=settings,
        shown=False,
    )
    films = sum(ref.rows or 0 for ref in features)
    # A resumed run encodes only a part of the texts: its time says nothing about the speed.
    seconds = None if "embed" in run.resumed else run.seconds["embed"]
    figures = encoding_figures(run.model, films, len(shared.owner), seconds)
    figures |= run.dtype_choice.figures()
    return attached.refs("embeddings"), figures


@step("embed terms")
def embed_terms(run: RunContext, terms: Sequence[str], name: str) -> Refs:
    """Encode keywords, phrases or names; return tables (term, vector) in the order of the terms."""
    refs = run.put_all(
        f"{name}-terms",
        (
            (f"p{number:05d}", table)
            for number, table in enumerate(split_phrases(terms, _PHRASES_PER_PIECE))
        ),
    )
    pieces = add_to_all(piece_per_partition(("phrases", refs)), constants=run.model_constants)
    result = run.stage(embed_phrases, pieces, settings=run.settings.embed, name=name, lean=_LEAN)
    return result.refs("vectors")


@step("place films")
def place_films(
    run: RunContext, movies: Refs, features: StageResult, embeddings: Refs, languages: Refs
) -> tuple[Refs, dict[str, Refs]]:
    """Fit the space of the clusters; return the point of each film, and the fitted tables."""
    section = run.settings.features
    vocabulary = (run.put("vocabulary", "all", _vocabulary(run, features)),)
    texts = features.refs("features")
    training = run.training(texts)
    fitted: dict[str, Refs] = {"vocabulary": vocabulary}
    if section.mode != "embedding":
        piece = Piece("all", {"features": texts[:training]}, {"seed": run.settings.seed})
        fitted["terms"] = run.stage(fit_tfidf, [piece], settings=section).refs("tfidf")
        if not sum(ref.rows or 0 for ref in fitted["terms"]):
            emit(
                Note(
                    "TF-IDF is left out: no word of the texts is left after stop words and the "
                    "limits features.tfidf_min_films and features.tfidf_max_share"
                )
            )
    sample = {
        "movies": movies[:training],
        "features": texts[:training],
        "embeddings": embeddings[:training],
        "languages": languages[:training],
        "vocabulary": vocabulary,
    }
    scales = run.stage(fit_space, [Piece("all", sample)], settings=section, shown=False)
    fitted["space"] = scales.refs("space")
    pieces = piece_per_partition(
        ("movies", movies),
        ("features", texts),
        ("embeddings", embeddings),
        ("languages", languages),
    )
    placed = run.stage(space.place, add_to_all(pieces, fitted), settings=section)
    return placed.refs("points"), fitted


def _hashes(run: RunContext, features: Refs, characters: list[int]) -> Iterator[list[str]]:
    """Yield the text hashes of each partition, and append the characters of its texts."""
    for ref in features:
        table = run.read(ref, ["text_hash", "text"])
        characters.append(pc.sum(pc.utf8_length(table["text"])).as_py() or 0)
        yield table["text_hash"].to_pylist()


def _pieces_of_texts(
    run: RunContext, features: Refs, shared: SharedTexts, characters: Sequence[int]
) -> list[tuple[int, Piece]]:
    """Return pieces of about equal cost with the partition of each, the most expensive first.

    No worker then waits for long while others compute the last pieces.
    """
    pieces = []
    for number, (ref, total) in enumerate(zip(features, characters, strict=True)):
        # a partition is a few batches of a GPU, whose texts are tokenized while it computes
        parts = 1 if run.weights.device == "cuda" else count_parts(total)
        for part in range(parts):
            constants = {
                **run.model_constants,
                "skip": sorted(shared.borrowed[number]),
                "part": [part, parts],
            }
            piece = Piece(f"p{number:05d}-{part}", {"texts": (ref,)}, constants)
            pieces.append((total / parts, number, piece))
    pieces.sort(key=lambda item: -item[0])
    return [(number, piece) for _, number, piece in pieces]


def _with_shared_vectors(
    run: RunContext, vectors: Sequence[Refs], shared: SharedTexts
) -> list[Refs]:
    """For each partition, its own vectors and small tables with those of its borrowed texts."""
    exchange = plan_exchange(shared, _EXCHANGE_GROUPS)
    pieces = [
        Piece(
            request.key,
            {
                "vectors": tuple(ref for n in request.partitions for ref in vectors[n]),
                "wanted": (run.put("wanted-texts", request.key, request.wanted),),
            },
        )
        for request in exchange.requests
    ]
    received = list(vectors)
    if not pieces:
        return received
    copied = run.stage(share_vectors, pieces, shown=False)
    for name, partitions in exchange.borrowers.items():
        refs = tuple(m.outputs[name] for m in copied.manifests if name in m.outputs)
        for partition in partitions:
            received[partition] = (*vectors[partition], *refs)
    return received


def _vocabulary(run: RunContext, features: StageResult) -> pa.Table:
    """Embed the keywords that several films share and that describe a theme."""
    counts = (run.read(ref) for ref in features.refs("keyword_counts"))
    keywords = select_vocabulary(counts, run.settings.features, exclude=is_boilerplate)
    vectors = embed_terms(run, [keyword for keyword, _ in keywords], "keyword-vectors")
    return vocabulary_table(keywords, run.read(vectors))
