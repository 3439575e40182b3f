"""The pages of the web explorer: status, titles, links that resolve, hostile parameters."""

from __future__ import annotations

import re
from csv import DictReader
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.catalogue.catalogue import Catalogue
from serve.explorer.app import create_app


@pytest.fixture(scope="module")
def site(release: Path) -> TestClient:
    return TestClient(create_app(release, ServeSettings()))


def addresses_of(html: str) -> set[str]:
    found = re.findall(r'(?:href|src)="([^"#][^"]*)"', html)
    return {unescape(address) for address in found}


@pytest.mark.parametrize("page", ["", "films", "micro-genres"])
def test_each_link_of_a_page_resolves(site: TestClient, page: str) -> None:
    answer = site.get(f"/{page}")
    assert answer.status_code == 200
    links = addresses_of(answer.text)
    assert len(links) > 10
    for link in sorted(links)[:80]:
        assert site.get(f"/{link}").status_code == 200, link


def test_film_and_micro_genre_have_titles_of_their_own(
    site: TestClient, films: list[dict[str, Any]], catalogue: Catalogue
) -> None:
    film = site.get("/film", params={"id": films[0]["movie_id"]})
    assert film.status_code == 200
    title = re.search("<title>(.*?)</title>", film.text)
    assert title is not None and films[0]["title"] in unescape(title[1])
    genre = catalogue.micro_genre(0)
    page = site.get("/micro-genre", params={"id": genre["micro_genre_id"]})
    assert page.status_code == 200
    assert f"<title>{genre['micro_genre_name']} ·" in unescape(page.text)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing", 404),
        ("/film?id=nothing", 404),
        ("/film", 404),
        ("/micro-genre?id=%00", 404),
        ("/films?page=0", 400),
        ("/films?page=999999", 400),
        ("/films?year_from=x", 400),
        ("/films?rating_to=nan", 400),
        ("/films?sort=x", 400),
        ("/films?micro=x", 400),
        ("/films?unknown=1", 400),
    ],
)
def test_unknown_and_wrong_values_give_a_page_that_says_so(
    site: TestClient, address: str, status: int
) -> None:
    answer = site.get(address)
    assert answer.status_code == status
    assert "<h1>" in answer.text and "Traceback" not in answer.text


def test_text_of_the_address_is_escaped_and_the_policy_allows_this_server_only(
    site: TestClient,
) -> None:
    answer = site.get("/films", params={"q": "<script>alert(1)</script>"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


def test_filters_have_counts_and_chips_and_the_export_has_the_selection(
    site: TestClient, catalogue: Catalogue
) -> None:
    genre = catalogue.facets()["genres"][0]
    answer = site.get("/films", params={"genre": genre["value"]})
    assert f"Remove the filter {genre['value']}" in answer.text
    assert f"{genre['value']}</span> <small>{genre['films']}</small>" in answer.text
    table = site.get("/films.csv", params={"genre": genre["value"]})
    assert table.content.decode("utf-8-sig").count("\r\n") == genre["films"] + 1


def test_the_export_has_the_order_of_the_page(site: TestClient) -> None:
    values = {"sort": "lowest rated"}
    rows = list(
        DictReader(site.get("/films.csv", params=values).text.lstrip("\ufeff").splitlines())
    )
    ratings = [float(row["vote_average"]) for row in rows if row["vote_average"]]
    assert len(set(ratings)) > 1 and ratings == sorted(ratings)


def test_addresses_of_the_first_version_lead_to_their_films(site: TestClient) -> None:
    old = {"year": ["1960", "1970"], "by": "meaning", "q": "submarine"}
    answer = site.get("/films", params=old, follow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["location"] == "/films?q=submarine&year_from=1960&year_to=1970"
    assert site.get("/films", params=old).status_code == 200


@pytest.mark.parametrize(
    ("address", "title", "on_map"),
    [
        ("/films?q=submarine&sort=title&view=list", "Films: submarine", "map?q=submarine"),
        ("/films?genre=Drama&year_from=1960", "Films: Drama, from 1960", None),
        ("/films?page=2", "Films, page 2", "map"),
        ("/films?micro={genre}", "Films: {name}", "map?micro_genre={genre}"),
    ],
)
def test_a_selection_has_a_title_and_is_on_the_map_if_the_map_can_show_it(
    site: TestClient, catalogue: Catalogue, address: str, title: str, on_map: str | None
) -> None:
    row = catalogue.micro_genres()[0]
    named = {"genre": row["micro_genre_id"], "name": row["micro_genre_name"]}
    html = unescape(site.get(address.format(**named)).text)
    assert f"<title>{title.format(**named)} ·" in html
    links = re.findall(r'<a href="([^"]*)">Show on the map</a>', html)
    assert links == ([on_map.format(**named)] if on_map else [])
