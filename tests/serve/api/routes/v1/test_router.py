"""API v1: paging, fields, filters, ids, errors, revalidation, keys, and a map as Arrow."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from serve.api.access import KEY_HEADER
from serve.api.snapshot import Snapshots
from serve.catalogue.catalogue import Catalogue, Filters
from tests.support.api_client import client_of, problem_of

LISTS = (
    "films",
    "search?q=submarine",
    "suggest?q=fi",
    "micro-genres",
    "micro-genres/0/films",
    "families",
    "facets/genres",
    "trends",
    "rejects",
    "films/m0000/similar",
)


@pytest.fixture(scope="module")
def client(snapshots: Snapshots) -> TestClient:
    return client_of(snapshots)


def _entries(page: dict[str, Any]) -> list[Any]:
    (entries,) = [value for value in page.values() if isinstance(value, list)]
    return entries


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_paged_alike(client: TestClient, path: str) -> None:
    address = f"/v1/{path}{'&' if '?' in path else '?'}"
    whole = client.get(f"{address}limit=100").json()
    assert {"release_id", "total", "limit", "next_cursor"} <= whole.keys()
    joined, cursor = [], None
    for _ in range(60):
        page = client.get(f"{address}limit=3{f'&cursor={cursor}' if cursor else ''}").json()
        assert page["total"] == whole["total"]
        joined += _entries(page)
        cursor = page["next_cursor"]
        if cursor is None or len(joined) >= len(_entries(whole)):
            break
    for entry in (*joined, *_entries(whole)):
        entry.pop("reasons", None)  # those of a page have as many sentences as are read for it
    assert joined == _entries(whole)[: len(joined)] and len(joined) == min(whole["total"], 100)


def test_a_cursor_is_for_its_list_only(client: TestClient) -> None:
    cursor = client.get("/v1/films", params={"limit": 2}).json()["next_cursor"]
    wrong = {"cursor": cursor, "genre": "Drama"}
    problem = problem_of(client.get("/v1/films", params=wrong), 422)
    assert problem["errors"][0]["where"] == ["query", "cursor"]
    problem_of(client.get("/v1/films", params={"cursor": "nonsense"}), 422)


@pytest.mark.parametrize("path", [*LISTS, "films/m0000", "facets", "map", "release"])
def test_an_unknown_parameter_is_refused_with_a_suggestion(client: TestClient, path: str) -> None:
    address = f"/v1/{path}{'&' if '?' in path else '?'}limitt=3"
    problem = problem_of(client.get(address), 422)
    assert "limitt" in problem["detail"]
    if path == "films":
        assert "limit" in problem["detail"].replace("limitt", "")


def test_fields_are_chosen(client: TestClient) -> None:
    page = client.get("/v1/films", params={"fields": "title,year", "limit": 2}).json()
    assert [set(film) for film in page["films"]] == [{"title", "year"}] * 2
    assert set(client.get("/v1/films/m0000", params={"fields": "title"}).json()) == {"title"}
    problem_of(client.get("/v1/films", params={"fields": "titel"}), 422)


def test_filters_are_blind_to_case_and_ids_are_accepted(
    client: TestClient, catalogue: Catalogue
) -> None:
    genre = catalogue.micro_genres()[1]
    for sent in ({"genre": "dRAMA"}, {"micro_genre": genre["micro_genre_id"]}):
        page = client.get("/v1/films", params={**sent, "limit": 100}).json()
        assert page["total"] > 0
    by_id = client.get("/v1/films", params={"micro_genre": genre["micro_genre_id"]}).json()
    assert by_id["total"] == genre["films"]
    assert {film["micro_genre_id"] for film in by_id["films"]} == {genre["micro_genre_id"]}
    assert client.get(f"/v1/micro-genres/{genre['micro_genre_id'].upper()}").status_code == 200
    assigned = client.post("/v1/assign", json={"text": "A submarine dives."}).json()["films"][0]
    assert assigned["micro_genre_id"] in {row["micro_genre_id"] for row in catalogue.micro_genres()}


def test_a_search_says_how_it_was_read_and_why_films_were_found(client: TestClient) -> None:
    page = client.get("/v1/search", params={"q": "films about a submarin"}).json()
    assert page["understood"]["text"] == "a submarin"
    assert page["films"][0]["reasons"] and not page["nothing_close"]
    scores = [film["score"] for film in page["films"]]
    assert scores == sorted(scores, reverse=True)
    nothing = client.get("/v1/search", params={"q": "zzzzqq"}).json()
    assert nothing["nothing_close"] and nothing["films"] == [] and nothing["total"] == 0


def test_films_near_several_films_and_a_text(client: TestClient, catalogue: Catalogue) -> None:
    body = {"films": ["m0000", "m0001"], "text": "a submarine", "limit": 5}
    found = client.post("/v1/similar", json=body).json()["films"]
    assert len(found) == 5 and not {"m0000", "m0001"} & {film["movie_id"] for film in found}
    cosines = [film["closeness"] for film in found]
    assert cosines == sorted(cosines, reverse=True)
    problem = problem_of(client.post("/v1/similar", json={"films": ["nope"]}), 422)
    assert problem["errors"][0]["where"] == ["body", "films", "0"]
    problem_of(client.post("/v1/similar", json={}), 422)


def test_facets_count_as_the_catalogue_does(client: TestClient, catalogue: Catalogue) -> None:
    found = client.get("/v1/facets", params={"genre": "Drama", "facet": "languages"}).json()
    expected = catalogue.facets(Filters(genres=("Drama",)), ("languages",))["languages"]
    (values,) = [facet for facet in _entries(found) if facet["facet"] == "languages"]
    assert [(v["value"], v["films"]) for v in values["values"]] == [
        (row["value"], row["films"]) for row in expected
    ]


def test_the_map_is_an_arrow_stream(client: TestClient, catalogue: Catalogue) -> None:
    answer = client.get("/v1/map")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(BytesIO(answer.content)).read_all()
    assert table.num_rows == catalogue.figures()["films"]
    assert {"movie_id", "x", "y"} <= set(table.column_names)
    assert np.isfinite(table["x"].to_numpy()).all()


def test_a_response_is_revalidated_compressed_and_answered_to_head(client: TestClient) -> None:
    plain = client.get("/v1/films", headers={"Accept-Encoding": "identity"})
    packed = client.get("/v1/films", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.json() == plain.json()
    for answer in (plain, packed):
        known = {"If-None-Match": answer.headers["etag"]}
        again = client.get("/v1/films", headers=known)
        assert again.status_code == 304 and again.content == b""
    assert client.get("/v1/films?limit=3", headers=known).status_code == 200
    head = client.head("/v1/films", headers={"Accept-Encoding": "identity"})
    assert head.status_code == 200 and head.content == b""
    assert head.headers["etag"] == plain.headers["etag"]


def test_old_addresses_say_what_replaces_them(client: TestClient) -> None:
    answer = client.get("/movies/m0000/similar")
    assert answer.status_code == 200
    assert answer.headers["deprecation"].startswith("@")
    assert answer.headers["link"] == '</v1/films/m0000/similar>; rel="successor-version"'
    assert "deprecation" not in client.get("/v1/films/m0000/similar").headers


def test_keys_have_scopes_and_limits(snapshots: Snapshots) -> None:
    keys = {
        "reader": {"key": "r" * 20, "scopes": ["read"]},
        "editor": {"key": "e" * 20, "scopes": ["read", "curate"], "rate_limit": "5/minute"},
    }
    client = client_of(snapshots, api_keys=keys)
    problem_of(client.get("/v1/films"), 401)
    reader, editor = ({KEY_HEADER: one["key"]} for one in keys.values())
    assert client.get("/v1/films", headers=reader).status_code == 200
    problem_of(client.get("/v1/rejects", headers=reader), 403)
    problem_of(client.post("/v1/recommender/reload", headers=editor), 403)
    answers = [client.get("/v1/rejects", headers=editor) for _ in range(6)]
    assert [answer.status_code for answer in answers][:4] == [200] * 4
    problem_of(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_addresses_without_a_key_are_limited_too(snapshots: Snapshots) -> None:
    client = client_of(snapshots, rate_limit="3/minute")
    answers = [client.get("/v1/families").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    assert client.get("/health").status_code == 200
