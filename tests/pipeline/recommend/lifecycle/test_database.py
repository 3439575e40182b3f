"""The database of the upkeep: schema, migrations, promotions and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ModelError, SettingsError, StoreError
from pipeline.recommend.lifecycle import database as database_module
from pipeline.recommend.lifecycle.database import TABLES, UpkeepDatabase, insert

STATISTICS = {"users": 2, "counts": [1] * 10, "first_second": 5, "last_second": 9}


def add_version(database: UpkeepDatabase, name: str) -> bool:
    return database.add_once(
        "versions", version=name, model="bias", status="challenger", learnt_before=1, figures={}
    )


def add_ingestion(database: UpkeepDatabase, digest: str) -> bool:
    return database.add_once(
        "ingestions",
        digest=digest,
        name="week.csv",
        week="2016-05-02",
        file="batches/week.parquet",
        rows_in=13,
        kept=10,
        rejected={"wrong_type": 3},
        late=False,
        statistics=STATISTICS,
    )


def test_migrations_create_the_declared_tables(database: UpkeepDatabase) -> None:
    found = sa.inspect(database.engine)
    for name, table in TABLES.items():
        columns = {column["name"] for column in found.get_columns(name)}
        assert columns == {column.name for column in table.columns}, name


def migrate(database: UpkeepDatabase, revision: str) -> None:
    """Downgrade the database, including its rows."""
    config = Config()
    folder = Path(database_module.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def insert_at_revision_1(database: UpkeepDatabase) -> None:
    """Add a row as it was written at revision 0001, with the column `told`."""
    row = {
        "digest": "d1",
        "name": "old.csv",
        "week": "2016-04-25",
        "file": "batches/old.parquet",
        "rows_in": 7,
        "kept": 5,
        "rejected": json.dumps({"rated_again": 2}),
        "late": True,
        "told": json.dumps(STATISTICS),
        "created_at": datetime(2020, 1, 2, tzinfo=UTC),
    }
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with database.transaction() as connection:
        connection.execute(sa.text(f"INSERT INTO ingestions ({names}) VALUES ({values})"), row)


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_database_of_revision_1_is_migrated_when_opened(
    database: UpkeepDatabase, url: str, interrupted: bool
) -> None:
    migrate(database, "0001")
    columns = {column["name"] for column in sa.inspect(database.engine).get_columns("ingestions")}
    assert "told" in columns and "statistics" not in columns
    insert_at_revision_1(database)
    if interrupted:  # the column is renamed, but the revision is still 0001
        with database.transaction() as connection:
            connection.execute(sa.text("ALTER TABLE ingestions RENAME COLUMN told TO statistics"))
    migrated = UpkeepDatabase(url)
    (row,) = migrated.ingestions()
    assert row["statistics"] == STATISTICS and row["rejected"] == {"rated_again": 2}
    expected: dict[str, Any] = {
        "digest": "d1",
        "name": "old.csv",
        "week": "2016-04-25",
        "file": "batches/old.parquet",
        "rows_in": 7,
        "kept": 5,
        "late": True,
    }
    assert {name: row[name] for name in expected} == expected  # type: ignore[literal-required]
    assert not add_ingestion(migrated, "d1"), "the digest is still unique"
    assert add_ingestion(migrated, "d2")
    assert [row["statistics"] for row in migrated.ingestions()] == [STATISTICS, STATISTICS]
    with pytest.raises(IntegrityError), migrated.transaction() as connection:
        insert(connection, "ingestions", digest="d3")  # the other columns are still required
    migrated.close()


def test_a_promotion_changes_statuses_and_stores_a_decision(database: UpkeepDatabase) -> None:
    assert database.champion() is None
    assert add_version(database, "a") and add_version(database, "b")
    assert not add_version(database, "a"), "a version is stored once"
    database.promote("a", "first")
    database.promote("b", "better", evidence={"ahead": 0.1})
    champion = database.champion()
    assert champion is not None and champion["version"] == "b"
    database.promote("a", "requested", kind="roll back")
    statuses = {row["version"]: row["status"] for row in database.versions()}
    assert statuses == {"a": "champion", "b": "retired"}
    decisions = [(row["kind"], row["version"]) for row in database.decisions()]
    assert decisions == [("promote", "a"), ("promote", "b"), ("roll back", "a")]
    with pytest.raises(ModelError, match="no version 'c'"):
        database.promote("c", "?")
    assert len(database.decisions()) == 3


def test_a_wrong_url_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"upkeep\.database"):
        UpkeepDatabase("nonsense")
    with pytest.raises(StoreError, match="does not respond"):
        UpkeepDatabase(f"sqlite:///{tmp_path}/no/such/folder/upkeep.db")
