"""The reduced tag genome."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import SourceError
from pipeline.recommend.data.films import link_films
from pipeline.recommend.data.tag_genome import reduce_genome
from pipeline.sources.movielens.source import MovieLens
from tests.support.ratings import RatingsData


def test_components_explain_variance_and_are_deterministic(data: RatingsData) -> None:
    source = MovieLens(data.prepared.folder.parent.parent / "movielens")
    found = reduce_genome(source.genome(), 8, seed=3)
    again = reduce_genome(source.genome(), 8, seed=3)
    assert found.films.num_rows == 60 and found.films.schema.field("vector").type.list_size == 8
    assert (np.diff(found.explained) <= 1e-9).all() and 0.3 < found.explained.sum() <= 1.0
    assert found.films.equals(again.films)
    films = link_films(data.prepared.films(), None, found.films)
    assert (np.abs(films.genome).sum(1) > 0).sum() == 60


def test_a_genome_without_scores_is_an_error() -> None:
    with pytest.raises(SourceError, match=r"genome-scores\.csv has no scores"):
        reduce_genome(iter([]), 8, seed=3)
