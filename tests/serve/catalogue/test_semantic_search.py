"""Semantic search with the real model, on films of known themes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
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
from serve.catalogue.semantic_search import KeywordSimilarity, SemanticSearch, _read_index
from tests.support.films import exact, mined

QUERIES = (
    "a submarine crew under attack",
    "a lawyer defends an innocent man in court",
    "an undead creature that drinks blood",
    "a wedding where everything goes wrong",
)


@pytest.fixture(scope="module")
def search(catalogue: Catalogue) -> SemanticSearch:
    return SemanticSearch(catalogue)


@pytest.mark.parametrize("theme", range(4))
def test_the_first_films_are_of_the_theme_of_the_query(search: SemanticSearch, theme: int) -> None:
    found = search.search(QUERIES[theme], limit=8)
    of_theme = [mined().theme[int(film["movie_id"][1:])] == theme for film in found]
    assert sum(of_theme) >= 7
    assert of_theme[0]


def test_closeness_is_the_cosine_of_query_and_text(search: SemanticSearch, release: Path) -> None:
    stored = pq.read_table(release / "embeddings.parquet")
    vectors = np.array([v.as_py() for v in stored["vector"]], np.float32)
    row_of = {movie_id: row for row, movie_id in enumerate(stored["movie_id"].to_pylist())}
    query = Encoder(exact()).encode([QUERIES[0]])[0]
    for film in search.search(QUERIES[0], limit=40):
        expected = float(vectors[row_of[film["movie_id"]]] @ query)
        assert film["closeness"] == pytest.approx(expected, abs=1e-3)


def test_a_filtered_search_finds_all_films_of_the_selection(
    search: SemanticSearch, catalogue: Catalogue
) -> None:
    for filters in (Filters(languages=("fr",)), Filters(micro_genres=(2,)), Filters(words="film")):
        found = search.search(QUERIES[0], filters, limit=100)
        assert sorted(film["movie_id"] for film in found) == catalogue.ids(filters)
    assert search.search(QUERIES[0], Filters(year_from=3_000)) == []


def test_results_are_unique_and_deterministic(search: SemanticSearch) -> None:
    first, second = (search.hits("a kiss in the rain", 40) for _ in range(2))
    assert first == second
    assert len({hit.row for hit in first}) == 40
    assert search.hits("a kiss in the rain", 5) == first[:5]


@pytest.mark.parametrize("query", ["", " \0 ", "\ud800", "x" * 20_000, "' OR 1=1 --", "الغواصة"])
def test_no_query_fails(search: SemanticSearch, query: str) -> None:
    assert len(search.search(query, limit=3)) == (3 if query.strip("\0 ") else 0)
    assert search.search(query, limit=0) == []


def test_several_threads_may_search_at_once(search: SemanticSearch) -> None:
    queries = [f"{query} {number}" for number in range(6) for query in QUERIES]
    with ThreadPoolExecutor(6) as pool:
        parallel = list(pool.map(lambda query: search.hits(query, 5), queries))
    assert parallel == [search.hits(query, 5) for query in queries]


@pytest.mark.parametrize("kind", ["hnsw", "ivf", "ivf-sq8"])
def test_every_kind_of_index_is_searched_with_and_without_filters(
    release: Path, tmp_path: Path, kind: str
) -> None:
    other = _copy(release, tmp_path)
    settings = NeighbourSettings.model_validate({"index": kind})
    raw = build_index(pq.read_table(other / "embeddings.parquet"), settings, 40)["index"]
    _replace(other, "index.faiss", b"".join(index_bytes(raw)))
    catalogue = Catalogue(other)
    search = SemanticSearch(catalogue)
    found = search.search(QUERIES[0], limit=5)
    assert all(mined().theme[int(film["movie_id"][1:])] == 0 for film in found[:3])
    filters = Filters(languages=("de",))
    narrowed = {film["movie_id"] for film in search.search(QUERIES[0], filters, 5)}
    assert narrowed and narrowed <= set(catalogue.ids(filters))


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
        SemanticSearch(Catalogue(other))


def test_an_index_of_other_films_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    index = faiss.IndexFlatIP(384)
    index.add(np.ones((3, 384), np.float32))
    _replace(other, "index.faiss", faiss.serialize_index(index).tobytes())
    with pytest.raises(CorruptFileError, match="3 films"):
        SemanticSearch(Catalogue(other))


def test_another_model_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    manifest = json.loads((other / "manifest.json").read_bytes())
    manifest["model"]["revision"] = "e" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="eeeeeeeeeeee"):
        SemanticSearch(Catalogue(other))


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
        "from serve.catalogue.semantic_search import SemanticSearch; "
        f"print(len(SemanticSearch(Catalogue(Path({str(release)!r}))).search('a war', limit=2)), "
        "'sentence_transformers' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["2", "False", "False"]


def _copy(release: Path, folder: Path) -> Path:
    return Path(shutil.copytree(release, folder / "other"))


def _replace(release: Path, name: str, content: bytes) -> None:
    (release / name).write_bytes(content)
    manifest = json.loads((release / "manifest.json").read_bytes())
    manifest["files"][name] |= {"sha256": file_sha256(release / name), "bytes": len(content)}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
