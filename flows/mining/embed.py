"""The steps from texts and terms to vectors, and from vectors and keywords to points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from flows.runtime.context import Run
from flows.runtime.tasks import Refs, each, gathered, step, with_all
from pipeline.embedding.embed import attach, embed, embed_phrases, lend
from pipeline.execution.runner import Piece, StageResult
from pipeline.features import space
from pipeline.features.fit_space import fit_space
from pipeline.features.text import fit_tfidf
from pipeline.label import is_boilerplate
from pipeline.schemas.mining import VOCABULARY

__all__ = ["embed_terms", "embed_texts", "place_films"]

_PHRASES_PER_PIECE = 256
_LENDINGS = 16  # groups of partitions that lend texts to one another
_LEAN = {"lean": True}  # of a try after one that took too much memory


@step("embed texts")
def embed_texts(run: Run, made: Refs) -> tuple[Refs, dict[str, Any]]:
    """Each distinct text to a unit vector, then each film to that of its text; and how fast."""
    owner, borrowed = _owners(run, made)
    pieces = [
        Piece(p.key, p.inputs, {**run.model_constants, "skip": sorted(borrowed[number])})
        for number, p in enumerate(each(("texts", made)))
    ]
    settings = run.settings.embed
    encoded = run.stage(embed, pieces, settings=settings, lean=_LEAN)
    vectors = encoded.refs("vectors")
    lent = _lent(run, vectors, owner, borrowed)
    lenders = [(own, *lent.get(number, ())) for number, own in enumerate(vectors)]
    attached = run.stage(
        attach,
        with_all(
            each(("features", made), ("vectors", lenders)),
            constants={"revision": run.model.revision},
        ),
        settings=settings,
        shown=False,
    )
    films = sum(ref.rows or 0 for ref in made)
    return attached.refs("embeddings"), _figures(run, films, len(owner))


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
    result = run.stage(embed_phrases, pieces, settings=run.settings.embed, name=name, lean=_LEAN)
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
        fitted = run.stage(fit_tfidf, pieces, settings=section)
        parts["terms"] = fitted.refs("tfidf")
    sample = {
        "movies": movies[:training],
        "features": made.refs("features")[:training],
        "embeddings": embeddings[:training],
        "vocabulary": vocabulary,
    }
    scales = run.stage(fit_space, [Piece("all", sample)], settings=section, shown=False)
    parts["space"] = scales.refs("space")
    pieces = each(
        ("movies", movies), ("features", made.refs("features")), ("embeddings", embeddings)
    )
    placed = run.stage(space.place, with_all(pieces, parts), settings=section)
    return placed.refs("points"), parts


def _owners(run: Run, made: Refs) -> tuple[dict[str, int], list[set[str]]]:
    """Which partition encodes each text that stands in several, and what each borrows."""
    owner: dict[str, int] = {}
    borrowed: list[set[str]] = [set() for _ in made]
    for number, ref in enumerate(made):
        for text_hash in set(run.read(ref, ["text_hash"]).column(0).to_pylist()):
            if owner.setdefault(text_hash, number) != number:
                borrowed[number].add(text_hash)
    return owner, borrowed


def _lent(
    run: Run, vectors: Refs, owner: dict[str, int], borrowed: list[set[str]]
) -> dict[int, Refs]:
    """For each partition that borrows, small tables with the vectors it does, and others' too.

    Where a few texts stand in many partitions each of these borrows from nearly all: vectors are
    read once, and laid out for groups of borrowers.
    """
    lenders = gathered(range(len(vectors)), _LENDINGS)
    borrowers = gathered([number for number, texts in enumerate(borrowed) if texts], _LENDINGS)
    wanted: list[list[tuple[str, str]]] = [[] for _ in lenders]
    for number, group in enumerate(borrowers):
        for text_hash in set().union(*(borrowed[borrower] for borrower in group)):
            wanted[owner[text_hash] // len(lenders[0])].append((text_hash, f"g{number:05d}"))
    pieces = []
    for number, texts in enumerate(wanted):
        if not texts:
            continue
        owners = sorted({owner[text_hash] for text_hash, _ in texts})
        columns = list(zip(*sorted(texts), strict=True))
        asked = pa.table([pa.array(c) for c in columns], names=["text_hash", "borrower"])
        key = f"l{number:05d}"
        inputs = {
            "vectors": tuple(vectors[lender] for lender in owners),
            "wanted": (run.put("wanted-texts", key, asked),),
        }
        pieces.append(Piece(key, inputs))
    if not pieces:
        return {}
    made = run.stage(lend, pieces, shown=False)
    lent: dict[int, Refs] = {}
    for number, group in enumerate(borrowers):
        outputs = [manifest.outputs.get(f"g{number:05d}") for manifest in made.manifests]
        refs = tuple(ref for ref in outputs if ref is not None)
        lent |= dict.fromkeys(group, refs)
    return lent


def _figures(run: Run, films: int, unique: int) -> dict[str, Any]:
    """How fast the texts were encoded, loading of the model not counted."""
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


def _vocabulary(run: Run, made: StageResult) -> pa.Table:
    """The keywords that several films share and that speak of a theme, embedded once."""
    section = run.settings.features
    total: Counter[str] = Counter()
    for ref in made.refs("keyword_counts"):
        counts = run.read(ref)
        total.update(dict(zip(*(c.to_pylist() for c in counts.columns), strict=True)))
    least = section.keyword_min_films
    shared = [(k, n) for k, n in total.items() if n >= least and not is_boilerplate(k)]
    shared = sorted(shared, key=lambda item: (-item[1], item[0]))[: section.keyword_vocabulary]
    vectors = run.read(embed_terms(run, [keyword for keyword, _ in shared], "keyword-vectors"))
    columns = [[k for k, _ in shared], [n for _, n in shared], vectors.column("vector")]
    dim = vectors.schema.field("vector").type.list_size
    return pa.table(columns, schema=VOCABULARY(dim))
