"""Search by meaning with the real model, on films whose theme the editors knew."""

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
from serve.catalogue.semantic_search import Meaning, Themes, _index
from tests.support.films import exact, mined

ASKED = (
    "a submarine crew under attack",
    "a lawyer defends an innocent man in court",
    "an undead creature that drinks blood",
    "a wedding where everything goes wrong",
)


@pytest.fixture(scope="module")
def meaning(catalogue: Catalogue) -> Meaning:
    return Meaning(catalogue)


@pytest.mark.parametrize("theme", range(4))
def test_the_first_films_are_of_the_theme_that_is_meant(meaning: Meaning, theme: int) -> None:
    found = meaning.search(ASKED[theme], limit=8)
    of_theme = [mined().theme[int(film["movie_id"][1:])] == theme for film in found]
    assert sum(of_theme) >= 7
    assert of_theme[0]


def test_closeness_is_the_cosine_of_query_and_text(meaning: Meaning, release: Path) -> None:
    stored = pq.read_table(release / "embeddings.parquet")
    vectors = np.array([v.as_py() for v in stored["vector"]], np.float32)
    row_of = {movie_id: row for row, movie_id in enumerate(stored["movie_id"].to_pylist())}
    asked = Encoder(exact()).encode([ASKED[0]])[0]
    for film in meaning.search(ASKED[0], limit=40):
        expected = float(vectors[row_of[film["movie_id"]]] @ asked)
        assert film["closeness"] == pytest.approx(expected, abs=1e-3)


def test_filters_narrow_and_lose_nothing(meaning: Meaning, catalogue: Catalogue) -> None:
    for filters in (Filters(languages=("fr",)), Filters(micro_genres=(2,)), Filters(words="film")):
        found = meaning.search(ASKED[0], filters, limit=100)
        assert sorted(film["movie_id"] for film in found) == catalogue.ids(filters)
    assert meaning.search(ASKED[0], Filters(year_from=3_000)) == []


def test_every_film_comes_once_and_the_same_each_time(meaning: Meaning) -> None:
    first, second = (meaning.hits("a kiss in the rain", 40) for _ in range(2))
    assert first == second
    assert len({hit.place for hit in first}) == 40
    assert meaning.hits("a kiss in the rain", 5) == first[:5]


@pytest.mark.parametrize("query", ["", " \0 ", "\ud800", "x" * 20_000, "' OR 1=1 --", "الغواصة"])
def test_nothing_that_is_typed_fails(meaning: Meaning, query: str) -> None:
    assert len(meaning.search(query, limit=3)) == (3 if query.strip("\0 ") else 0)
    assert meaning.search(query, limit=0) == []


def test_threads_may_ask_at_once(meaning: Meaning) -> None:
    queries = [f"{asked} {number}" for number in range(6) for asked in ASKED]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda query: meaning.hits(query, 5), queries))
    assert together == [meaning.hits(query, 5) for query in queries]


@pytest.mark.parametrize("kind", ["hnsw", "ivf", "ivf-sq8"])
def test_every_kind_of_index_is_searched_with_and_without_filters(
    release: Path, tmp_path: Path, kind: str
) -> None:
    other = _copy(release, tmp_path)
    settings = NeighbourSettings.model_validate({"index": kind})
    raw = build_index(pq.read_table(other / "embeddings.parquet"), settings, 40)["index"]
    _replace(other, "index.faiss", b"".join(index_bytes(raw)))
    opened = Catalogue(other)
    searched = Meaning(opened)
    found = searched.search(ASKED[0], limit=5)
    assert all(mined().theme[int(film["movie_id"][1:])] == 0 for film in found[:3])
    chosen = Filters(languages=("de",))
    narrowed = {film["movie_id"] for film in searched.search(ASKED[0], chosen, 5)}
    assert narrowed and narrowed <= set(opened.ids(chosen))


@pytest.mark.parametrize(("searched", "lists"), [(100, 1), (600, 5), (10_000, 8)])
def test_a_query_looks_into_as_many_lists_as_the_release_was_mined_with(
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
    assert _index(ReleasedTables(other)).nprobe == lists


def test_an_altered_index_is_not_read(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    raw = bytearray((other / "index.faiss").read_bytes())
    raw[-1] ^= 1
    (other / "index.faiss").write_bytes(raw)
    with pytest.raises(CorruptFileError, match="SHA-256"):
        Meaning(Catalogue(other))


def test_an_index_of_other_films_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    index = faiss.IndexFlatIP(384)
    index.add(np.ones((3, 384), np.float32))
    _replace(other, "index.faiss", faiss.serialize_index(index).tobytes())
    with pytest.raises(CorruptFileError, match="3 films"):
        Meaning(Catalogue(other))


def test_another_model_is_refused(release: Path, tmp_path: Path) -> None:
    other = _copy(release, tmp_path)
    manifest = json.loads((other / "manifest.json").read_bytes())
    manifest["model"]["revision"] = "e" * 64
    (other / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="eeeeeeeeeeee"):
        Meaning(Catalogue(other))


def test_themes_are_the_nearest_keywords(release: Path) -> None:
    tables = ReleasedTables(release)
    themes = Themes(tables)
    films = tables.movies.to_pylist()
    vocabulary = pq.read_table(release / "vocabulary.parquet")
    vectors = dict(
        zip(vocabulary["keyword"].to_pylist(), vocabulary["vector"].to_pylist(), strict=True)
    )
    asked = np.asarray(Encoder(exact()).encode(["submarine"])[0])
    without = np.full(len(films), -7.0, np.float32)
    found = themes.closeness(asked, np.arange(len(films)), without)
    for film, near in zip(films, found, strict=True):
        known = [vectors[k] for k in film["keywords"] or [] if k in vectors]
        expected = max((float(np.dot(v, asked)) for v in known), default=-7.0)
        assert near == pytest.approx(expected, abs=2e-3)
    assert (found > 0.9).any() and (found == -7.0).any()


def test_the_query_needs_no_training_library(release: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from serve.catalogue.catalogue import Catalogue; "
        "from serve.catalogue.semantic_search import Meaning; "
        f"print(len(Meaning(Catalogue(Path({str(release)!r}))).search('a war', limit=2)), "
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
