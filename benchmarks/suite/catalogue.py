"""How fast synthetic films are made, in how much memory, and whether what is planted comes back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.films import NOISE, Catalogue, write_catalogue
from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row, exponent, medians
from benchmarks.lib.machine import Watch

__all__ = ["BENCH", "recovered", "score", "score_release"]

_SCORED = 3_000  # films of which it is measured whether plain k-means finds them again


def measure(asked: Asked) -> Found:
    """Films a second and memory at each size; the AMI of plain k-means on vectors of some."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="catalogue-") as folder:
        for films in asked.sizes:
            runs = [asked.place(_make, films, asked.seed, folder) for _ in range(asked.repeats)]
            rows.append({"contender": "generator", "films": films, **medians(runs)})
    scored = min(_SCORED, asked.sizes[0]) if asked.quick else _SCORED
    figures = {
        "time_exponent": exponent(asked.sizes, [row["seconds"] for row in rows]),
        "memory_exponent": exponent(asked.sizes, [row["peak_mib"] for row in rows]),
        "recovered": recovered(scored, asked.seed),
    }
    told = figures["recovered"]
    note = (
        f"AMI of plain spherical k-means with the planted micro-genres, {told['films']:,} films in "
        f"{told['planted']}: {told['ami']:.3f}, {told['noise_films']} films of noise left out"
    )
    return Found(rows, figures, [note])


def _make(films: int, seed: int, folder: str) -> Row:
    paths = [Path(folder) / f"{name}.parquet" for name in ("films", "truth")]
    with Watch() as watch:
        write_catalogue(Catalogue(films, seed), *paths)
    return {
        **watch.row,
        "films_per_second": films / watch.seconds,
        "bytes_per_film": paths[0].stat().st_size / films,
    }


def recovered(films: int, seed: int) -> Row:
    """How well plain k-means on the default model's vectors of the overviews finds the plan."""
    import faiss

    from pipeline.embedding.embed import encode
    from pipeline.embedding.weights import identify
    from pipeline.settings import EmbedSettings

    catalogue = Catalogue(films, seed)
    made = [catalogue.film(number) for number in range(films)]
    texts = [f"{row['overview']} {', '.join(row['keywords'])}" for row, _ in made]
    vectors = encode(texts, identify(EmbedSettings()))
    planted = np.array([truth["micro_genre"] for _, truth in made])
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


def score(planted: np.ndarray, found: np.ndarray) -> Row:
    """Adjusted mutual information (Vinh et al. 2010) over the films that are not noise.

    Parameters
    ----------
    planted, found : (films,) int, row by row the same films.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    kept = planted != NOISE
    return {
        "ami": float(adjusted_mutual_info_score(planted[kept], found[kept])),
        "noise_films": int((~kept).sum()),
    }


def score_release(truth: Path, release: Path) -> Row:
    """The same of a release's micro-genres, with the truth that was written beside its films."""
    planted: pa.Table = pq.read_table(truth)
    movies = pq.read_table(release / "movies.parquet", columns=["movie_id", "cluster"])
    joined = movies.join(planted, "movie_id", join_type="inner")
    answer = score(joined["micro_genre"].to_numpy(), joined["cluster"].to_numpy())
    known = planted.filter(pa.compute.not_equal(planted["micro_genre"], NOISE))
    return {
        **answer,
        "planted": len(known["micro_genre"].unique()),
        "found": len(movies["cluster"].unique()),
    }


BENCH = Bench(
    name="catalogue",
    title="Synthetic films: made and streamed to Parquet",
    measure=measure,
    sizes=(10_000, 100_000),
    quick_sizes=(300, 600),
    columns=("films", "seconds", "films_per_second", "bytes_per_film", "peak_mib", "grown_mib"),
    plot=Plot("seconds", x="films"),
)
