"""Vectors of queries and films, with the real model."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.errors import CorruptFileError, ModelError
from pipeline.fileio.manifest import file_sha256
from pipeline.inference.encoder import Encoder
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import NeighbourSettings
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.search.meaning import KeywordSimilarity, MeaningIndex, _read_index
from tests.support.films import QUERIES, exact, mined


@pytest.fixture(scope="module")
def meaning(catalogue: Catalogue) -> MeaningIndex:
    return _open(catalogue)


def _open(catalogue: Catalogue) -> MeaningIndex:
    return MeaningIndex(catalogue.path, catalogue.row_of)


def test_the_nearest_films_are_those_with_the_largest_cosines(
    meaning: MeaningIndex, release: Path, catalogue: Catalogue
) -> None:
    stored = pq.read_table(release / "embeddings.parquet")
    rows = np.array([catalogue.row_of[i] for i in stored["movie_id"].to_pylist()])
    vectors = np.zeros((len(rows), 384), np.float32)
    vectors[rows] = matrix_of(stored)
    query = np.asarray(Encoder(exact()).encode([QUERIES[0]])[0])
    np.testing.assert_allclose(meaning.vector(QUERIES[0]), query, atol=1e-6)
    np.testing.assert_allclose(meaning.film_vectors(rows), vectors[rows], atol=1e-3)
    found = meaning.nearest(query, 10)
    cosines = vectors @ query
    assert cosines[found].min() >= np.sort(cosines)[-10] - 1e-3
    few = np.array([3, 5, 8], np.int32)
    assert sorted(meaning.nearest(query, 10, few)) == [3, 5, 8]
    assert len(meaning.nearest(query, 10, few[:0])) == 0


@pytest.mark.parametrize("kind", ["hnsw", "ivf", "ivf-sq8"])
def test_every_kind_of_index_is_searched_with_and_without_filters(
    release: Path, tmp_path: Path, kind: str
) -> None:
    other = _copy(release, tmp_path)
    settings = NeighbourSettings.model_validate({"index": kind})
    raw = build_index(pq.read_table(other / "embeddings.parquet"), settings, 40)["index"]
    _replace(other, "index.faiss", b"".join(index_bytes(raw)))
    catalogue = Catalogue(other)
    meaning = _open(catalogue)
    query = meaning.vector(QUERIES[0])
    found = catalogue.films_at(meaning.nearest(query, 3).tolist())
    assert all(mined().theme[int(film["movie_id"][1:])] == 0 for film in found)
    german = catalogue.find_rows(Filters(languages=("de",)))
    narrowed = meaning.nearest(query, 5, german)
    assert len(narrowed) and set(narrowed) <= set(german)


@pytest.mark.parametrize(("searched", "lists"), [(100, 1), (600, 5), (10_000, 8)])
def test_a_query_searches_as_many_lists_as_the_settings_of_the_release_say(
    release: Path, tmp_path: Path, searched: int, lists: int
) -> None:
    other = _copy(release, tmp_path)
    vectors = matrix_of(pq.read_table(other / "embeddings.parquet"))
    index = faiss.index_factory(vectors.shape[1], "IVF8,Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    for _ in range(25):  # a thousand films
        index.add(vectors)
    raw = faiss.serialize_index(index).tobytes()
    _replace(other, "index.faiss", raw)
    manifest = json.loads((other / "manifest.json").read_bytes())
    manifest["settings"]["neighbours"] = {"searched_films": searched}
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert _read_index(ReleasedTables(other)).nprobe == lists


def test_an_index_with_a_wrong_checksum_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    raw = bytearray((other / "index.faiss").read_bytes())
    raw[-1] ^= 1
    (other / "index.faiss").write_bytes(raw)
    with pytest.raises(CorruptFileError, match="SHA-256"):
        _open(Catalogue(other))


def test_an_index_of_other_films_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    index = faiss.IndexFlatIP(384)
    index.add(np.ones((3, 384), np.float32))
    _replace(other, "index.faiss", faiss.serialize_index(index).tobytes())
    with pytest.raises(CorruptFileError, match="3 films"):
        _open(Catalogue(other))


def test_another_model_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    manifest = json.loads((other / "manifest.json").read_bytes())
    manifest["model"]["revision"] = "e" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="eeeeeeeeeeee"):
        _open(Catalogue(other))


def test_keyword_similarity_is_the_cosine_to_the_nearest_keyword(release: Path) -> None:
    tables = ReleasedTables(release)
    similarity = KeywordSimilarity(tables)
    films = tables.movies.to_pylist()
    vocabulary = pq.read_table(release / "vocabulary.parquet")
    vectors = dict(
        zip(vocabulary["keyword"].to_pylist(), vocabulary["vector"].to_pylist(), strict=True)
    )
    query = np.asarray(Encoder(exact()).encode(["submarine"])[0])
    default = np.full(len(films), -7.0, np.float32)
    found = similarity.closeness(query, np.arange(len(films)), default)
    for film, near in zip(films, found, strict=True):
        known = [vectors[k] for k in film["keywords"] or [] if k in vectors]
        expected = max((float(np.dot(v, query)) for v in known), default=-7.0)
        assert near == pytest.approx(expected, abs=2e-3)
    assert (found > 0.9).any() and (found == -7.0).any()


def test_a_query_imports_no_training_library(release: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from serve.catalogue.catalogue import Catalogue; "
        "from serve.catalogue.search.engine import SearchEngine; "
        f"print(SearchEngine(Catalogue(Path({str(release)!r}))).search('war', limit=2).total > 1, "
        "'sentence_transformers' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["True", "False", "False"]


def _copy(release: Path, folder: Path) -> Path:
    return Path(shutil.copytree(release, folder / "other"))


def _replace(release: Path, name: str, content: bytes) -> None:
    (release / name).write_bytes(content)
    manifest = json.loads((release / "manifest.json").read_bytes())
    manifest["files"][name] |= {"sha256": file_sha256(release / name), "bytes": len(content)}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
