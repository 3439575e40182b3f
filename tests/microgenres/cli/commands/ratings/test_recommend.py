"""`microgenres ratings recommend`: for users of the ratings, and for a person with an export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from microgenres.cli.app import app
from microgenres.cli.exit_codes import ExitCode
from pipeline.recommend.data.films import link_films
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from pipeline.settings import UpkeepSettings
from tests.support.cases import case
from tests.support.ratings import SEED, SETTINGS


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with a recommender of case 30."""
    place = tmp_path_factory.mktemp("recommend")
    folder = place / "ratings"
    prepared = prepare(case("30-reasons-without-texts/ml"), folder / "data")
    database = UpkeepDatabase(database_url(folder))
    lifecycle = RecommenderLifecycle(folder, database, SETTINGS, UpkeepSettings(), SEED)
    lifecycle.train(prepared, link_films(prepared.films(), None), "item-knn")
    database.close()
    return place


def recommend(out: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["ratings", "recommend", *words, "--out", str(out)])


def test_a_known_user_gets_films(out: Path) -> None:
    result = recommend(out, "1", "--top", "3")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 3 and "because you rated" in result.stdout
    unknown = recommend(out, "anna", "--top", "3")
    assert unknown.exit_code == 0 and "user anna has no ratings" in unknown.stderr


def test_a_person_gets_films_and_the_titles_that_are_not_known(out: Path, tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    head = "Date,Name,Year,Letterboxd URI,Rating\n"
    rows = ["2024-01-15,Salt Lamp,1970,https://example.org/a,4.5"]
    rows += [f"2024-01-15,Elsewhere {n},2001,https://example.org/{n},3" for n in range(30)]
    file.write_text(head + "\n".join(rows) + "\n")
    result = recommend(out, "--ratings", str(file), "--top", "4")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 4 and "Salt Lamp (1970):" not in result.stdout
    assert "1 of 31 rated films are known" in result.stderr
    assert "Elsewhere 0 (2001); Elsewhere 1" in result.stderr and "and 10 more" in result.stderr
    found = json.loads(recommend(out, "--ratings", str(file), "--json").stdout)
    assert found["known_ratings"] == 1 and len(found["unlinked"]) == 30
    assert all(film["reason"]["similarity"] is None for film in found["films"])


def test_errors_are_one_line(out: Path, tmp_path: Path) -> None:
    assert recommend(out).exit_code == ExitCode.USAGE
    assert recommend(out, "1", "--ratings", "x.csv").exit_code == ExitCode.USAGE
    absent = recommend(out, "--ratings", str(tmp_path / "x.csv"))
    assert absent.exit_code == ExitCode.SOURCE and "no such file" in absent.stderr
