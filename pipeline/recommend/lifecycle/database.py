"""The record of upkeep in SQL: what was ingested, measured, alerted, decided, and which version is
served. SQLite unless a URL says otherwise; the schema is brought up to date when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pipeline.errors import ModelError, SettingsError, StoreError
from pipeline.settings import UpkeepSettings

__all__ = ["TABLES", "Record", "add_decision", "insert", "record_url"]

_METADATA = sa.MetaData()
_TIME = sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    own = (sa.Column("id", sa.Integer, primary_key=True), *columns, sa.Column("created_at", _TIME))
    return sa.Table(name, _METADATA, *own)


# As the migrations make them; `test_recommend_records` holds the two together.
TABLES: Mapping[str, sa.Table] = {
    "versions": _table(
        "versions",
        sa.Column("version", sa.String(64)),
        sa.Column("model", sa.String(40)),
        sa.Column("status", sa.String(20)),
        sa.Column("learnt_before", sa.BigInteger),
        sa.Column("figures", sa.JSON),
    ),
    "ingestions": _table(
        "ingestions",
        sa.Column("digest", sa.String(64)),
        sa.Column("name", sa.String(200)),
        sa.Column("week", sa.String(10)),
        sa.Column("file", sa.String(300)),
        sa.Column("rows_in", sa.BigInteger),
        sa.Column("kept", sa.BigInteger),
        sa.Column("rejected", sa.JSON),
        sa.Column("late", sa.Boolean),
        sa.Column("told", sa.JSON),
    ),
    "metrics": _table(
        "metrics",
        sa.Column("batches", sa.String(200)),
        sa.Column("version", sa.String(64)),
        sa.Column("week", sa.String(10)),
        sa.Column("figures", sa.JSON),
    ),
    "alerts": _table(
        "alerts",
        sa.Column("metric", sa.Integer),
        sa.Column("version", sa.String(64)),
        sa.Column("kind", sa.String(40)),
        sa.Column("value", sa.Float),
        sa.Column("threshold", sa.Float),
    ),
    "decisions": _table(
        "decisions",
        sa.Column("kind", sa.String(40)),
        sa.Column("version", sa.String(64)),
        sa.Column("why", sa.String(500)),
        sa.Column("evidence", sa.JSON),
    ),
}
CHAMPION, RETIRED, CHALLENGER, REFUSED = "champion", "retired", "challenger", "refused"


def record_url(folder: Path, settings: UpkeepSettings | None = None) -> str:
    """The URL of the record of `DIR/ratings`: as set, else a SQLite file there."""
    if settings is not None and settings.database is not None:
        return settings.database.get_secret_value()
    return f"sqlite:///{(folder / 'upkeep.db').absolute()}"


class Record:
    """The record behind a URL of SQLAlchemy.

    Raises
    ------
    SettingsError
        when the URL cannot be understood, or its driver is not installed.
    StoreError
        when the database does not answer.
    """

    def __init__(self, url: str) -> None:
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
        try:
            self.engine = sa.create_engine(url)
        except (SQLAlchemyError, ImportError) as error:
            raise SettingsError(
                f"setting upkeep.database: {error}; for PostgreSQL write "
                "postgresql://USER:PASSWORD@HOST/NAME and install 'micro-genre-miner[postgresql]'"
            ) from error
        try:
            self._migrate()
        except SQLAlchemyError as error:
            raise StoreError(
                f"the record of upkeep does not answer: {str(error).splitlines()[0]}; "
                "see setting upkeep.database"
            ) from error

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing."""
        with self.engine.begin() as connection:
            yield connection

    def rows(self, name: str, /, **equal: Any) -> list[dict[str, Any]]:
        """Rows of a table in the order they came, all or those with these values."""
        table = TABLES[name]
        asked = sa.select(table).order_by(table.c.id)
        for column, value in equal.items():
            asked = asked.where(table.c[column] == value)
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(asked)]

    def count(self, name: str) -> int:
        """How many rows a table has."""
        with self.engine.connect() as connection:
            asked = sa.select(sa.func.count()).select_from(TABLES[name])
            return int(connection.execute(asked).scalar_one())

    def add_once(self, name: str, /, **values: Any) -> bool:
        """Add a row unless the table's unique columns have one like it; True if added."""
        try:
            with self.transaction() as connection:
                insert(connection, name, **values)
        except IntegrityError:
            return False
        return True

    def decide(self, kind: str, why: str, version: str | None = None, **evidence: Any) -> None:
        """Write a decision down, also that there is nothing to do."""
        with self.transaction() as connection:
            add_decision(connection, kind, why, version, evidence)

    def champion(self) -> dict[str, Any] | None:
        """The version that is served; None before the first."""
        found = self.rows("versions", status=CHAMPION)
        return found[-1] if found else None

    def promote(
        self,
        version: str,
        why: str,
        kind: str = "promote",
        evidence: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Serve a version: it, the one before and the decision change together.

        Raises
        ------
        ModelError
            when there is no such version.
        """
        table = TABLES["versions"]
        with self.transaction() as connection:
            there = connection.execute(sa.select(table).where(table.c.version == version)).first()
            if there is None:
                raise ModelError(
                    f"there is no version {version!r}: see `microgenres ratings status`"
                )
            connection.execute(
                table.update().where(table.c.status == CHAMPION).values(status=RETIRED)
            )
            connection.execute(
                table.update().where(table.c.version == version).values(status=CHAMPION)
            )
            add_decision(connection, kind, why, version, evidence)

    def refuse(self, version: str, why: str, evidence: Mapping[str, Any]) -> None:
        """Keep a challenger, unserved, and say why."""
        table = TABLES["versions"]
        with self.transaction() as connection:
            connection.execute(
                table.update().where(table.c.version == version).values(status=REFUSED)
            )
            add_decision(connection, "refuse", why, version, evidence)


def insert(connection: sa.Connection, name: str, /, **values: Any) -> int:
    """Add a row within a transaction; returns its number."""
    made = connection.execute(TABLES[name].insert().values(created_at=datetime.now(UTC), **values))
    (number,) = made.inserted_primary_key or (0,)
    return int(number)


def add_decision(
    connection: sa.Connection, kind: str, why: str, version: str | None, evidence: Mapping[str, Any]
) -> None:
    """Write a decision down within a transaction."""
    told = {"kind": kind, "why": why[:500], "version": version, "evidence": dict(evidence)}
    insert(connection, "decisions", **told)
