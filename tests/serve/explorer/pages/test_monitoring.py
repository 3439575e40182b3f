"""The monitoring page: sentences, normal ranges, exports; hidden without content."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.release.lookup import output_folder
from pipeline.settings import ServeSettings, UpkeepSettings
from serve.explorer.app import create_app
from tests.support.served_release import build
from tests.support.upkeep_rows import build_upkeep


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    release = build(tmp_path_factory.mktemp("monitored"))
    database = build_upkeep(output_folder(release) / "ratings")
    yield TestClient(create_app(release, ServeSettings(), UpkeepSettings()))
    database.engine.dispose()


def test_without_a_recommender_the_page_says_so_and_creates_nothing(release: Path) -> None:
    site = TestClient(create_app(release, ServeSettings(), UpkeepSettings()))
    page = site.get("/monitoring").text
    assert "There is no recommender to monitor yet." in page
    assert 'href="monitoring"' not in site.get("/").text
    assert not (output_folder(release) / "ratings").exists()


def test_the_state_is_said_in_sentences_and_normal_ranges_have_units(site: TestClient) -> None:
    page = site.get("/monitoring").text
    assert 'href="monitoring"' in site.get("/").text
    assert "Training is due: 1 alert since this version was promoted." in page
    assert "up to 1.06 stars" in page and "±10\u202f% at most" in page
    assert "0.127; normal is up to 0.05." in page


def test_a_version_and_a_figure_are_chosen_by_the_address(site: TestClient) -> None:
    page = site.get("/monitoring?version=v1&figure=rmse").text
    assert "No batch has been checked yet" in page
    assert "root mean squared error" in site.get("/monitoring?figure=rmse").text
    for query in ("version=x", "figure=x"):
        assert site.get(f"/monitoring?{query}").status_code == 400


def test_tables_are_exported_without_formulas(site: TestClient) -> None:
    answer = site.get("/monitoring.csv?table=ingestions")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["'=week.csv.gz"] * 3
    assert site.get("/monitoring.csv?table=sqlite_master").status_code == 400
