"""A release of any number of films from a mined one, to measure updates: films copied with noise.

Every copy has its own id, text and vector. The nearest films of a copy are other copies of the same
film, so that neighbours are exact among them and cost little. All tables of a mined release are
written, so that `update` follows the release.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.features.space import arrays_to_table, table_to_arrays
from pipeline.fileio.external_sort import StreamedTable
from pipeline.fileio.manifest import file_sha256
from pipeline.fileio.parquet import write_table
from pipeline.ingest.row_hash import hash_rows
from pipeline.lineage.matching import empty_match, lineage_table
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.search import nearest_films
from pipeline.schemas import mining as tables
from pipeline.schemas.lineage import BASELINE, LINEAGE, ROWS
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.vectors import column_of_vectors, matrix_of, unit_rows
from pipeline.settings import NeighbourSettings, Settings
from pipeline.storage.release_store import ReleaseStore
from pipeline.taxonomy import micro_genre_ids

__all__ = ["CATALOGUE", "ENLARGED", "enlarge_for_updates", "write_changes"]

CATALOGUE = "catalogue.parquet"  # the films as a source, beside the releases
ENLARGED = "enlarged"  # id of the release
_SEED = 2026
_JITTER = 0.35  # length of the random vector that is added to a unit vector
_POOL = 4_096  # random vectors; the noise of a film is the sum of two
_FIRST_ID = 10_000_000  # ids have equal lengths, so that their order is that of their numbers
_ROWS = 32_768
_COPIED = ("space", "vocabulary", "tfidf", "families")
_MOST_CLUSTERS = 2_083  # of a mining: `cluster.train_films` over the films of a cluster


def enlarge_for_updates(source: Path, out: Path, films: int) -> Path:
    """Commit a release of `films` films to the output folder `out`, with its catalogue.

    Parameters
    ----------
    source : Path
        The folder of a mined release.
    out : Path
        An output folder without releases.
    films : int
        Number of films of the new release.

    Returns
    -------
    Path
        Folder of the release. The catalogue is `out / CATALOGUE`.
    """
    store = ReleaseStore(out)
    copies = _Copies(source, films)
    manifest = json.loads((source / "manifest.json").read_bytes())
    folder = store.begin(ENLARGED)
    for table in _COPIED:
        if (source / f"{table}.parquet").is_file():
            shutil.copy(source / f"{table}.parquet", folder / f"{table}.parquet")
    for file in ("report.json", "report.html"):
        shutil.copy(source / file, folder / file)
    genres = copies.micro_genres()
    ids_and_names = list(
        zip(*(genres[n].to_pylist() for n in ("micro_genre_id", "micro_genre_name")), strict=True)
    )
    settings = Settings(**{"neighbours": manifest["settings"]["neighbours"]})
    write_table(out / CATALOGUE, copies.streamed(copies.catalogue, copies.catalogue_schema))
    write_table(folder / "movies.parquet", copies.streamed(copies.movies, tables.RELEASED_MOVIES))
    write_table(folder / "rows.parquet", copies.streamed(copies.rows, ROWS))
    write_table(
        folder / "languages.parquet", copies.streamed(copies.languages, copies.language_rows.schema)
    )
    whole = {
        "micro_genres": genres,
        "centroids": copies.centroids(),
        "baseline": copies.baseline(),
        "map": copies.film_map(),
        "rejects": tables.REJECTS.empty_table(),
        "lineage": lineage_table(
            empty_match(len(genres)),
            [],
            ids_and_names,
            LINEAGE.empty_table(),
            0,
            settings.identity,
        ),
    }
    for name, table in whole.items():
        write_table(folder / f"{name}.parquet", table)
    write_table(folder / "embeddings.parquet", copies.embeddings())
    embeddings = StreamedTable(
        copies.embeddings().schema, films, lambda: _row_groups(folder / "embeddings.parquet")
    )
    index = build_index(embeddings, settings.neighbours, films)["index"]
    with open(folder / "index.faiss", "wb") as index_file:
        for part in index_bytes(index):
            index_file.write(part)
    near = copies.neighbours(embeddings, index, settings.neighbours)
    write_table(folder / "neighbours.parquet", near)
    uses = {n: c * films // copies.count for n, c in manifest["keyword_uses"].items()}
    manifest |= {
        "release_id": ENLARGED,
        "kind": "mined",
        "parent": None,
        "generation": 0,
        "keyword_uses": uses,
        "counts": {"rows_in": films, "released": films, "rejected": 0},
        "sources": [
            {"name": CATALOGUE, "rows": films, "sha256": file_sha256(out / CATALOGUE)},
        ],
        "source_order": [CATALOGUE],
        "partition_count": partition_count(films),
    }
    for name in ("files", "content"):
        manifest.pop(name, None)
    return store.commit(folder, ENLARGED, manifest)


class _Copies:
    """The films of the enlarged release by their number, from 0."""

    def __init__(self, source: Path, films: int) -> None:
        self.source, self.films = source, films
        self.base = pq.read_table(source / "movies.parquet").combine_chunks()
        self.count = len(self.base)
        embeddings = pq.read_table(source / "embeddings.parquet").combine_chunks()
        row_of = {movie_id: n for n, movie_id in enumerate(embeddings["movie_id"].to_pylist())}
        order = pa.array([row_of[i] for i in self.base["movie_id"].to_pylist()])
        self.base_embeddings = embeddings.take(order).combine_chunks()
        self.vectors = matrix_of(self.base_embeddings)
        languages = pq.read_table(source / "languages.parquet")
        place = {movie_id: n for n, movie_id in enumerate(languages["movie_id"].to_pylist())}
        self.language_rows = languages.take(
            pa.array([place[i] for i in self.base["movie_id"].to_pylist()])
        ).combine_chunks()
        self.genres = pq.read_table(source / "micro_genres.parquet").sort_by("cluster")
        self.split = max(1, min(films // self.count, _MOST_CLUSTERS // len(self.genres)))
        rng = np.random.default_rng(_SEED)
        self.pool = unit_rows(rng.standard_normal((_POOL, self.vectors.shape[1])))
        self.catalogue_schema = pa.schema(
            [field for field in tables.MOVIES if field.name not in ("source", "row")]
        )

    def ids(self, numbers: np.ndarray) -> pa.Array:
        return pa.array([str(_FIRST_ID + n) for n in numbers.tolist()], pa.string())

    def streamed(self, make: Any, schema: pa.Schema) -> StreamedTable:
        return StreamedTable(schema, self.films, lambda: map(make, _chunks(self.films)))

    def movies(self, numbers: np.ndarray) -> pa.Table:
        """RELEASED_MOVIES of some films."""
        films = self.base.take(pa.array(numbers % self.count))
        copy = numbers // self.count
        columns = {name: films.column(name) for name in films.column_names}
        columns["movie_id"] = self.ids(numbers)
        for name in ("title", "overview"):
            columns[name] = pa.array(
                [
                    text if not n or text is None else f"{text} {n}."
                    for text, n in zip(films[name].to_pylist(), copy.tolist(), strict=True)
                ],
                pa.string(),
            )
        part = (copy % self.split).astype(np.int32)
        for name in ("cluster", "runner_up"):
            columns[name] = pa.array(films[name].to_numpy() * self.split + part, pa.int32())
        columns["micro_genre_name"] = pa.array(
            [
                f"{name} {n + 1}"
                for name, n in zip(
                    films["micro_genre_name"].to_pylist(), part.tolist(), strict=True
                )
            ]
        )
        return pa.table(columns, schema=tables.RELEASED_MOVIES)

    def catalogue(self, numbers: np.ndarray) -> pa.Table:
        """The cells of some films, as a source has them."""
        films = self.movies(numbers)
        columns = [
            films.column(field.name) if field.name in films.column_names else pa.nulls(len(films))
            for field in self.catalogue_schema
        ]
        return pa.table(columns, names=self.catalogue_schema.names).cast(self.catalogue_schema)

    def rows(self, numbers: np.ndarray) -> pa.Table:
        """ROWS of some films."""
        films = self.catalogue(numbers)
        films = films.append_column("source", pa.array([CATALOGUE] * len(films)))
        films = films.append_column("row", pa.array(numbers + 1, pa.int64()))
        return hash_rows(films.cast(tables.MOVIES))["rows"]

    def languages(self, numbers: np.ndarray) -> pa.Table:
        """LANGUAGES of some films."""
        rows = self.language_rows.take(pa.array(numbers % self.count))
        return rows.set_column(0, rows.schema.field(0), self.ids(numbers))

    def micro_genres(self) -> pa.Table:
        """MICRO_GENRES: each one of the mining several times, with a number in its name."""
        rows = []
        for row in self.genres.to_pylist():
            for part in range(self.split):
                number = row["cluster"] * self.split + part
                own = {
                    "cluster": number,
                    "micro_genre_name": f"{row['micro_genre_name']} {part + 1}",
                }
                nearest = (row["nearest_cluster"] or 0) * self.split + part
                rows.append(row | own | {"nearest_cluster": nearest})
        for row, micro_genre_id in zip(
            rows, micro_genre_ids([row["micro_genre_name"] for row in rows]), strict=True
        ):
            row["micro_genre_id"] = micro_genre_id
        return pa.Table.from_pylist(rows, tables.MICRO_GENRES)

    def centroids(self) -> pa.Table:
        """CENTROIDS: those of the mining with a little noise."""
        before = matrix_of(pq.read_table(self.source / "centroids.parquet").sort_by("cluster"))
        many = np.repeat(before, self.split, axis=0)
        noise = np.random.default_rng(_SEED).standard_normal(many.shape)
        many = unit_rows(many + 0.1 * unit_rows(noise))
        numbers = pa.array(range(len(many)), pa.int32())
        return pa.table([numbers, column_of_vectors(many)], schema=tables.CENTROIDS(many.shape[1]))

    def film_map(self) -> pa.Table:
        """MAP: each micro-genre of the enlarged release where that of the mining is."""
        arrays = table_to_arrays(pq.read_table(self.source / "map.parquet"))
        arrays["layout"] = np.repeat(arrays["layout"], self.split, axis=0)
        return arrays_to_table(arrays)

    def baseline(self) -> pa.Table:
        """BASELINE of all films."""
        numbers = np.arange(self.films)
        own, part = numbers % self.count, numbers // self.count % self.split
        columns = [
            pa.array(self.base["cluster"].to_numpy()[own] * self.split + part, pa.int32()),
            pa.array(self.base["similarity"].to_numpy()[own], pa.float32()),
        ]
        return pa.table(columns, schema=BASELINE).sort_by(
            [(n, "ascending") for n in BASELINE.names]
        )

    def text_vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Unit vectors of some films, as they are stored: float16 in float32."""
        noise = self.pool[numbers * 7_919 % _POOL] + self.pool[(numbers * 104_729 + 13) % _POOL]
        vectors = unit_rows(self.vectors[numbers % self.count] + _JITTER * unit_rows(noise))
        return vectors.astype(np.float16).astype(np.float32)

    def embeddings(self) -> StreamedTable:
        """EMBEDDINGS in the order of the partitions."""
        partition = partition_ids(self.ids(np.arange(self.films)), partition_count(self.films))
        order = np.lexsort((np.arange(self.films), partition))
        dim = self.vectors.shape[1]
        schema = tables.EMBEDDINGS(dim)
        revision = self.base_embeddings["model_revision"][0].as_py()
        hashes = self.base_embeddings["text_hash"].to_pylist()

        def make(chunk: np.ndarray) -> pa.Table:
            numbers = order[chunk]
            texts = [f"{hashes[n % self.count]}-{n}" for n in numbers.tolist()]
            columns = [
                self.ids(numbers),
                pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts]),
                pa.array([revision] * len(numbers)),
                column_of_vectors(self.text_vectors(numbers), "float16"),
            ]
            return pa.table(columns, schema=schema)

        return self.streamed(make, schema)

    def neighbours(
        self, embeddings: StreamedTable, index: pa.Table, settings: NeighbourSettings
    ) -> pa.Table | StreamedTable:
        """NEIGHBOURS: exact among the copies of each film, if there are enough copies."""
        count = settings.count
        if self.films // self.count <= count:
            everyone = pa.concat_tables([part.select(["movie_id"]) for part in embeddings])
            parts = [
                nearest_films(part, everyone, index, settings)["neighbours"] for part in embeddings
            ]
            order = [("movie_id", "ascending"), ("rank", "ascending")]
            return pa.concat_tables(parts).sort_by(order).combine_chunks()
        near = np.empty((self.films, count), np.int32)
        cosine = np.empty((self.films, count), np.float32)
        for base in range(self.count):
            own = np.arange(base, self.films, self.count)
            vectors = self.text_vectors(own)
            product = vectors @ vectors.T
            np.fill_diagonal(product, -np.inf)
            best = np.argsort(-product, axis=1, kind="stable")[:, :count]
            near[own], cosine[own] = own[best], np.take_along_axis(product, best, axis=1)

        def make(numbers: np.ndarray) -> pa.Table:
            columns = [
                self.ids(np.repeat(numbers, count)),
                pa.array(np.tile(np.arange(1, count + 1), len(numbers)), pa.int16()),
                self.ids(near[numbers].ravel()),
                pa.array(cosine[numbers].ravel()),
            ]
            return pa.table(columns, schema=tables.NEIGHBOURS)

        return StreamedTable(
            tables.NEIGHBOURS, self.films * count, lambda: map(make, _chunks(self.films))
        )


