"""`microgenres fetch changes` and updates with the result; only TMDB itself is replaced."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.lib.mined_release import mined_release
from benchmarks.lib.small_model import build_model
from benchmarks.lib.tmdb_films import FIRST_ID, film
from benchmarks.lib.tmdb_server import TmdbServer
from flows.update.flow import update_flow
from microgenres.cli.exit_codes import ExitCode
from pipeline.release.reader import ReleasedTables
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.sources.tmdb import ATTRIBUTION
from tests.support.fetch_command import fetch, fetch_manifest, ids

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("server")]


@pytest.fixture
def today() -> date:
    """Return the day in UTC; near midnight, wait for the next so that it does not end in a test."""
    while (now := datetime.now(UTC)).date() != (now + timedelta(minutes=1)).date():
        time.sleep(1)
    return now.date()


def test_only_changed_films_are_requested_again(
    tmdb: TmdbServer, tmp_path: Path, today: date
) -> None:
    export = tmp_path / "ids.json"
    known = [film for film in range(FIRST_ID, FIRST_ID + 40) if film % 97]
    export.write_text("".join(f'{{"id": {film}, "popularity": 1}}\n' for film in [*known, 99]))
    first = fetch_manifest(tmdb, "tmdb", "--ids", export, "--review-pages", 3, "--out", tmp_path)
    assert first["films"]["not_there"] == [99]
    assert ids(tmp_path / "fetch/films.parquet") == known
    reviews = pq.read_table(tmp_path / "fetch/films.parquet", columns=["id", "reviews"])
    review_counts = {row["id"]: len(row["reviews"]) for row in reviews.to_pylist()}
    assert review_counts == {film: len(tmdb.films[film]["reviews"]) for film in known}
    assert max(review_counts.values()) > 20

    tmdb.films[105]["overview"] = "Another story."
    tmdb.films[106]["title"] = "Another Title"
    del tmdb.films[107]
    tmdb.changes = {
        today - timedelta(days=30): [101],  # before
        today - timedelta(days=20): [105, 145],
        today - timedelta(days=3): [106, 107, 5, 105],
    }
    tmdb.prepared.clear()
    tmdb.log.clear()
    since = today - timedelta(days=25)
    manifest = fetch_manifest(
        tmdb, "changes", "--since", since, "--review-pages", 3, "--out", tmp_path
    )
    requested = {hit.path for hit in tmdb.log if hit.path.count("/") == 1}
    assert requested == {"movie/changes", "movie/105", "movie/106", "movie/107"}
    assert manifest["withdrawn"] == [107]
    assert manifest["as_of"] == today.isoformat()
    changed = pq.read_table(tmp_path / "fetch/changed.parquet").to_pylist()
    assert [row["id"] for row in changed] == [105, 106]
    whole = {row["id"]: row for row in pq.read_table(tmp_path / "fetch/films.parquet").to_pylist()}
    assert sorted(whole) == [film for film in known if film != 107]
    assert whole[105]["overview"] == "Another story."
    assert whole[106]["title"] == "Another Title"

    # A change that cannot be fetched is an error although an older response is stored.
    tmdb.changes[today] = [110]
    tmdb.faults["movie/110"] = deque(["500"] * 7)
    since = today - timedelta(days=2)
    lost = fetch(tmdb, "changes", "--since", since, "--review-pages", 3, "--out", tmp_path)
    assert lost.exit_code == ExitCode.SOURCE
    assert "movie/110: 500" in lost.stderr

    since = today - timedelta(days=25)
    with_new = fetch_manifest(tmdb, "changes", "--since", since, "--new", "--out", tmp_path)
    assert 145 in ids(tmp_path / "fetch/films.parquet")
    assert with_new["films"]["not_there"] == [5, 107]


def test_an_update_withdraws_films_that_tmdb_removed(
    tmdb: TmdbServer, tmp_path: Path, today: date
) -> None:
    known = [film for film in range(FIRST_ID, FIRST_ID + 60) if film % 97]
    (tmp_path / "ids.json").write_text("".join(f'{{"id": {n}, "popularity": 1}}\n' for n in known))
    fetch_manifest(tmdb, "tmdb", "--ids", tmp_path / "ids.json", "--out", tmp_path)
    source = f"tmdb:{tmp_path}"
    rows = pa.concat_tables(c.movies for c in open_source(source, SourceSettings()).read())
    model = build_model(tmp_path / "model")
    mined_release(tmp_path, model, rows)

    def fetch_changes_of_today(*films: int) -> dict[str, Any]:
        tmdb.changes = {today: list(films)}
        tmdb.prepared.clear()
        return fetch_manifest(tmdb, "changes", "--since", today, "--out", tmp_path)

    def run_update(*, only_changes: bool) -> ReleasedTables:
        result = update_flow([source], str(tmp_path), only_changes=only_changes)
        return ReleasedTables(Path(result["path"]))

    del tmdb.films[107]
    assert fetch_changes_of_today(107)["withdrawn"] == [107]
    whole = run_update(only_changes=False)
    assert whole.report.update.withdrawn == 1
    ids = set(whole.movies["movie_id"].to_pylist())
    assert ids == {str(film) for film in known} - {"107"}
    assert whole.report.attribution == ATTRIBUTION
    for file in ("README.md", "report.html"):
        assert ATTRIBUTION in (whole.path / file).read_text(encoding="utf-8")

    # Two fetches, one update: it also withdraws the film that the first fetch reported as gone.
    del tmdb.films[110]
    assert fetch_changes_of_today(110)["withdrawn"] == [110]
    del tmdb.films[120]
    manifest = fetch_changes_of_today(120)
    assert (manifest["withdrawn"], manifest["gone"]) == ([120], [107, 110, 120])
    part = run_update(only_changes=True)
    assert part.report.update.withdrawn == 2
    assert ids - set(part.movies["movie_id"].to_pylist()) == {"110", "120"}

    # A film that returns is added again.
    tmdb.films[110] = film(110)
    assert fetch_changes_of_today(110)["changed"]["films"] == 0  # it is no longer in the catalogue
    tmdb.changes = {today: [110]}
    again = fetch_manifest(tmdb, "changes", "--since", today, "--new", "--out", tmp_path)
    assert again["gone"] == [107, 120]
    assert run_update(only_changes=True).report.update.added == 1


def test_changes_without_a_catalogue_are_an_error(tmdb: TmdbServer, tmp_path: Path) -> None:
    result = fetch(tmdb, "changes", "--since", "2026-01-01", "--out", tmp_path)
    assert result.exit_code == ExitCode.SOURCE
    assert "microgenres fetch tmdb" in result.stderr
