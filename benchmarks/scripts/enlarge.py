"""Creates a large release from a real one, to measure the API: films are copied with noise.

`python -m benchmarks.scripts.enlarge RELEASE OUT --films 100000`. Every copy has a new id, a year
and figures close to those of the original, and a slightly rotated vector. Neighbours are searched
again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.fileio.parquet import write_table
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.search import nearest_films
from pipeline.release.lookup import find_release
from pipeline.schemas import mining as tables
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import NeighbourSettings
from pipeline.storage.release_store import ReleaseStore

_SEED = 2026
_JITTER = 0.35  # length of the random vector added to a unit vector
_COPIED_TABLES = (
    "centroids",
    "space",
    "vocabulary",
    "tfidf",
    "rejects",
    "families",
    "micro_genres",
)


def enlarge(source: Path, out: Path, films: int) -> Path:
    """Create a release of `films` films in the output folder `out` and return its folder.

    Parameters
    ----------
    source : Path
        The folder of a release.
    out : Path
        An output folder.
    films : int
        Number of films of the new release.
    """
    rng = np.random.default_rng(_SEED)
    manifest = json.loads((source / "manifest.json").read_bytes())
    movies = pq.read_table(source / "movies.parquet")
    embeddings = pq.read_table(source / "embeddings.parquet")
    row_of = {movie_id: row for row, movie_id in enumerate(embeddings["movie_id"].to_pylist())}
    vectors = matrix_of(embeddings)[[row_of[i] for i in movies["movie_id"].to_pylist()]]
    copies = -(-films // len(movies))
    parts = [_copy(movies, number, rng) for number in range(copies)]
    many = pa.concat_tables(parts).slice(0, films).combine_chunks()
    rotated = np.concatenate([vectors, *(_rotated(vectors, rng) for _ in range(copies - 1))])[
        :films
    ]
    order = np.argsort(np.array(many["movie_id"].to_pylist()), kind="stable")
    many, rotated = many.take(pa.array(order)), rotated[order]
    placed = _embeddings(many, rotated, embeddings)
    settings = NeighbourSettings(index="flat")
    index = build_index(placed, settings, len(many))["index"]
    faiss.omp_set_num_threads(2)
    near = nearest_films(placed, many.select(["movie_id"]), index, settings)["neighbours"]
    store = ReleaseStore(out)
    name = f"{manifest['release_id'][:6]}-{films}"
    folder = store.begin(name)
    for table in _COPIED_TABLES:
        if (source / f"{table}.parquet").is_file():
            shutil.copy(source / f"{table}.parquet", folder / f"{table}.parquet")
    write_table(folder / "movies.parquet", many)
    write_table(folder / "neighbours.parquet", near.combine_chunks())
    write_table(folder / "embeddings.parquet", placed)
    (folder / "index.faiss").write_bytes(b"".join(index_bytes(index)))
    for file in ("report.json", "report.html"):
        shutil.copy(source / file, folder / file)
    rejected = manifest["counts"]["rejected"]
    manifest["counts"] = {
        "rows_in": len(many) + rejected,
        "released": len(many),
        "rejected": rejected,
    }
    manifest["release_id"] = name
    manifest.pop("files")
    return store.commit(folder, name, manifest)


def _copy(movies: pa.Table, number: int, rng: np.random.Generator) -> pa.Table:
    if number == 0:
        return movies
    columns = {name: movies.column(name) for name in movies.column_names}
    columns["movie_id"] = pa.array([f"{i}-{number}" for i in movies["movie_id"].to_pylist()])
    years = movies["year"].to_pylist()
    shift = rng.integers(-5, 6, len(movies)).tolist()
    columns["year"] = pa.array(
        [None if y is None else y + s for y, s in zip(years, shift, strict=True)], pa.int32()
    )
    for name, scale in (("popularity", 0.3), ("x", 0.02), ("y", 0.02)):
        values = movies[name].to_numpy(zero_copy_only=False).astype(np.float64)
        values = values * (1 + scale * rng.standard_normal(len(values)))
        columns[name] = pa.array(values, movies.schema.field(name).type, from_pandas=True)
    return pa.table(columns, schema=movies.schema)


def _rotated(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.standard_normal(vectors.shape, np.float32)
    noise *= _JITTER / np.linalg.norm(noise, axis=1, keepdims=True)
    rotated = vectors + noise
    return np.asarray(rotated / np.linalg.norm(rotated, axis=1, keepdims=True), np.float32)


def _embeddings(movies: pa.Table, vectors: np.ndarray, like: pa.Table) -> pa.Table:
    vector = like.schema.field("vector").type
    dtype = "float16" if vector.value_type == pa.float16() else "float32"
    revision = like["model_revision"][0].as_py()
    return pa.table(
        [
            movies["movie_id"].combine_chunks(),
            pa.array(["0" * 64] * len(movies)),
            pa.array([revision] * len(movies)),
            column_of_vectors(vectors, dtype),
        ],
        schema=tables.EMBEDDINGS(vectors.shape[1], dtype),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("out", type=Path, help="an output folder for the large release")
    parser.add_argument("--films", type=int, default=100_000)
    options = parser.parse_args()
    print(enlarge(find_release(options.release), options.out, options.films))
