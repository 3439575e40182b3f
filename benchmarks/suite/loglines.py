"""Whole minings of loglines at a fixed k, up to a million films: how every stage grows.

A logline is the beginning of one real sentence and the end of another, of films near each other: a
million of them have the words and the subjects of real texts, and cost a third of whole ones. Half
of them begin with a name, and the more there are, the more names: that is what a vocabulary grows
by (Heaps' law).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import FILMS
from benchmarks.lib.growth import SMALL, growth_figures, stage_rows
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, kept
from benchmarks.lib.vectors import real_texts, real_vectors
from benchmarks.suite.end_to_end import mined, told
from pipeline.schemas.vectors import matrix_of

__all__ = ["BENCH", "Loglines", "sentences_of"]

K = 1_000
_CHUNK = 10_000  # films held at a time
_NEAR = 10  # films from which the end comes
_WORDS = range(6, 25)  # of a sentence that is taken
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SYLLABLES = (
    "ba",
    "cor",
    "da",
    "el",
    "fin",
    "gra",
    "hol",
    "is",
    "jun",
    "ka",
    "lor",
    "mi",
    "nes",
    "or",
    "pel",
    "qui",
    "ras",
    "sto",
    "tul",
    "ver",
)
_NAMED = 0.5  # the share that begins with a name
# A Pareto law of this index, from the hundredth rank on: n films have n^(1 / 1.7) different names
# or so (Heaps).
_TAIL, _COMMONEST = 0.7, 100


@dataclass(frozen=True)
class Loglines:
    """Films of one sentence each; every film is a function of the seed and its number alone.

    Attributes
    ----------
    sentences : those of each real film, at least one.
    genres : of each real film.
    near : (real films, any) int, rows of films near each.
    """

    sentences: Sequence[Sequence[str]]
    genres: Sequence[Sequence[str]]
    near: np.ndarray
    seed: int

    def film(self, number: int) -> dict[str, Any]:
        """A row of FILMS."""
        chance = Random(self.seed * 0x1_0000_0000 + number)
        one = chance.randrange(len(self.sentences))
        other = int(chance.choice(self.near[one]))
        words, more = (chance.choice(self.sentences[row]).split() for row in (one, other))
        cut, other_cut = (chance.uniform(0.3, 0.7) for _ in range(2))
        told = [*words[: round(cut * len(words))], *more[round(other_cut * len(more)) :]]
        name = _name(int(_COMMONEST * chance.paretovariate(_TAIL)))
        title = f"{name}: {' '.join(words[:3]).title()}"
        if chance.random() < _NAMED:
            told = [f"{name}:", *told]
        return {
            "movie_id": f"log-{number:08d}",
            "title": title,
            "year": chance.randint(1930, 2026),
            "overview": " ".join(told),
            "genres": list(self.genres[one]),
            "keywords": [],
            "language": "en",
            "vote_count": int(chance.paretovariate(0.8) * 10) % 30_000,
        }

    def chunks(self, films: int) -> Iterator[pa.Table]:
        """So many films, some thousands at a time."""
        for start in range(0, films, _CHUNK):
            made = [self.film(number) for number in range(start, min(films, start + _CHUNK))]
            yield pa.Table.from_pylist(made, FILMS)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text that are neither very short nor very long."""
    return [told for told in _SENTENCE.split(text.strip()) if len(told.split()) in _WORDS]


def _name(rank: int) -> str:
    """The name of that rank, from 1; no two are alike."""
    told = []
    while rank:
        rank, syllable = divmod(rank - 1, len(_SYLLABLES))
        told.append(_SYLLABLES[syllable])
    return "".join(told).capitalize() + "son"


def real_loglines(asked: Asked) -> Loglines:
    """Loglines of a release's films, or of the bundled sample's."""
    if asked.release is None:
        texts = real_texts(None)
        vectors = real_vectors(None, quick=asked.quick)
        texts = texts[: len(vectors)]
        genres: list[list[str]] = [[] for _ in texts]
    else:
        movies = pq.read_table(
            asked.release / "movies.parquet", columns=["movie_id", "overview", "genres"]
        ).sort_by("movie_id")
        embeddings = pq.read_table(
            asked.release / "embeddings.parquet", columns=["movie_id", "vector"]
        )
        vectors = matrix_of(embeddings.sort_by("movie_id").combine_chunks())
        texts = movies["overview"].to_pylist()
        genres = [told or [] for told in movies["genres"].to_pylist()]
    sentences = [sentences_of(text) for text in texts]
    rows = [row for row, told in enumerate(sentences) if told]
    return Loglines(
        [sentences[row] for row in rows],
        [genres[row] for row in rows],
        _near(vectors[rows]),
        asked.seed,
    )


def _near(vectors: np.ndarray) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return np.asarray(index.search(vectors, min(_NEAR + 1, len(vectors)))[1][:, 1:])


def measure(asked: Asked) -> Found:
    """One mining for each size. With a work folder, what is measured is kept and not done again."""
    with asked.folder("loglines") as folder:
        return _measure(asked, folder)


def _measure(asked: Asked, folder: Path) -> Found:
    runs = []
    for films in asked.sizes:
        key = f"loglines-{films}-seed-{asked.seed}"
        runs.append(kept(folder, f"{key}/measured", partial(_one, films, asked, folder / key)))
    return Found(
        stage_rows(runs, SMALL),
        growth_figures(runs),
        [*(told(run) for run in runs), *(_words_told(run) for run in runs)],
    )


def _one(films: int, asked: Asked, place: Path) -> Row:
    place.mkdir(parents=True, exist_ok=True)
    catalogue = place / "films.parquet"
    if not catalogue.exists():
        made = place / "films.tmp"
        with pq.ParquetWriter(made, FILMS) as to:
            for chunk in real_loglines(asked).chunks(films):
                to.write_table(chunk)
        made.rename(catalogue)
    words: set[str] = set()
    for batch in pq.ParquetFile(catalogue).iter_batches(columns=["overview"]):
        words.update(*(text.lower().split() for text in batch["overview"].to_pylist()))
    found = mined(films, catalogue, place / "out", {"cluster": {"k": K}})
    return found | {"words": len(words)}


def _words_told(run: Row) -> str:
    return f"{run['films']:,} films have {run['words']:,} different words"


BENCH = Bench(
    name="loglines",
    title=f"Mining loglines, from text to release, at k = {K:,}",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(240,),
    columns=("films", "contender", "seconds", "exponent", "worker_mib", "driver_mib"),
    plot=Plot("seconds", x="films"),
)
