"""Rejected is not gone: which films an update retains, withdraws, or refuses to withdraw."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from benchmarks.lib.mined_release import catalogue, mined_release, settings_of
from benchmarks.lib.small_model import build_model
from pipeline.cleaning.clean import clean
from pipeline.errors import SourceError
from pipeline.ingest.partition import read_catalogue
from pipeline.ingest.row_hash import hash_rows
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import ROWS
from pipeline.schemas.mining import MOVIES
from pipeline.settings import Settings
from pipeline.storage.work_store import WorkStore
from pipeline.update.changes import Changes, RowChanges, compare_films, compare_rows
from pipeline.update.withdrawals import UNREADABLE, check_withdrawals, count_unreadable

FILMS = 60
NAMES = ("movie_id", "title", "year", "overview")
Row = dict[str, Any]


def as_csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, NAMES, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: row[name] for name in NAMES} for row in rows)
    return out.getvalue()


class Base:
    """A release of 60 films that was mined from films.csv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = settings_of(build_model(folder / "model"))
        self.rows: list[Row] = catalogue().select(NAMES).slice(0, FILMS).to_pylist()
        self.store = WorkStore(folder / "out")
        self.release = ReleasedTables(
            mined_release(
                folder / "out", Path(self.settings.embed.model), self.read(as_csv(self.rows))[0]
            )
        )

    def read(self, text: str, name: str = "films.csv") -> tuple[pa.Table, pa.Table]:
        """Return MOVIES and REJECTS of a file with this text."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        found = read_catalogue(self.store, [f"files:{path}"], self.settings.source)
        movies = pa.concat_tables(map(self.store.read, found.partitions)).cast(MOVIES)
        return movies, self.store.read(found.rejects)

    def compare(
        self,
        text: str,
        name: str = "films.csv",
        *,
        removed: Sequence[str] = (),
        before: ReleasedTables | None = None,
        **options: bool,
    ) -> tuple[RowChanges, Changes]:
        """Return what changed in the catalogue with this text."""
        movies, rejects = self.read(text, name)
        only_changes = options.get("only_changes", False)
        release = before or self.release
        rows = compare_rows(
            release, [hash_rows(movies)["rows"]], set(removed), only_changes=only_changes
        )
        cleaned = clean(rows.select(movies), self.settings.clean)
        changes = compare_films(
            release,
            rows,
            cleaned["movies"],
            cleaned["rejects"],
            rejects,
            ({"name": name, "sha256": "0" * 64, "rows": len(movies)},),
            only_changes=only_changes,
            withdraw_unseen=options.get("withdraw_unseen", False),
        )
        return rows, changes

    def followed_by(self, changes: Changes, folder: Path) -> ReleasedTables:
        """Return a release with the rows, rejects and manifest that `changes` leave behind."""
        before = self.release.path
        own = folder / "release"
        own.mkdir()
        for path in before.iterdir():
            (own / path.name).write_bytes(path.read_bytes())
        manifest = json.loads((own / "manifest.json").read_text())
        manifest |= {"kind": "updated", "unreadable_rows": changes.unreadable}
        from pipeline.fileio.manifest import file_sha256
        from pipeline.fileio.parquet import write_table

        for name, table in (("rows", changes.rows), ("rejects", changes.rejects)):
            file = own / f"{name}.parquet"
            file.unlink()
            write_table(file, table)
            manifest["files"][file.name] |= {
                "sha256": file_sha256(file),
                "bytes": file.stat().st_size,
                "rows": len(table),
            }
        (own / "manifest.json").write_text(json.dumps(manifest))
        return ReleasedTables(own)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(tmp_path_factory.mktemp("base"))


def test_the_same_file_is_no_change(base: Base) -> None:
    _, changes = base.compare(as_csv(base.rows))
    assert changes.same
    assert changes.rows_in == FILMS


def test_a_film_whose_row_is_rejected_stays(base: Base, tmp_path: Path) -> None:
    emptied = [dict(row) | ({"overview": ""} if n < 7 else {}) for n, row in enumerate(base.rows)]
    ids = sorted(row["movie_id"] for row in base.rows[:7])
    _, changes = base.compare(as_csv(emptied))
    assert (changes.added, changes.changed, changes.withdrawn) == ([], [], [])
    assert sorted(changes.retained) == ids
    assert set(changes.retained.values()) >= {"films.csv row 1: missing_overview, no overview"}
    assert not changes.same, "the rejects are new"
    assert changes.rows_in == FILMS + 7 == len(base.release.movies) + len(changes.rejects)
    again = base.followed_by(changes, tmp_path)
    _, unchanged = base.compare(as_csv(emptied), before=again)
    assert unchanged.same
    assert sorted(unchanged.retained) == ids
    _, mended = base.compare(as_csv(base.rows), before=again)
    assert (mended.changed, mended.withdrawn, mended.retained) == ([], [], {})
    assert mended.rows_in == FILMS
    assert len(mended.rejects) == 0
    later = [dict(row) for row in base.rows]
    later[0]["overview"] += " Then a letter arrives."
    _, read_again = base.compare(as_csv(later), before=again)
    assert read_again.changed == [base.rows[0]["movie_id"]]


def test_a_film_that_is_absent_from_a_whole_file_is_withdrawn(base: Base) -> None:
    _, changes = base.compare(as_csv(base.rows[2:]))
    assert changes.withdrawn == sorted(row["movie_id"] for row in base.rows[:2])
    assert changes.retained == {}


@pytest.mark.parametrize("name", ["films.csv", "films-of-may.csv"])
def test_a_film_that_may_be_hidden_in_an_unreadable_row_stays(
    base: Base, tmp_path: Path, name: str
) -> None:
    """An absent film stays while its file, also under another name, has new unreadable rows."""
    lines = as_csv(base.rows).splitlines()
    damaged = "\n".join([*lines[:3], '"a"x,b,c,d,e,f,g', *lines[5:]]) + "\n"
    gone = sorted(row["movie_id"] for row in base.rows[2:4])
    _, rejects = base.read(damaged, name)
    assert count_unreadable(rejects) == {name: 1}
    _, changes = base.compare(damaged, name)
    assert sorted(changes.retained) == gone
    assert changes.withdrawn == []
    assert set(changes.retained.values()) == {f"absent from {name}, which has 1 unreadable row"}
    again = base.followed_by(changes, tmp_path)
    _, unchanged = base.compare(damaged, name, before=again)
    assert unchanged.same
    assert sorted(unchanged.retained) == gone
    _, allowed = base.compare(damaged, name, before=again, withdraw_unseen=True)
    assert allowed.withdrawn == gone
    clean_lines = "\n".join([*lines[:3], *lines[5:]]) + "\n"
    _, whole = base.compare(clean_lines, name, before=again)
    assert whole.withdrawn == gone


def test_rows_that_were_unreadable_before_hide_nothing_new(base: Base, tmp_path: Path) -> None:
    lines = as_csv(base.rows).splitlines()
    damaged = [*lines, '"a"x,b,c,d,e,f,g']
    _, changes = base.compare("\n".join(damaged) + "\n")
    assert (changes.retained, changes.withdrawn) == ({}, [])
    assert changes.unreadable == {"films.csv": 1}
    again = base.followed_by(changes, tmp_path)
    _, later = base.compare("\n".join([*damaged[:1], *damaged[2:]]) + "\n", before=again)
    assert later.withdrawn == [base.rows[0]["movie_id"]]


def test_a_listed_film_is_withdrawn_even_if_its_row_cannot_be_read(base: Base) -> None:
    emptied = [dict(row) | ({"overview": ""} if n < 2 else {}) for n, row in enumerate(base.rows)]
    _, changes = base.compare(as_csv(emptied), removed=[base.rows[0]["movie_id"]])
    assert changes.withdrawn == [base.rows[0]["movie_id"]]
    assert list(changes.retained) == [base.rows[1]["movie_id"]]


def test_with_only_changes_a_rejected_row_withdraws_nothing(base: Base, tmp_path: Path) -> None:
    emptied = [dict(base.rows[3]) | {"overview": ""}]
    _, changes = base.compare(as_csv(emptied), only_changes=True)
    assert changes.withdrawn == []
    assert list(changes.retained) == [base.rows[3]["movie_id"]]
    assert changes.rows_in == FILMS + 1
    assert len(changes.fresh_rejects) == 1
    again = base.followed_by(changes, tmp_path)
    _, other = base.compare(as_csv(base.rows[4:5]), only_changes=True, before=again)
    assert other.rows_in == FILMS + 1
    assert len(other.fresh_rejects) == 0
    _, mended = base.compare(as_csv(base.rows[3:4]), only_changes=True, before=again)
    assert (mended.rows_in, len(mended.rejects), mended.retained) == (FILMS, 0, {})


def test_a_retained_film_has_one_row_with_no_hash(base: Base) -> None:
    emptied = [dict(row) | ({"overview": ""} if n < 1 else {}) for n, row in enumerate(base.rows)]
    _, changes = base.compare(as_csv(emptied))
    assert changes.rows.schema == ROWS
    (row,) = [r for r in changes.rows.to_pylist() if r["movie_id"] == base.rows[0]["movie_id"]]
    assert (row["row_hash"], row["source"], row["row"]) == (UNREADABLE, "films.csv", 1)


@pytest.mark.parametrize(("left", "stops"), [(54, False), (53, True), (5, True)])
def test_many_withdrawals_stop_the_update(base: Base, left: int, stops: bool) -> None:
    rows, changes = base.compare(as_csv(base.rows[:left]))
    parts = (changes.withdrawn, rows.removed, rows.rows_before, rows.rows)
    if not stops:
        check_withdrawals(base.release, *parts, 0.1)
        return
    with pytest.raises(SourceError) as error:
        check_withdrawals(base.release, *parts, 0.1)
    message = str(error.value)
    assert f"{FILMS - left} of the 60 films" in message
    assert f"films.csv has {left} rows, 60 before" in message
    assert "--allow-withdrawals" in message
    check_withdrawals(base.release, *parts, 1.0)


def test_films_that_a_source_lists_as_removed_do_not_count(base: Base) -> None:
    ids = [row["movie_id"] for row in base.rows[:30]]
    rows, changes = base.compare(as_csv(base.rows[30:]), removed=ids)
    assert len(changes.withdrawn) == 30
    parts = (changes.withdrawn, rows.removed, rows.rows_before, rows.rows)
    check_withdrawals(base.release, *parts, 0.0)
