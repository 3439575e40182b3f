"""A table read in parts gives the results of the whole table, in the memory of one part."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pytest

from pipeline import cluster
from pipeline.errors import CorruptFileError, StoreError
from pipeline.execution.stage import Piece, Stage, run_piece
from pipeline.features.fit_space import fit_space
from pipeline.features.space import table_to_arrays
from pipeline.neighbours import index as film_index
from pipeline.neighbours import ivf_stream
from pipeline.neighbours import search as neighbours
from pipeline.neighbours.recall import recall_at_10
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, ids_and_matrix, matrix_of, vectors_at
from pipeline.settings import ClusterSettings, FeatureSettings, NeighbourSettings
from pipeline.storage.work_store import StoredParts, WorkStore
from tests.support.films import mined
from tests.support.planted import planted, points_table

KINDS = ("flat", "hnsw", "ivf", "ivf-sq8")


def stored(folder: Path, table: pa.Table, parts: int = 3) -> StoredParts:
    """Store a table in several files; the last one is shorter, and one more has no rows."""
    store = WorkStore(folder)
    size = max(1, -(-len(table) // parts))
    cuts = [table.slice(start, size) for start in range(0, len(table), size)]
    refs = [
        store.commit(
            "input", f"p{n}", f"{n:064x}", {"t": part}, rows_in=len(part), seconds=0
        ).outputs["t"]
        for n, part in enumerate([*cuts, table.slice(0, 0)])
    ]
    return store.parts(refs)


def test_parts_contain_all_rows_in_order(tmp_path: Path) -> None:
    films = points_table(planted(5, 20)[0])
    parts = stored(tmp_path, films)
    assert parts.num_rows == 100
    for _ in range(2):
        assert pa.concat_tables(parts).equals(films)
    ids, matrix = ids_and_matrix(parts)
    assert ids.equals(films["movie_id"].combine_chunks())
    assert np.array_equal(matrix, matrix_of(films))
    assert np.array_equal(matrix_of(pa.concat_tables(parts)), matrix)


def test_matrix_without_rows_has_the_width_of_the_column(tmp_path: Path) -> None:
    parts = stored(tmp_path, points_table(planted(1, 4)[0]).slice(0, 0))
    assert matrix_of(parts).shape == (0, 48)


@pytest.mark.parametrize("damage", ["altered", "cut", "missing"])
def test_error_names_the_damaged_file(tmp_path: Path, damage: str) -> None:
    parts = stored(tmp_path, points_table(planted(5, 20)[0]))
    path = tmp_path / parts.refs[1].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    if damage != "missing":
        path.write_bytes(data if damage == "altered" else data[:-9])
    with pytest.raises(CorruptFileError, match=path.name):
        list(parts)


@pytest.mark.parametrize("kind", KINDS)
def test_index_built_from_parts_equals_index_of_the_table(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_index, "_ROW_BYTES", 1_000)
    monkeypatch.setattr(ivf_stream, "_PIECE_BYTES", 8_000)
    vectors, _ = planted(20, 40, noise=0.15)
    films = points_table(vectors)
    settings = NeighbourSettings.model_validate({"index": kind, "recall_queries": 200})
    whole = film_index.build_index(films, settings, len(films))["index"]
    parts = stored(tmp_path / "films", films)
    index = film_index.build_index(parts, settings, len(films))["index"]
    rows = [len(row.as_py()) for row in index["index"]]
    if kind in film_index.IVF_CODECS:  # the trained part, the lengths, then whole lists
        lists = ivf_stream.InvertedLists(film_index.index_bytes(index))
        assert len(rows) > 5 and max(rows[2:]) <= max(
            8_000, *(lists.lengths * lists.bytes_per_film)
        )
    else:
        assert set(rows[:-1]) == {1_000} and 0 < rows[-1] <= 1_000
    if kind != "hnsw":  # its graph depends on the size of the parts
        assert index.equals(whole)
    raw = b"".join(film_index.index_bytes(stored(tmp_path / "index", index)))
    assert raw == b"".join(film_index.index_bytes(index))
    opened = faiss.deserialize_index(np.frombuffer(raw, np.uint8))
    assert opened.ntotal == len(films)
    answers = [
        neighbours.nearest_films(films, films, searched, settings)["neighbours"]
        for searched in (index, stored(tmp_path / "again", index))
    ]
    assert answers[0].equals(answers[1])
    recalls = [recall_at_10(sample, index, settings, seed=1)["recall"] for sample in (films, parts)]
    assert recalls[0].equals(recalls[1])


def test_recall_equals_that_of_an_exhaustive_search(tmp_path: Path) -> None:
    vectors, _ = planted(20, 40, noise=0.3)
    films = points_table(vectors)
    settings = NeighbourSettings(index="ivf", recall_queries=len(films))
    index = film_index.build_index(films, settings, len(films))["index"]
    found = recall_at_10(stored(tmp_path, films), index, settings, seed=3)["recall"]
    listed = neighbours.nearest_films(films, films, index, NeighbourSettings(count=9))
    near = listed["neighbours"].to_pandas().groupby("movie_id")["neighbour_id"].apply(set)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, np.inf)
    truth = np.argsort(-cosine, axis=1)[:, 1:10]
    ids = films["movie_id"].to_pylist()
    hits = [len(near[ids[row]] & {ids[n] for n in truth[row]}) for row in range(len(films))]
    # the film itself is the first of the ten, and the index finds it
    expected = (sum(hits) + len(films)) / (10 * len(films))
    assert found.column("recall")[0].as_py() == pytest.approx(expected, abs=2e-3)


def test_space_fitted_on_parts_equals_space_of_the_table(tmp_path: Path) -> None:
    films, settings = mined(), FeatureSettings()
    codes = pa.array(["en", "de"] * (len(films.movies) // 2))
    languages = pa.table({"movie_id": films.movies["movie_id"], "text_language": codes})
    tables = (films.movies, films.features, films.embeddings, languages)
    whole = fit_space(*tables[:3], films.vocabulary, settings, languages)["space"]
    parts: list[Parts] = [stored(tmp_path / str(n), table) for n, table in enumerate(tables)]
    first_parts = (parts[0], parts[1], parts[2])
    again = fit_space(*first_parts, films.vocabulary, settings, parts[3])["space"]
    first, second = table_to_arrays(whole), table_to_arrays(again)
    assert {"origin:text:de", "origin:text:en"} <= first.keys()
    assert first.keys() == second.keys()
    for name, numbers in first.items():
        np.testing.assert_allclose(second[name], numbers, rtol=1e-9, atol=1e-9, err_msg=name)


def test_clusters_of_parts_equal_clusters_of_the_table(tmp_path: Path) -> None:
    films = points_table(planted(8, 40)[0])
    parts, settings = stored(tmp_path, films), ClusterSettings()
    smoothed = cluster.smooth_points(films, settings)
    for name, table in cluster.smooth_points(parts, settings).items():
        assert table.equals(smoothed[name]), name
    trained = [cluster.train(p, **smoothed, settings=settings, k=8) for p in (films, parts)]
    assert trained[0]["centroids"].equals(trained[1]["centroids"])
    samples = [cluster.label_subsample(p, settings, [8], 0, 1) for p in (films, parts)]
    assert samples[0]["labels"].equals(samples[1]["labels"])


@stage("counted", inputs=("films", "others"), outputs=("sizes",), streamed=("films",))
def counted(films: Parts, others: pa.Table) -> dict[str, pa.Table]:
    """A stage that counts the rows of each part, and of a table that is not in parts."""
    assert not isinstance(films, pa.Table)
    sizes = [part.num_rows for part in films]
    return {"sizes": pa.table([[*sizes, others.num_rows]], names=["rows"])}


def test_stage_receives_its_streamed_inputs_in_parts(tmp_path: Path) -> None:
    parts = stored(tmp_path, points_table(planted(5, 20)[0]))
    piece = Piece("all", {"films": parts.refs, "others": parts.refs})
    manifest = run_piece(str(tmp_path), Stage.of(counted), piece, "0" * 64)
    assert manifest.rows_in == 200
    sizes = WorkStore(tmp_path).read(manifest.outputs["sizes"]).column("rows").to_pylist()
    assert sizes == [34, 34, 32, 0, 100]


_BUILDS = """
import sys
import numpy as np
from pathlib import Path
from benchmarks.lib.machine import Watch
from pipeline.neighbours import index as film_index
from pipeline.execution.stage import Piece, Stage, run_piece
from pipeline.settings import NeighbourSettings
from pipeline.storage.work_store import WorkStore
from pipeline.schemas.mining import EMBEDDINGS
from pipeline.schemas.vectors import column_of_vectors
import pyarrow as pa

