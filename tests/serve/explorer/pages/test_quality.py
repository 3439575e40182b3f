"""The quality page: with figures, and where nothing was measured."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.explorer.app import create_app
from tests.support.full_release import build_with_figures


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = build_with_figures(tmp_path_factory.mktemp("figures"))
    return unescape(TestClient(create_app(folder, ServeSettings())).get("/quality").text)


def test_the_verdict_is_a_sentence_with_its_figures(page: str) -> None:
    assert "<strong>Mostly: the names can be trusted, the borders" in page
    assert "Every part of the name is true of 90\u202f% of the films (95 % interval" in page


def test_three_silhouettes_are_explained_once(page: str) -> None:
    assert page.count("(Rousseeuw 1987)") == 1
    table = page.split('aria-label="Silhouettes"')[1].split("</table>", maxsplit=1)[0]
    assert re.findall(r'<td class="number">(.*?)</td>', table) == [
        "\u22120.007",
        "\u22120.030",
        "0.220",
    ]


def test_methods_that_were_not_run_are_named_with_the_command(page: str) -> None:
    table = page.split('aria-label="Other methods"')[1].split("</table>", maxsplit=1)[0]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL)
    missing = [name for name, cells in rows if "not run for this release" in cells]
    assert missing == ["BERTopic", "EVoC"]
    assert "microgenres bench clustering" in page


def test_the_weakest_micro_genres_link_to_their_films(page: str) -> None:
    table = page.split('aria-label="Weakest micro-genres"')[1].split("</table>", maxsplit=1)[0]
    assert 'href="micro-genre?id=' in table and 'href="film?id=' in table


def test_a_release_without_figures_says_that_nothing_is_known(earlier_release: Path) -> None:
    answer = TestClient(create_app(earlier_release, ServeSettings())).get("/quality")
    assert answer.status_code == 200
    assert "Not known: this release does not say whether its names are true." in answer.text
