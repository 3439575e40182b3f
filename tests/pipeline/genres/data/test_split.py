"""The split: stratified, seeded, near-duplicates in the same part."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipeline.genres.data.films import FILMS, label_matrix
from pipeline.genres.data.split import group_near_duplicates, split, stratify
from pipeline.settings import GenreSettings

SETTINGS = GenreSettings()
N_FILMS = 3_000
SHARES = np.array([0.5, 0.3, 0.12, 0.05, 0.03, 0.01])


@pytest.fixture(scope="module")
def films() -> tuple[pa.Table, np.ndarray]:
    """Random films; every tenth film is a near-duplicate of the previous one."""
    chance = np.random.default_rng(1)
    labels = chance.random((N_FILMS, len(SHARES))) < SHARES
    labels[~labels.any(1), 0] = True
    vectors = chance.normal(size=(N_FILMS, 24)).astype(np.float32)
    vectors[9::10] = vectors[8::10] + 0.01 * chance.normal(size=vectors[9::10].shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = [
        {
            "movie_id": f"{n:05d}",
            "title": "T",
            "overview": "O",
            "part": "",
            "fold": -1,
            "genres": [f"g{g}" for g in np.flatnonzero(own)],
        }
        for n, own in enumerate(labels)
    ]
    return pa.Table.from_pylist(rows, FILMS), vectors


def test_parts_have_their_shares_of_films_and_genres(films: tuple[pa.Table, np.ndarray]) -> None:
    table, vectors = films
    divided = split(table, vectors, SETTINGS, 7)
    assert divided.schema == FILMS
    labels, _ = label_matrix(divided)
    part = np.array(divided["part"].to_pylist())
    for name, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        own = part == name
        assert own.mean() == pytest.approx(share, abs=0.01)
        wanted = labels.sum(0) * share
        assert np.abs(labels[own].sum(0) - wanted).max() <= 3, "groups of two films are not divided"
    fold = divided["fold"].to_numpy()
    assert ((fold == -1) == (part == "test")).all()
    for number in range(SETTINGS.folds):
        wanted = labels[fold >= 0].sum(0) / SETTINGS.folds
        assert np.abs(labels[fold == number].sum(0) - wanted).max() <= 3


def test_near_duplicates_are_in_one_part(films: tuple[pa.Table, np.ndarray]) -> None:
    table, vectors = films
    groups = group_near_duplicates(vectors, SETTINGS.near_duplicate)
    assert (groups[9::10] == groups[8::10]).all()
    assert len(np.unique(groups)) == N_FILMS * 9 // 10
    divided = split(table, vectors, SETTINGS, 7)
    for column in ("part", "fold"):
        values = np.array(divided[column].to_pylist(), object)
        assert (values[9::10] == values[8::10]).all()


def test_a_chain_of_near_duplicates_is_one_group() -> None:
    angles = np.deg2rad([0, 10, 20, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    groups = group_near_duplicates(vectors, 0.98)
    assert groups[0] == groups[1] == groups[2] != groups[3]
    assert group_near_duplicates(np.zeros((0, 4), np.float32), 0.9).shape == (0,)


def test_the_seed_decides_the_split(films: tuple[pa.Table, np.ndarray]) -> None:
    table, vectors = films
    first = split(table, vectors, SETTINGS, 7)
    assert split(table, vectors, SETTINGS, 7).equals(first)
    assert not split(table, vectors, SETTINGS, 8).equals(first)


def test_the_rarest_genre_is_distributed_first() -> None:
    labels = np.zeros((100, 2), bool)
    labels[:, 0] = True
    labels[:10, 1] = True
    part = stratify(labels, np.arange(100), [0.5, 0.5], 3)
    assert labels[part == 0].sum(0).tolist() == [50, 5]
    unlabelled = stratify(np.zeros((9, 2), bool), np.arange(9), [1 / 3] * 3, 3)
    assert np.bincount(unlabelled).tolist() == [3, 3, 3]
