"""Validation sets: profiles are earlier than what is to be predicted; users are sampled."""

from __future__ import annotations

from pipeline.recommend.models.validation_sets import build_validation_set
from tests.support.ratings import RatingsData


def test_profiles_are_earlier_than_the_ratings_to_predict(data: RatingsData) -> None:
    validation, films = data.validation, data.films
    when = {(r["user_id"], r["film_id"]): r["timestamp"] for r in data.prepared.whole().to_pylist()}
    assert len(validation.users) > 30
    for row, user in enumerate(validation.users.tolist()):
        profile_times, rated_times = (
            [when[user, int(films.ids[film])] for film in part[row].indices]
            for part in (validation.profiles, validation.rated)
        )
        assert not profile_times or max(profile_times) < min(rated_times)
        assert validation.liked[row].nnz > 0
        stars = validation.rated[row, validation.liked[row].indices].toarray()
        assert (stars >= 3.5).all()
    assert validation.cold.any() and (data.history.counts[validation.cold] == 0).all()


def test_the_seed_selects_the_users(data: RatingsData) -> None:
    one, same, other = (
        build_validation_set(data.history, data.later, data.films, 3.5, 20, seed)
        for seed in (1, 1, 2)
    )
    assert len(one.users) == 20
    assert one.users.tolist() == same.users.tolist() != other.users.tolist()
