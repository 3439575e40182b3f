"""Sums of points follow from the mining and the changes, without the points of the other films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.mined_release import catalogue, mined_release
from benchmarks.lib.small_model import build_model
from pipeline.inference.placement import place_in_release
from pipeline.label.keywords.text_centroids import sum_by_cluster
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.settings import FeatureSettings
from pipeline.update.edited_table import vectors_of_films
from pipeline.update.point_sums import point_sums, sums_table

FILMS, GONE = 200, 12
SETTINGS = FeatureSettings()


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ReleasedTables:
    folder = tmp_path_factory.mktemp("release")
    model = build_model(folder / "model")
    return ReleasedTables(mined_release(folder / "out", model, catalogue().slice(0, FILMS)))


def summed(release: ReleasedTables, films: pa.Table) -> np.ndarray:
    """The sums of the points of films, computed one film after the other."""
    vectors = vectors_of_films(release.embeddings, films["movie_id"].combine_chunks())
    languages = release.table("languages", LANGUAGES)
    points = place_in_release(release, films, vectors, SETTINGS, languages)
    sums = np.zeros((len(release.centroids), points.shape[1]))
    own, totals = sum_by_cluster(points, films["cluster"].to_numpy())
    sums[own] = totals
    return sums


def test_points_that_leave_are_taken_off(release: ReleasedTables) -> None:
    films = release.movies
    gone = films["movie_id"].combine_chunks().slice(0, GONE)
    width = summed(release, films).shape[1]
    none = np.empty((0, width), np.float32)
    found = point_sums(release, gone, np.empty(0, np.int32), none, SETTINGS)
    assert found == pytest.approx(summed(release, films.slice(GONE)), abs=1e-5)


def test_points_that_come_are_added(release: ReleasedTables) -> None:
    width = summed(release, release.movies).shape[1]
    points = np.eye(2, width, dtype=np.float32)
    found = point_sums(release, pa.array([], pa.string()), np.array([1, 0]), points, SETTINGS)
    expected = summed(release, release.movies)
    expected[1] += points[0]
    expected[0] += points[1]
    assert found == pytest.approx(expected, abs=1e-5)


def test_after_a_mining_a_centroid_and_similarities_give_the_sum(release: ReleasedTables) -> None:
    mined = ReleasedTables(release.path)
    limits = ShelfLimits(reach=1.0, near_enough=0.0, untagged=0.0)
    mined.manifest = mined.manifest.model_copy(update={"shelves": limits})
    width = summed(release, release.movies).shape[1]
    none = np.empty((0, width), np.float32)
    found = point_sums(mined, pa.array([], pa.string()), np.empty(0, np.int32), none, SETTINGS)
    expected = summed(release, release.movies)
    cosine = (found * expected).sum(1)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    filled = lengths > 0
    assert (
        cosine[filled] / lengths[filled]
    ).min() > 0.9  # its k-means has a fixed number of rounds
    assert np.median(cosine[filled] / lengths[filled]) > 1 - 1e-6


def test_sums_are_a_table_by_cluster() -> None:
    table = sums_table(np.arange(6.0).reshape(2, 3))
    assert table["cluster"].to_pylist() == [0, 1]
    assert table["vector"].to_pylist() == [[0, 1, 2], [3, 4, 5]]
