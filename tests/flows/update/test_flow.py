"""Updates from the command line and in a row, killed at any point, and the way back."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from benchmarks.lib.mined_release import catalogue, mined_release, write_catalogue
from benchmarks.lib.small_model import build_model
from benchmarks.scripts.updates import many
from flows.update.flow import UpdateResult, update, update_flow
from microgenres.cli.app import app
from microgenres.cli.exit_codes import ExitCode
from pipeline.errors import ReleaseError, SettingsError, SourceError
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import DRIFT, LANGUAGES, LINEAGE, NOVEL
from pipeline.schemas.mining import MOVIES
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.settings import Settings
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import checksums, verify_release
from tests.faults.child import forked
from tests.support.earlier_release import replace_table

FILMS = 200
REJECTS = {"source": {"max_rejected_share": 1.0}}
STEPS = (
    "flows.update.steps.compare_rows",
    "flows.update.steps.compare_films",
    "flows.update.steps.compose_texts",
    "flows.update.steps.apply_changes",
    "flows.update.publish.measure_drift",
    "flows.runtime.release_writer.write_table",
    "flows.update.publish.render_page",
    "pipeline.storage.release_store.ReleaseStore._install",
    "pipeline.storage.release_store.ReleaseStore.point_latest",
)

pytestmark = pytest.mark.usefixtures("server")


def bring(sources: list[str], out: Path | str, **options: Any) -> UpdateResult:
    """Run the flow of an update in this process, under the tests' Prefect server."""
    return UpdateResult(**update_flow(sources, str(out), **options))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    out = tmp_path_factory.mktemp("mined")
    mined_release(out, model, catalogue().slice(0, FILMS))
    return out


