"""Ratings by time: no leakage, half-open; weeks; what is asked is later than what is given."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.recommend.data.explore import explore, temporal
from pipeline.recommend.data.films import films_of
from pipeline.recommend.data.ingest import partition_of
from pipeline.recommend.data.interactions import history, history_of
from pipeline.recommend.data.tag_genome import reduce
from pipeline.recommend.data.temporal_split import WEEK, borders, cut, week_name, weeks
from pipeline.recommend.evaluation.metrics import list_figures, top
from pipeline.recommend.models.validation_sets import questions
from pipeline.schemas.ratings import RATINGS
from pipeline.settings import RecommendSettings
from tests.support.ratings import Asked, ratings_of

SETTINGS = RecommendSettings()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return ratings_of(tmp_path_factory.mktemp("ratings"))


def table(times: list[int]) -> pa.Table:
    count = len(times)
    columns = [np.arange(count), np.arange(count), np.full(count, 4.0, np.float32), times]
    return pa.table([pa.array(c, t) for c, t in zip(columns, RATINGS.types, strict=True)], RATINGS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=30, max_size=300))
def test_nothing_learnt_from_is_later_than_what_is_measured(times: list[int]) -> None:
    ratings = table(times)
    try:
        at = borders([np.array(times)], SETTINGS)
    except ModelError:
        assert len(set(times)) < 40  # too few moments
        return
    parts = cut(ratings, at)
    order = ["fit", "validation", "test", "buffer"]
    assert sum(parts[name].num_rows for name in order) == len(times)
    assert parts["train"].num_rows == parts["fit"].num_rows + parts["validation"].num_rows
    spans = [parts[name].column("timestamp").to_numpy() for name in order]
    for earlier, later in pairwise(spans):
        assert len(earlier) and len(later)
        assert earlier.max() < later.min()  # the second of a border belongs after it


def test_shares_are_those_that_were_set(asked: Asked) -> None:
    whole = asked.prepared.whole()
    parts = cut(whole, borders([whole.column("timestamp").to_numpy()], SETTINGS))
    shares = {name: part.num_rows / whole.num_rows for name, part in parts.items()}
    assert shares["train"] == pytest.approx(0.7, abs=0.01)
    assert shares["test"] == pytest.approx(0.2, abs=0.01)
    assert shares["buffer"] == pytest.approx(0.1, abs=0.01)
    with pytest.raises(ModelError, match="same second"):
        borders([np.full(100, 7)], SETTINGS)


def test_weeks_begin_on_monday_and_hold_all(asked: Asked) -> None:
    whole = asked.prepared.whole()
    found = weeks(whole)
    assert sum(part.num_rows for _, part in found) == whole.num_rows
    assert [start for start, _ in found] == sorted({start for start, _ in found})
    for start, part in found[:50]:
        time = part.column("timestamp").to_numpy()
        assert start <= time.min() and time.max() < start + WEEK
        assert temporal(np.array([start]))["weekday"][0] == 0
    assert week_name(1_461_801_600) == "2016-04-25"
    assert weeks(whole.slice(0, 0)) == []


def test_what_is_given_is_earlier_than_what_is_asked(asked: Asked) -> None:
    found, films = asked.questions, asked.films
    when = {
        (r["user_id"], r["film_id"]): r["timestamp"] for r in asked.prepared.whole().to_pylist()
    }
    assert len(found.users) > 30
    for row, user in enumerate(found.users.tolist()):
        given_, rated = (
            [when[user, int(films.ids[film])] for film in part[row].indices]
            for part in (found.given, found.rated)
        )
        assert not given_ or max(given_) < min(rated)
        assert found.liked[row].nnz > 0
        assert (found.rated[row, found.liked[row].indices].toarray() >= 3.5).all()
    assert found.cold.any() and (asked.known.counts[found.cold] == 0).all()


def test_users_are_sampled_by_the_seed(asked: Asked) -> None:
    one, same, other = (
        questions(asked.known, asked.later, asked.films, 3.5, 20, seed) for seed in (1, 1, 2)
    )
    assert len(one.users) == 20
    assert one.users.tolist() == same.users.tolist() != other.users.tolist()


def test_figures_of_a_list_by_hand(asked: Asked) -> None:
    row = asked.questions.of(np.array([0]))
    liked = row.liked.indices
    scores = np.zeros((1, len(asked.films)), np.float32)
    scores[0, liked[0]] = 9.0  # first; all else is wrong
    wrong = np.setdiff1d(np.arange(len(asked.films)), np.r_[liked, row.given.indices])
    scores[0, wrong[:20]] = 5.0
    told = list_figures(lambda _: scores, row, 10)
    best = (1 / np.log2(np.arange(2, 12)))[: len(liked)].sum()
    assert told["ndcg"][0] == pytest.approx(1 / best)
    assert told["precision"][0] == pytest.approx(0.1)
    assert told["recall"][0] == pytest.approx(1 / len(liked))
    assert told["hit"][0] == 1.0
    assert top(np.array([[1.0, 3.0, 3.0, 2.0]]), 3).tolist() == [[1, 2, 3]]


def test_the_report_counts_what_there_is(asked: Asked) -> None:
    told = explore(asked.prepared.ratings(), asked.films)
    whole = asked.prepared.whole()
    assert told["ratings"] == sum(told["stars"].values()) == whole.num_rows
    assert told["users"] == len(set(whole.column("user_id").to_pylist()))
    assert told["mean"] == pytest.approx(whole.column("rating").to_numpy().mean(), abs=1e-4)
    assert sum(told["by_year"].values()) == sum(told["by_hour"]) == whole.num_rows
    assert sum(told["by_weekday"]) == whole.num_rows
    assert told["films_linked"] == len(asked.films)
    assert 0 < told["density"] < 1 and told["share_of_busiest_tenth"]["films"] > 0.2


def test_the_genome_is_reduced_and_says_how_much_it_keeps(asked: Asked) -> None:
    from pipeline.sources.movielens.source import MovieLens

    source = MovieLens(asked.prepared.folder.parent.parent / "movielens")
    found = reduce(source.genome(), 8, seed=3)
    again = reduce(source.genome(), 8, seed=3)
    assert found.films.num_rows == 60 and found.films.schema.field("vector").type.list_size == 8
    assert (np.diff(found.explained) <= 1e-9).all() and 0.3 < found.explained.sum() <= 1.0
    assert found.films.equals(again.films)
    films = films_of(asked.prepared.films(), None, found.films)
    assert (np.abs(films.genome).sum(1) > 0).sum() == 60


def test_ratings_of_unknown_films_are_left_out(asked: Asked) -> None:
    strange = table([5, 6, 7])
    assert history(strange, asked.films).matrix.nnz == int(
        (asked.films.row_of(np.arange(3)) >= 0).sum()
    )


def test_partitions_give_the_same_matrices_as_all_at_once(asked: Asked) -> None:
    whole = asked.prepared.whole()
    part = partition_of(whole.column("user_id").to_numpy(), 3)
    found = history_of([whole.filter(pa.array(part == n)) for n in (2, 0, 1)], asked.films)
    expected = history(whole, asked.films)
    assert np.array_equal(found.users, expected.users) and found.now == expected.now
    assert (found.matrix != expected.matrix).nnz == 0
    assert np.array_equal(found.matrix.indptr, expected.matrix.indptr)
    assert np.array_equal(found.matrix.indices, expected.matrix.indices)
    assert np.array_equal(found.rated_at, expected.rated_at)
