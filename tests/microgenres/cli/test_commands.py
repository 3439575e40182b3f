"""The commands that read a release: show, similar, assign, report, verify."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.mine_command import Mined, answer, command

# The first test waits for the shared run.
pytestmark = pytest.mark.timeout(600)

SUBMARINE = (
    "Deep under the Atlantic the crew of a nuclear submarine falls apart when the captain and his "
    "executive officer quarrel over an order to fire torpedoes at an enemy boat."
)


def test_show_and_similar(mined: Mined) -> None:
    genres = answer("show", "--out", mined.out)["micro_genres"]
    assert len(genres) == mined.release.micro_genres.num_rows
    assert [g["films"] for g in genres] == sorted((g["films"] for g in genres), reverse=True)
    name = genres[0]["micro_genre_name"]
    one = command("show", name, "--out", mined.out)
    assert one.exit_code == 0
    assert name in one.stdout
    similar = answer("similar", "The Hunt for Red October (1990)", "--out", mined.out)
    assert len(similar["similar"]) == 10
    assert "Submarine" in similar["similar"][0]["micro_genre_name"]


def test_search_is_that_of_the_explorer(mined: Mined) -> None:
    def search(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "microgenres.cli.app", "search", *arguments]
        done = [*command, "--out", str(mined.out)]
        return subprocess.run(done, capture_output=True, text=True, check=True, timeout=120)

    found = json.loads(search("the hunt for red octobr", "--json").stdout)
    assert found["films"][0]["title"] == "The Hunt for Red October"
    assert found["films"][0]["reasons"][0]["kind"] == "title"
    shown = search("like The Hunt for Red October but funny")
    assert "films like The Hunt for Red October (1990), but funny" in shown.stderr
    assert 'nothing close to "zzzzqq"' in search("zzzzqq").stdout


def test_assign_names_the_micro_genre_of_an_unseen_film(mined: Mined) -> None:
    (film,) = answer("assign", SUBMARINE, "--out", mined.out)["films"]
    assert "Submarine" in film["micro_genre_name"]
    assert film["margin"] > 0
    assert film["runner_up"] != film["cluster"]
    assert not film["weak"]


def test_assign_finds_films_of_the_release_again(mined: Mined, tmp_path: Path) -> None:
    movies = mined.release.movies.to_pylist()[::10]
    texts = tmp_path / "films.jsonl"
    known = ("title", "overview", "keywords", "tagline", "genres", "year", "language", "countries")
    texts.write_text("\n".join(json.dumps({n: film[n] for n in known}) for film in movies))
    found = answer("assign", "--file", texts, "--out", mined.out)["films"]
    same = [f["cluster"] == film["cluster"] for f, film in zip(found, movies, strict=True)]
    assert np.mean(same) >= 0.9


def test_assign_takes_what_is_known_of_the_film(mined: Mined) -> None:
    said = ["--genre", "Western", "--keyword", "sheriff", "--year", "1956", "--language", "en"]
    (bare,) = answer("assign", SUBMARINE, "--out", mined.out)["films"]
    (film,) = answer("assign", SUBMARINE, *said, "--out", mined.out)["films"]
    assert bare["name_true"] is None, "its genre is not known"
    assert film["name_true"] is not None
    assert film["cluster"] != bare["cluster"] or film["name_true"] is False


def test_assign_of_a_text_imports_no_large_libraries(mined: Mined) -> None:
    code = (
        "import sys; from microgenres.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'prefect', 'distributed', 'sklearn', 'pandas', 'transformers',\n"
        "'sentence_transformers', 'plotly', 'matplotlib'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    command_line = [sys.executable, "-c", code, "assign", SUBMARINE, "--out", str(mined.out)]
    done = subprocess.run(command_line, capture_output=True, encoding="utf-8", check=True)
    assert "LOADED []" in done.stdout
    assert "Submarine" in done.stdout


def test_facts_of_one_film_are_refused_beside_a_file(mined: Mined, tmp_path: Path) -> None:
    texts = tmp_path / "films.txt"
    texts.write_text(SUBMARINE)
    result = command("assign", "--file", texts, "--year", "1956", "--out", mined.out)
    assert result.exit_code == 2
    assert "write them into the file" in " ".join(result.stderr.split())


def test_report(mined: Mined) -> None:
    shown, report = answer("report", "--out", mined.out), mined.release.report.to_dict()
    assert shown.keys() == report.keys()
    assert shown["counts"] == report["counts"]
    assert shown["clusters"] == pytest.approx(report["clusters"], abs=1e-5)  # rounded in JSON
    printed = command("report", "--out", mined.out)
    assert printed.exit_code == 0
    assert "report.html" in printed.stdout


def test_verify_finds_damage(mined: Mined, tmp_path: Path) -> None:
    assert answer("verify", "--out", mined.out)["ok"] is True
    damaged = tmp_path / mined.release.id
    shutil.copytree(mined.release.path, damaged)
    table = damaged / "neighbours.parquet"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)
    result = command("verify", damaged, "--json")
    assert result.exit_code == 4
    shown = json.loads(result.stdout)
    assert shown["ok"] is False
    assert [problem.split(":")[0] for problem in shown["problems"]] == ["neighbours.parquet"]
    assert command("verify", damaged).exit_code == 4