@pytest.fixture
def out(mined: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(mined, tmp_path / "out"))


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The catalogue some days later: two films withdrawn, one with another text, three new."""
    rows = catalogue().slice(2, FILMS + 1).to_pylist()
    rows[0]["overview"] += " Now it is another story."
    folder = tmp_path_factory.mktemp("later")
    return write_catalogue(folder / "later.parquet", pa.Table.from_pylist(rows, MOVIES))


def files_of(release: Path) -> dict[str, str]:
    return checksums(verify_release(release))


def test_an_update_is_a_release_that_follows(out: Path, later: str) -> None:
    found = bring([later], out)
    assert found.made
    release = ReleasedTables(Path(found.path))
    manifest = verify_release(release.path)
    assert (manifest["kind"], manifest["parent"], manifest["generation"]) == ("updated", "mined", 1)
    assert ReleaseStore(out).latest() == release.id
    counts = release.report.update
    assert (counts.added, counts.changed, counts.withdrawn) == (3, 1, 2)
    assert counts.texts_encoded == counts.placed == 4
    assert manifest["counts"] == {"rows_in": 201, "released": 201, "rejected": 0}
    lineage = release.table("lineage", LINEAGE)
    assert set(lineage["event"].to_pylist()) == {"kept"}
    figures = release.table("drift", DRIFT)
    assert set(figures["figure"].to_pylist()) == set(Settings().drift.model_dump())
    assert release.table("languages", LANGUAGES)["movie_id"] == release.movies["movie_id"]
    novel = release.table("novel", NOVEL)
    assert novel.num_rows == release.report.novelty["films"]
    again = bring([later], out)
    assert (again.path, again.made) == (found.path, False)


def test_new_films_go_where_the_name_is_true_of_them(out: Path, tmp_path: Path) -> None:
    """All names say a letter; those of every fourth micro-genre a comedy, the others horror."""
    folder = ReleaseStore(out).folder()
    genres = pq.read_table(folder / "micro_genres.parquet")
    labels = [
        row | {"subjects": ["letter"], "form_genres": ["Horror"]} for row in genres.to_pylist()
    ]
    for row in labels[::4]:
        row["form_genres"] = ["Comedy"]
    replace_table(folder, "micro_genres", pa.Table.from_pylist(labels, genres.schema))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["shelves"] = {"reach": 2.0, "near_enough": 2.0, "untagged": 2.0}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    new = catalogue().slice(FILMS, 6).to_pylist()
    for row in new:
        row |= {"keywords": ["letters"], "genres": ["Comedy"]}
    rows = catalogue().slice(0, FILMS).to_pylist() + new
    source = write_catalogue(tmp_path / "new.parquet", pa.Table.from_pylist(rows, MOVIES))
    release = ReleasedTables(Path(bring([source], out).path))
    films = {film["movie_id"]: film for film in release.movies.to_pylist()}
    placed = [films[row["movie_id"]] for row in new]
    assert {film["cluster"] for film in placed} <= {row["cluster"] for row in labels[::4]}
    assert all(film["name_true"] for film in placed)
    assert any(film["margin"] < 0 for film in placed)
    assert release.manifest.shelves == ShelfLimits(reach=2.0, near_enough=2.0, untagged=2.0)


def kill_at(step: str, source: str, out: Path) -> None:
    """Run an update in its own process, which is killed where `step` is called."""
    import importlib

    path, name = step.rsplit(".", 1)
    try:
        place: Any = importlib.import_module(path)
    except ModuleNotFoundError:
        module, owner = path.rsplit(".", 1)
        place = getattr(importlib.import_module(module), owner)

    def die(*_args: object, **_named: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(place, name, die)
    bring([source], out)


def test_an_update_killed_at_any_point_gives_the_same_release_when_resumed(
    mined: Path, later: str, tmp_path: Path
) -> None:
    whole = Path(shutil.copytree(mined, tmp_path / "whole"))
    wanted = Path(bring([later], whole).path)
    out = Path(shutil.copytree(mined, tmp_path / "killed"))
    for step in STEPS:
        # not forked from here: threads of other tests' libraries would leave locks behind
        assert forked(kill_at, step, later, out, seconds=120) == -signal.SIGKILL, step
        assert ReleaseStore(out).latest() == "mined", step
        verify_release(ReleaseStore(out).folder())
    found = bring([later], out)
    assert Path(found.path).name == wanted.name
    assert files_of(Path(found.path)) == files_of(wanted)
    left = {path.name for path in (out / "releases").iterdir()}
    assert left == {"mined", wanted.name}


@pytest.mark.slow
def test_many_updates_give_the_films_of_one_mining(tmp_path: Path) -> None:
    assert many(20, 10, tmp_path, slice_seconds=0.0) is None  # a slice at a time
    found = many(20, 10, tmp_path)
    assert found is not None
    assert found["generation"] == 20
    pruned = found["after_prune"]
    assert pruned["most_releases"] <= 4
    assert pruned["bytes"]["last"] < 1.2 * pruned["bytes"]["first"]


def test_drift_makes_a_mining_due_and_says_so(out: Path, later: str) -> None:
    found = bring([later], out, overrides={"drift": {"growth": 1e-9}})
    assert found.due == ["growth"]
    release = ReleasedTables(Path(found.path))
    assert release.report.drift.decision == "mining due"
    rows = release.table("drift", DRIFT).to_pylist()
    assert [row["figure"] for row in rows if row["past"]] == ["growth"]
    assert {row["decision"] for row in rows} == {"mining due"}


def test_films_of_a_new_kind_are_proposed(out: Path) -> None:
    loose = {"novelty": {"quantile": 0.5, "likeness": 0.01, "min_films": 2}}
    rows = catalogue().slice(0, FILMS + 40).to_pylist()
    found = bring(
        [write_catalogue(out / "more.parquet", pa.Table.from_pylist(rows, MOVIES))],
        out,
        overrides=loose,
    )
    release = ReleasedTables(Path(found.path))
    proposed = release.report.novelty["proposals"]
    assert proposed
    names = set(release.micro_genres["micro_genre_name"].to_pylist())
    assert all(p["name"] and p["name"] not in names for p in proposed)
    numbers = set(release.table("novel", NOVEL)["proposal"].to_pylist()) - {None}
    assert numbers == set(range(len(proposed)))
    assert sum(p["films"] for p in proposed) <= release.report.novelty["films"]


def test_update_history_and_rollback_print_their_results(out: Path, later: str) -> None:
    cli = CliRunner()

    def ask(*args: str) -> dict[str, Any]:
        answer = cli.invoke(app, [*args, "--out", str(out), "--json"])
        assert answer.exit_code == ExitCode.OK, answer.output
        return dict(json.loads(answer.stdout))

    done = ask("update", "--source", later)
    assert done["made"]
    assert done["update"]["added"] == 3
    assert not ask("update", "--source", later)["made"]
    grown = ask("history")
    assert [row["kind"] for row in grown["releases"]] == ["mined", "updated"]
    assert sum(row["last"] for row in grown["micro_genres"]) == 201
    assert sum(row["first"] for row in grown["micro_genres"]) == FILMS
    back = ask("rollback")
    assert (back["before"], back["latest"]) == (done["release_id"], "mined")
    assert ask("rollback", done["release_id"])["latest"] == done["release_id"]
    movies = out / "releases" / "mined" / "movies.parquet"
    movies.write_bytes(movies.read_bytes()[:-1])
    refused = cli.invoke(app, ["rollback", "--out", str(out)])
    assert refused.exit_code == ExitCode.RELEASE
    assert "movies.parquet" in refused.output
    assert ReleaseStore(out).latest() == done["release_id"]


def test_a_catalogue_of_other_films_is_refused(out: Path) -> None:
    row = catalogue().slice(0, 1).to_pylist()[0] | {"overview": None}
    source = write_catalogue(out / "one.parquet", pa.Table.from_pylist([row], MOVIES))
    with pytest.raises(SourceError, match=r"--allow-withdrawals.*--only-changes"):
        bring([source], out, overrides=REJECTS)
    assert ReleaseStore(out).latest() == "mined"


def test_a_release_without_films_is_never_made(out: Path) -> None:
    row = catalogue().slice(FILMS, 1).to_pylist()[0] | {"overview": None}
    source = write_catalogue(out / "none.parquet", pa.Table.from_pylist([row], MOVIES))
    allowed = {**REJECTS, "update": {"max_withdrawn_share": 1.0}}
    with pytest.raises(ReleaseError, match="no film of release mined would be left"):
        bring([source], out, overrides=allowed)
    assert ReleaseStore(out).latest() == "mined"


def test_films_whose_rows_are_rejected_stay(out: Path) -> None:
    """All but five overviews are empty: nothing is published, or each film stays as it was."""
    rows = catalogue().slice(0, FILMS).to_pylist()
    emptied = [row | ({"overview": None} if n >= 5 else {}) for n, row in enumerate(rows)]
    source = write_catalogue(out / "emptied.parquet", pa.Table.from_pylist(emptied, MOVIES))
    cli = CliRunner()
    arguments = ["update", "--source", source, "--out", str(out), "--json"]
    stopped = cli.invoke(app, arguments)
    assert stopped.exit_code == ExitCode.SOURCE
    assert "missing_overview 195 rows (emptied.parquet row 6: no overview)" in stopped.stderr
    assert "--allow-rejects" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert ReleaseStore(out).latest() == "mined"
    allowed = cli.invoke(app, [*arguments, "--allow-rejects"])
    assert allowed.exit_code == ExitCode.OK, allowed.output
    done = json.loads(allowed.stdout)
    assert (done["counts"]["released"], done["retained"]) == (FILMS, 195)
    assert done["update"]["withdrawn"] == 0
    assert len(done["update"]["retained_examples"]) == 10
    (rejected,) = done["reading"]["rejected"]
    assert (rejected["reason"], rejected["rows"]) == ("missing_overview", 195)
    release = ReleasedTables(Path(done["path"]))
    assert release.manifest.retained_films == 195
    assert release.manifest.reading is not None
    assert release.manifest.reading.rows_in == FILMS
    again = json.loads(cli.invoke(app, [*arguments, "--allow-rejects"]).stdout)
    assert (again["made"], again["retained"]) == (False, 195)


def test_a_truncated_file_withdraws_nothing(out: Path) -> None:
    half = catalogue().slice(0, FILMS // 2)
    source = write_catalogue(out / "half.parquet", half)
    cli = CliRunner()
    arguments = ["update", "--source", source, "--out", str(out)]
    stopped = cli.invoke(app, arguments)
    assert stopped.exit_code == ExitCode.SOURCE
    assert "100 of the 200 films of release mined are no longer in the catalogue" in stopped.stderr
    assert ReleaseStore(out).latest() == "mined"
    empty = write_catalogue(out / "empty.parquet", half.slice(0, 0))
    refused = cli.invoke(app, ["update", "--source", empty, "--out", str(out)])
    assert refused.exit_code == ExitCode.SOURCE
    assert ReleaseStore(out).latest() == "mined"
    allowed = cli.invoke(app, [*arguments, "--allow-withdrawals"])
    assert allowed.exit_code == ExitCode.OK, allowed.output
    assert ReleasedTables(ReleaseStore(out).folder()).movies.num_rows == FILMS // 2


def test_years_written_in_another_way_withdraw_nothing(out: Path, tmp_path: Path) -> None:
    """What case 31 does to its films, on a release that is there already."""
    rows = catalogue().slice(0, FILMS).drop_columns(["source", "row"]).to_pylist()
    for row in rows[5:]:
        row["year"] = f"{row['year']} (USA)"
    changed = tmp_path / "next.jsonl"
    changed.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found = bring([f"files:{changed}"], out)
    released = ReleasedTables(Path(found.path))
    assert released.report.update.withdrawn in (0, None)
    assert released.movies.select(["movie_id", "year"]).equals(
        ReleasedTables(out / "releases" / "mined").movies.select(["movie_id", "year"])
    )


def test_mining_when_due_needs_the_whole_catalogue(out: Path) -> None:
    with pytest.raises(SettingsError, match="whole catalogue"):
        update(["sample"], str(out), only_changes=True, mine_when_due=True)


def test_a_folder_without_a_release_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="microgenres mine"):
        bring(["sample"], tmp_path)
