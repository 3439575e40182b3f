"""The release of the sample: films, names, families, index, page, manifest."""

from __future__ import annotations

import csv
from html.parser import HTMLParser

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from pipeline.label.words.lexicon import is_boilerplate, normal_form
from pipeline.schemas.vectors import matrix_of
from pipeline.storage.verify import verify_release
from tests.support.mine_command import FILMS, SAME, Mined, lines

# The first test waits for the shared run.
pytestmark = pytest.mark.timeout(600)


def test_the_release_verifies_and_has_all_films(mined: Mined) -> None:
    manifest = verify_release(mined.release.path)
    assert manifest["counts"] == {"rows_in": FILMS, "released": FILMS, "rejected": 0}
    assert mined.release.movies.num_rows == FILMS
    assert (mined.out / "latest").read_text().strip() == mined.release.id
    listed = {path.name for path in mined.release.path.iterdir()}
    assert listed >= {
        *SAME,
        "families.parquet",
        "embeddings.parquet",
        "rejects.parquet",
        "index.faiss",
        "report.json",
        "report.html",
        "manifest.json",
        "README.md",
    }


def test_clusters_are_the_editors_micro_genres(mined: Mined) -> None:
    intended = {row["movie_id"]: row["micro_genre"] for row in csv.DictReader(lines())}
    movies = mined.release.movies.select(["movie_id", "cluster"]).to_pylist()
    score = adjusted_mutual_info_score(
        [intended[row["movie_id"]] for row in movies], [row["cluster"] for row in movies]
    )
    assert score >= 0.75


def test_names_are_unique_and_near_their_centroid(mined: Mined) -> None:
    names = mined.release.micro_genres.column("micro_genre_name").to_pylist()
    families = mined.release.families.column("family_name").to_pylist()
    assert len(names) >= 24
    forms, family_forms = ([normal_form(name) for name in own] for own in (names, families))
    assert all(forms) and all(family_forms)
    assert len(set(forms)) == len(forms)
    assert len(set(family_forms)) == len(family_forms)
    # "Dramas" may be a family and its shelf of dramas without theme; a theme is the name of one
    general = mined.release.micro_genres.column("thin").to_pylist()
    themes = {form for form, thin in zip(forms, general, strict=True) if not thin}
    assert not themes & set(family_forms)
    for name in [*names, *families]:
        assert name[0].isupper() or name[0].isdigit()
        assert len(name) <= 60
        assert "/" not in name
    figures = mined.release.report.names
    # the names of general shelves are near no centroid
    strays = {normal_form(name) for name in figures.strays} & themes
    assert len(strays) <= 0.1 * len(themes), strays
    assert figures.own_centroid_share >= 0.85
    assert figures.unique_share == 1.0
    assert figures.near_duplicate_pairs == []


def test_keywords_are_themes_of_the_films(mined: Mined) -> None:
    people = {
        person.casefold()
        for column in ("directors", "cast")
        for film in mined.release.movies.column(column).to_pylist()
        for person in film or []
    }
    for row in mined.release.micro_genres.to_pylist():
        keywords = row["keywords"]
        assert 1 <= len(keywords) <= 5
        assert row["micro_genre_keybert"] == " / ".join(keywords)
        assert len({normal_form(word) for word in keywords}) == len(keywords)
        assert not [word for word in keywords if is_boilerplate(word) or word in people]
    figures = mined.release.report.names
    assert figures.boilerplate_keywords == []
    assert figures.keyword_coverage >= 0.70


def test_families_group_micro_genres_and_have_names(mined: Mined) -> None:
    families, genres = mined.release.families.to_pylist(), mined.release.micro_genres.to_pylist()
    assert 2 <= len(families) < len(genres)
    named = {row["family"]: row["family_name"] for row in families}
    assert all(named[row["family"]] == row["family_name"] for row in genres)
    assert sum(row["films"] for row in families) == FILMS
    assert sum(row["micro_genres"] for row in families) == len(genres)
    assert all(row["keywords"] for row in families)
    assert any(" & " in name for name in named.values())


