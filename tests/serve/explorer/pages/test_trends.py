"""The trends page: lines in the address, wrong values, the picture of keywords."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.catalogue.catalogue import Catalogue
from serve.explorer.app import create_app
from tests.support.earlier_release import replace_table
from tests.support.served_release import build


@pytest.fixture(scope="module")
def site(release: Path) -> TestClient:
    return TestClient(create_app(release, ServeSettings()))


def test_chosen_micro_genres_are_in_the_address_and_can_be_removed(
    site: TestClient, catalogue: Catalogue
) -> None:
    first, second = catalogue.micro_genres()[:2]
    added = site.get(
        "/trends",
        params={"micro": first["micro_genre_id"], "add": second["micro_genre_name"].upper()},
        follow_redirects=False,
    )
    assert added.status_code == 303
    address = added.headers["location"]
    ids = [first["micro_genre_id"], second["micro_genre_id"]]
    assert address == f"trends?micro={ids[0]}&micro={ids[1]}"
    page = unescape(site.get(f"/{address}").text)
    assert f'href="trends?micro={ids[1]}" aria-label="Remove {first["micro_genre_name"]}"' in page


def test_each_decade_is_in_the_table_of_shares(site: TestClient, catalogue: Catalogue) -> None:
    page = site.get("/trends").text
    decades = {row["decade"] for row in catalogue.trends.films_by("decade")}
    table = page.split("Shares as a table")[1].split("</table>")[0]
    found = {int(decade) for decade in re.findall(r'<th scope="row">(\d+)s', table)}
    assert found == set(range(min(decades), max(decades) + 1, 10))


def test_a_name_that_fits_nothing_is_said_and_shown_as_text(site: TestClient) -> None:
    answer = site.get("/trends", params={"add": "<i>nothing</i>"})
    assert answer.status_code == 200
    assert "No micro-genre has the name “&lt;i&gt;nothing&lt;/i&gt;”" in answer.text


def test_a_threshold_of_votes_that_no_film_reaches_is_said(site: TestClient) -> None:
    page = site.get("/trends?votes=1000000").text
    assert "No film has a rating with at least 1,000,000 votes" in page
    assert 'href="trends?votes=0"' in page


@pytest.mark.parametrize(
    "query",
    ["votes=-1", "votes=x", "since=1", "micro=x", "family=x", "words=x", "other=1"],
)
def test_wrong_values_give_a_page_that_says_so(site: TestClient, query: str) -> None:
    answer = site.get(f"/trends?{query}")
    assert answer.status_code == 400
    assert "<h1>The address has a wrong value</h1>" in answer.text


def test_the_word_cloud_is_a_picture_that_differs_by_theme(site: TestClient) -> None:
    light, dark = (site.get(f"/keyword-cloud?theme={theme}") for theme in ("light", "dark"))
    assert light.content.startswith(b"\x89PNG") and dark.content.startswith(b"\x89PNG")
    assert light.content != dark.content
    assert site.get("/keyword-cloud?theme=x").status_code == 400


def test_a_catalogue_without_ratings_is_said(tmp_path: Path) -> None:
    folder = build(tmp_path)
    movies = pq.ParquetFile(folder / "movies.parquet").read()
    field = movies.schema.field("vote_average")
    at, nothing = movies.schema.get_field_index(field.name), pa.nulls(len(movies), field.type)
    replace_table(folder, "movies", movies.set_column(at, field, nothing))
    page = TestClient(create_app(folder, ServeSettings())).get("/trends").text
    assert "This catalogue has no ratings." in page
