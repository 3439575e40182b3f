"""The genres page: without models, and with a trained one."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.explorer.app import create_app
from tests.support.full_release import train_genres


@pytest.fixture(scope="module")
def site(release: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("models") / "genres"
    train_genres(folder)
    return TestClient(create_app(release, ServeSettings(genres=folder)))


def test_without_models_the_page_says_so_and_is_not_in_the_menu(release: Path) -> None:
    site = TestClient(create_app(release, ServeSettings()))
    page = site.get("/genres").text
    assert "There are no genre models yet" in page and "microgenres genres train" in page
    assert 'href="genres"' not in site.get("/").text


def test_genres_are_predicted_from_the_address(site: TestClient) -> None:
    assert 'href="genres"' in site.get("/").text
    answer = site.get(
        "/genres",
        params={"title": "Night <Rain>", "overview": "A detective hunts a killer in the city."},
    )
    assert answer.status_code == 200
    assert "Night &lt;Rain&gt;" in answer.text and "<Rain>" not in answer.text
    assert 'aria-label="Probability of each genre"' in answer.text
    assert "from title and description" in answer.text


def test_an_empty_form_and_an_unknown_model_are_said(site: TestClient) -> None:
    assert "Enter a title or a description first." in site.get("/genres?title=&overview=").text
    assert site.get("/genres?title=x&model=y").status_code == 400
