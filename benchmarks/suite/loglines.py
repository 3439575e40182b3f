"""Complete minings of loglines at a fixed k, up to a million films: the growth of each stage.

A logline joins the start of a real sentence and the end of another one, of two similar films: so a
million of them have the words and subjects of real texts, at a third of the cost. Half of them
start with a name, and more films have more names: this is how a vocabulary grows (Heaps' law).
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
from benchmarks.lib.harness import Bench, BenchOptions, BenchResult, Plot, Row, load_or_measure
from benchmarks.lib.vectors import real_texts, real_vectors
from benchmarks.suite.end_to_end import describe_run, mine_catalogue
from pipeline.schemas.vectors import matrix_of

__all__ = ["BENCH", "Loglines", "split_sentences"]

K = 1_000
_CHUNK = 10_000  # films in memory at a time
_NEAR = 10  # similar films that may give the end
_WORDS = range(6, 25)  # length of a usable sentence
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
_NAMED = 0.5  # share of loglines that start with a name
# Ranks of names follow a Pareto law with this index from rank 100 on: n films have about
# n^(1 / 1.7) different names (Heaps).
_TAIL, _COMMONEST = 0.7, 100


@dataclass(frozen=True)
class Loglines:
    """Films with one sentence each; a film depends only on the seed and its number.

    Attributes
    ----------
    sentences : sequence of sequence of str
        Sentences of each real film, at least one.
    genres : sequence of sequence of str
        Genres of each real film.
    near : ndarray of shape (n_real_films, n_near), int
        Rows of the films similar to each.
    seed : int
        Seed of the random generators.
    """

    sentences: Sequence[Sequence[str]]
    genres: Sequence[Sequence[str]]
    near: np.ndarray
    seed: int

    def film(self, number: int) -> dict[str, Any]:
        """Return one film, as a row of FILMS."""
        chance = Random(self.seed * 0x1_0000_0000 + number)
        one = chance.randrange(len(self.sentences))
        other = int(chance.choice(self.near[one]))
        words, more = (chance.choice(self.sentences[row]).split() for row in (one, other))
        cut, other_cut = (chance.uniform(0.3, 0.7) for _ in range(2))
        text = [*words[: round(cut * len(words))], *more[round(other_cut * len(more)) :]]
        name = _name(int(_COMMONEST * chance.paretovariate(_TAIL)))
        title = f"{name}: {' '.join(words[:3]).title()}"
        if chance.random() < _NAMED:
            text = [f"{name}:", *text]
        return {
            "movie_id": f"log-{number:08d}",
            "title": title,
            "year": chance.randint(1930, 2026),
            "overview": " ".join(text),
            "genres": list(self.genres[one]),
            "keywords": [],
            "language": "en",
            "vote_count": int(chance.paretovariate(0.8) * 10) % 30_000,
        }

    def chunks(self, films: int) -> Iterator[pa.Table]:
        """Yield tables of FILMS, some thousand films each."""
        for start in range(0, films, _CHUNK):
            rows = [self.film(number) for number in range(start, min(films, start + _CHUNK))]
            yield pa.Table.from_pylist(rows, FILMS)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text that have 6 to 24 words."""
    return [part for part in _SENTENCE.split(text.strip()) if len(part.split()) in _WORDS]


def _name(rank: int) -> str:
    """Return the name of a rank, from 1; all are different."""
    syllables = []
    while rank:
        rank, syllable = divmod(rank - 1, len(_SYLLABLES))
        syllables.append(_SYLLABLES[syllable])
    return "".join(syllables).capitalize() + "son"


def build_loglines(options: BenchOptions) -> Loglines:
    """Return loglines from the films of a release, or of the bundled sample."""
    if options.release is None:
        texts = real_texts(None)
        vectors = real_vectors(None, quick=options.quick)
        texts = texts[: len(vectors)]
        genres: list[list[str]] = [[] for _ in texts]
    else:
        movies = pq.read_table(
            options.release / "movies.parquet", columns=["movie_id", "overview", "genres"]
        ).sort_by("movie_id")
        embeddings = pq.read_table(
            options.release / "embeddings.parquet", columns=["movie_id", "vector"]
        )
        vectors = matrix_of(embeddings.sort_by("movie_id").combine_chunks())
        texts = movies["overview"].to_pylist()
        genres = [own or [] for own in movies["genres"].to_pylist()]
    sentences = [split_sentences(text) for text in texts]
    rows = [row for row, own in enumerate(sentences) if own]
    return Loglines(
        [sentences[row] for row in rows],
        [genres[row] for row in rows],
        _find_near(vectors[rows]),
        options.seed,
    )


def _find_near(vectors: np.ndarray) -> np.ndarray:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return np.asarray(index.search(vectors, min(_NEAR + 1, len(vectors)))[1][:, 1:])


def measure(options: BenchOptions) -> BenchResult:
    """Mine once for each size; sizes that are already measured in the work folder are reused."""
    with options.work_folder("loglines") as folder:
        return _measure(options, folder)


def _measure(options: BenchOptions, folder: Path) -> BenchResult:
    runs = []
    for films in options.sizes:
        key = f"loglines-{films}-seed-{options.seed}"
        runs.append(
            load_or_measure(
                folder, f"{key}/measured", partial(_measure_one, films, options, folder / key)
            )
        )
    return BenchResult(
        stage_rows(runs, SMALL),
        growth_figures(runs),
        [*map(describe_run, runs), *map(_describe_words, runs)],
    )


def _measure_one(films: int, options: BenchOptions, place: Path) -> Row:
    place.mkdir(parents=True, exist_ok=True)
    catalogue = place / "films.parquet"
    if not catalogue.exists():
        temporary = place / "films.tmp"
        with pq.ParquetWriter(temporary, FILMS) as to:
            for chunk in build_loglines(options).chunks(films):
                to.write_table(chunk)
        temporary.rename(catalogue)
    words: set[str] = set()
    for batch in pq.ParquetFile(catalogue).iter_batches(columns=["overview"]):
        words.update(*(text.lower().split() for text in batch["overview"].to_pylist()))
    row = mine_catalogue(films, catalogue, place / "out", {"cluster": {"k": K}})
    return row | {"words": len(words)}


def _describe_words(run: Row) -> str:
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