def _chunks(films: int) -> Iterator[np.ndarray]:
    for start in range(0, films, _ROWS):
        yield np.arange(start, min(start + _ROWS, films))


def _row_groups(path: Path) -> Iterator[pa.Table]:
    parquet = pq.ParquetFile(path)
    for group in range(parquet.num_row_groups):
        yield parquet.read_row_group(group)


def write_changes(out: Path, films: int, changed: int) -> tuple[Path, Path]:
    """Write what a catalogue of `enlarge_for_updates` has become after some films changed.

    Half of the changes are other texts, a quarter other votes, and a quarter new films.

    Parameters
    ----------
    out : Path
        The output folder; it has the catalogue and, after this, the two files.
    films : int
        Number of films of the catalogue.
    changed : int
        Number of changes.

    Returns
    -------
    only, whole : Path
        The changed films alone, and the whole catalogue with them.
    """
    numbers = np.sort(np.random.default_rng(_SEED).permutation(films)[: changed - changed // 4])
    parquet = pq.ParquetFile(out / CATALOGUE)
    schema, first, found = parquet.schema_arrow, 0, []
    new: list[dict[str, Any]] = []
    for group in range(parquet.num_row_groups):
        rows = parquet.metadata.row_group(group).num_rows
        own = numbers[(numbers >= first) & (numbers < first + rows)]
        part = parquet.read_row_group(group)
        found += part.take(pa.array(own - first)).to_pylist()
        first += rows
        if len(new) < changed // 4:
            new += part.slice(0, changed // 4 - len(new)).to_pylist()
    for place, film in enumerate(found):
        if place % 3 < 2:
            film["overview"] = f"{film['overview']} Nothing is as it was."
        else:
            film["vote_average"], film["vote_count"] = 6.5, 1_000
    for place, film in enumerate(new):
        film["movie_id"] = str(_FIRST_ID + films + place)
        film["title"], film["overview"] = f"{film['title']} Again", f"{film['overview']} Again."
    edited = pa.Table.from_pylist(found, schema)
    added = pa.Table.from_pylist(new, schema)

    def parts() -> Iterator[pa.Table]:
        start, at = 0, 0
        for group in range(parquet.num_row_groups):
            part = parquet.read_row_group(group)
            own = numbers[(numbers >= start) & (numbers < start + len(part))] - start
            order = np.arange(len(part))
            order[own] = len(part) + np.arange(len(own))
            both = pa.concat_tables([part, edited.slice(at, len(own))])
            yield both.take(pa.array(order))
            start, at = start + len(part), at + len(own)
        yield added

    only, whole = out / "changes.parquet", out / "later.parquet"
    for path, table in (
        (only, pa.concat_tables([edited, added])),
        (whole, StreamedTable(schema, films + len(added), parts)),
    ):
        path.unlink(missing_ok=True)
        write_table(path, table)
    return only, whole
