"""Speed and memory of generating synthetic films, and whether k-means finds what is planted."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import NOISE, Catalogue, write_catalogue
from benchmarks.lib.harness import (
    Bench,
    BenchOptions,
    BenchResult,
    Plot,
    Row,
    fit_exponent,
    median_row,
)
from benchmarks.lib.machine import Watch
from benchmarks.lib.planted_score import score

__all__ = ["BENCH", "measure_recovery", "score", "score_release"]

_SCORED, _QUICKLY_SCORED = 3_000, 1_000  # films for k-means on their vectors


def measure(options: BenchOptions) -> BenchResult:
    """Measure films per second and memory at each size, and the AMI of plain k-means."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        for films in options.sizes:
            runs = [
                options.call(_generate, films, options.seed, folder) for _ in range(options.repeats)
            ]
            rows.append({"contender": "generator", "films": films, **median_row(runs)})
    scored = min(_QUICKLY_SCORED, options.sizes[0]) if options.quick else _SCORED
    figures = {
        "time_exponent": fit_exponent(options.sizes, [row["seconds"] for row in rows]),
        "memory_exponent": fit_exponent(options.sizes, [row["peak_mib"] for row in rows]),
        "recovered": measure_recovery(scored, options.seed),
    }
    recovery = figures["recovered"]
    note = (
        f"AMI of plain spherical k-means with the planted micro-genres, {recovery['films']:,} "
        f"films in {recovery['planted']}: {recovery['ami']:.3f}, without "
        f"{recovery['noise_films']} films of noise"
    )
    return BenchResult(rows, figures, [note])


def _generate(films: int, seed: int, folder: str) -> Row:
    paths = [Path(folder) / f"{name}.parquet" for name in ("films", "truth")]
    with Watch() as watch:
        write_catalogue(Catalogue(films, seed), *paths)
    return {
        **watch.row,
        "films_per_second": films / watch.seconds,
        "bytes_per_film": paths[0].stat().st_size / films,
    }


def measure_recovery(films: int, seed: int) -> Row:
    """Return how well k-means on vectors of the default model finds the planted micro-genres.

    Parameters
    ----------
    films, seed : int
        Number and seed of the synthetic films.

    Returns
    -------
    dict of str to Any
        "films", "planted" (number of micro-genres), and the figures of `score`.
    """
    import faiss

    from pipeline.embedding.embed import encode
    from pipeline.embedding.weights import identify
    from pipeline.settings import EmbedSettings

    catalogue = Catalogue(films, seed)
    rows = [catalogue.film(number) for number in range(films)]
    texts = [f"{row['overview']} {', '.join(row['keywords'])}" for row, _ in rows]
    vectors = encode(texts, identify(EmbedSettings()))
    planted = np.array([truth["micro_genre"] for _, truth in rows])
    faiss.omp_set_num_threads(2)
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        catalogue.genres,
        niter=20,
        nredo=3,
        seed=seed,
        spherical=True,
        min_points_per_centroid=1,
    )
    kmeans.train(vectors)
    found = kmeans.index.search(vectors, 1)[1][:, 0]
    return {"films": films, "planted": catalogue.genres, **score(planted, found)}


def score_release(truth: Path, release: Path) -> Row:
    """Return `score` for the micro-genres of a release; `truth` is a file with a table of TRUTH."""
    planted: pa.Table = pq.read_table(truth)
    movies = pq.read_table(release / "movies.parquet", columns=["movie_id", "cluster"])
    joined = movies.join(planted, "movie_id", join_type="inner")
    figures = score(joined["micro_genre"].to_numpy(), joined["cluster"].to_numpy())
    known = planted.filter(pa.compute.not_equal(planted["micro_genre"], NOISE))
    return {
        **figures,
        "planted": len(known["micro_genre"].unique()),
        "found": len(movies["cluster"].unique()),
    }


BENCH = Bench(
    name="catalogue",
    title="Synthetic films: generated and streamed to Parquet",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(5_000, 20_000),
    columns=("films", "seconds", "films_per_second", "bytes_per_film", "peak_mib", "grown_mib"),
    plot=Plot("seconds", x="films"),
)