def test_every_film_has_its_micro_genre_and_runner_up(mined: Mined) -> None:
    genres = {row["cluster"]: row for row in mined.release.micro_genres.to_pylist()}
    for film in mined.release.movies.to_pylist():
        genre = genres[film["cluster"]]
        assert film["micro_genre_name"] == genre["micro_genre_name"]
        assert film["micro_genre_keybert"] == genre["micro_genre_keybert"]
        assert film["family_name"] == genre["family_name"]
        assert film["runner_up"] in genres
        assert film["runner_up"] != film["cluster"]
    # the others moved from the nearest micro-genre to one whose name is true of them
    margins = mined.release.movies.column("margin").to_numpy()
    assert (margins >= 0).mean() >= 0.7


def test_the_index_agrees_with_the_table_of_neighbours(mined: Mined) -> None:
    index = faiss.read_index(str(mined.release.path / "index.faiss"))
    vectors = pq.read_table(mined.release.path / "embeddings.parquet")
    ids, matrix = vectors.column("movie_id").to_pylist(), matrix_of(vectors)
    assert index.ntotal == len(ids) == FILMS
    near: dict[str, list[tuple[str, float]]] = {}
    for row in mined.release.neighbours.to_pylist():
        near.setdefault(row["movie_id"], []).append((row["neighbour_id"], row["similarity"]))
    similarity, places = index.search(matrix, 11)
    for film, scores, rows in zip(ids, similarity, places, strict=True):
        pairs = zip(rows, scores, strict=True)
        found = [(ids[place], score) for place, score in pairs if ids[place] != film]
        assert [other for other, _ in found] == [other for other, _ in near[film]]
        assert np.allclose([s for _, s in found], [s for _, s in near[film]], atol=1e-6)


class _Links(HTMLParser):
    """The resources that a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster") or (tag, name) == ("link", "href"):
                self.fetched.append(value or "")


def test_the_report_page_loads_nothing(mined: Mined) -> None:
    page = (mined.release.path / "report.html").read_text(encoding="utf-8")
    links = _Links()
    links.feed(page)
    assert [link for link in links.fetched if not link.startswith("data:")] == []
    assert "@import" not in page
    assert "Plotly" in page
    for name in mined.release.micro_genres.column("micro_genre_name").to_pylist():
        assert name.split()[0] in page


def test_the_manifest_records_settings_versions_and_sources(mined: Mined) -> None:
    manifest = mined.release.manifest
    assert manifest.schema_version == 1
    assert manifest.settings["publish"]["licence"] == "Apache-2.0"  # of the profile
    assert manifest.settings["dask"]["workers"] == 2
    assert {"python", "torch", "faiss-cpu", "dask", "prefect"} <= manifest.versions.keys()
    model = manifest.model
    assert (model.name, model.dim) == ("all-MiniLM-L6-v2", 384)
    assert len(model.revision) == 64
    # measured on the workers, unless they have GPUs
    measured = (model.float32_gflops, model.bfloat16_gflops)
    assert (None in measured) == (model.device == "cuda")
    run = mined.release.report.embedding
    assert (run.dtype, run.dtype_reason) == (model.dtype, model.dtype_reason)
    assert (run.float32_gflops, run.bfloat16_gflops) == measured
    (source,) = manifest.sources
    assert (source["name"], source["rows"], len(source["sha256"])) == ("sample", FILMS, 64)
    assert manifest.columns["neighbours"]["rank"] == "int16"
    limits = manifest.shelves
    assert limits is not None
    assert 0 < limits.untagged <= limits.near_enough < 1 and limits.reach > 0
    report = mined.release.report
    assert report.counts.released == FILMS
    assert report.embedding.texts_per_second > 0
    assert report.clusters.length_variance_explained <= 0.15