films, dim = 4_000, 384
store, refs = WorkStore(Path(sys.argv[1])), []
for n in range(10):
    vectors = np.random.default_rng(n).normal(size=(films, dim)).astype(np.float32)
    text = pa.array(["x"] * films)
    ids = pa.array([f"{n}-{i}" for i in range(films)])
    table = pa.table([ids, text, text, column_of_vectors(vectors, "float16")], EMBEDDINGS(dim))
    manifest = store.commit("e", f"p{n}", f"{n:064x}", {"e": table}, rows_in=films, seconds=0)
    refs.append(manifest.outputs["e"])
stage = Stage.of(film_index.build_index, NeighbourSettings())
piece = Piece("all", {"embeddings": tuple(refs)}, {"films": 10 * films})
with Watch() as watch:
    run_piece(sys.argv[1], stage, piece, "f" * 64)
print(watch.grown_mib * 2**20 / (10 * films))
"""


def test_index_is_built_and_committed_in_a_few_times_its_own_memory(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", _BUILDS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    bytes_per_film = float(process.stdout)
    # a vector has 1,536 bytes; memory is needed for the index, its bytes and one part
    assert 1_536 < bytes_per_film < 6_000


@pytest.mark.parametrize("step", [1, 3, 7, 40])
def test_vectors_at_equal_distances_do_not_depend_on_the_parts(tmp_path: Path, step: int) -> None:
    films = points_table(planted(5, 20)[0])
    parts = stored(tmp_path, films)
    assert np.array_equal(vectors_at(parts, np.arange(0, 100, step)), matrix_of(films)[::step])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full of Linux")
def test_error_names_a_full_disk_while_an_index_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    films = points_table(planted(20, 40)[0])
    # unbuffered: otherwise closing the file would try to write again
    full = partial(open, "/dev/full", "r+b", buffering=0)
    monkeypatch.setattr(film_index, "TemporaryFile", full)
    with pytest.raises(StoreError, match=r"No space left on device; make space there"):
        film_index.build_index(films, NeighbourSettings(), len(films))
