"""Case 30: a model that knows no texts, served: lists whose reasons claim only what is known."""

from __future__ import annotations

import pytest

from pipeline.recommend.data.explore import explore
from pipeline.recommend.data.films import link_films
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from pipeline.recommend.serving.personal import link_person
from pipeline.recommend.serving.recommender import ListQuery, RecommenderService
from pipeline.settings import UpkeepSettings
from pipeline.sources.movielens.personal import PersonalRating
from tests.support.cases import case
from tests.support.ratings import SEED, SETTINGS
from tests.support.tiny_release import build_release


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> RecommenderService:
    """The hybrid of the case, with a release that has none of its films."""
    place = tmp_path_factory.mktemp("case30")
    folder = place / "ratings"
    prepared = prepare(case("30-reasons-without-texts/ml"), folder / "data")
    films = link_films(prepared.films(), build_release(place / "out"))
    found = explore(prepared.ratings(), films)
    assert found["films_linked"] == 0
    (warning,) = found["warnings"]
    assert "none of the 48 films is linked to the release" in warning and "links.csv" in warning
    database = UpkeepDatabase(database_url(folder))
    lifecycle = RecommenderLifecycle(folder, database, SETTINGS, UpkeepSettings(), SEED)
    lifecycle.train(prepared, films, "hybrid", found["warnings"])
    database.close()
    return RecommenderService(folder, database_url(folder))


def test_reasons_without_texts_claim_genres_or_ratings(service: RecommenderService) -> None:
    served = service.current
    assert served.about.films_linked == 0 and len(served.about.warnings) == 1
    texts = []
    for user in (1, 2, 3):
        rated = service.rated_by(user)
        for film in served.recommend(served.profile_of(rated), ListQuery(20)):
            reason = film["reason"]
            assert reason["similarity"] is None and film["micro_genre_name"] is None
            assert "about" not in reason["text"] and "similar" not in reason["text"]
            if reason["genres"]:
                assert reason["text"].endswith(f"both are {' and '.join(reason['genres'][:2])}")
            texts.append(reason["text"])
    assert any("; both are " in text for text in texts)


def test_a_person_who_is_not_in_training_gets_films(service: RecommenderService) -> None:
    person = [
        PersonalRating("Salt Lamp", 1970, 5.0),
        PersonalRating("Salt Choir", 1972, 4.5),
        PersonalRating("Salt Road", 1971, None),
        PersonalRating("Elsewhere", 2020, 4.0),
    ]
    known = link_person(person, service.films())
    assert known.rated == [(1, 5.0), (3, 4.5)] and known.watched == [1, 3, 2]
    assert [one.title for one in known.unlinked] == ["Elsewhere"]
    query = ListQuery(48, without=tuple(known.watched))
    found = service.current.recommend(service.current.profile_of(known.rated), query)
    assert len(found) == 45 and not {film["film_id"] for film in found} & {1, 2, 3}
