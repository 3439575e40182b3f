"""The SQL database of the upkeep: ingested batches, figures, alerts, decisions and versions.

It is SQLite unless a URL is set. Opening it migrates the schema to the latest version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pipeline.errors import ModelError, SettingsError, StoreError
from pipeline.recommend.documents import (
    AlertRow,
    DecisionRow,
    IngestionRow,
    MetricRow,
    VersionRow,
)
from pipeline.settings import UpkeepSettings

__all__ = ["TABLES", "UpkeepDatabase", "add_decision", "database_url", "insert"]

_METADATA = sa.MetaData()
_TIME = sa.DateTime(timezone=True)


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    whole = (
        sa.Column("id", sa.Integer, primary_key=True),
        *columns,
        sa.Column("created_at", _TIME),
    )
    return sa.Table(name, _METADATA, *whole)


# The same tables as after all migrations; `test_database` compares them.
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
        sa.Column("statistics", sa.JSON),
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


def database_url(folder: Path, settings: UpkeepSettings | None = None) -> str:
    """Return the URL of the database of `DIR/ratings`.

    Parameters
    ----------
    folder : Path
        `DIR/ratings`.
    settings : UpkeepSettings, optional
        Gives the URL; without it, the database is a SQLite file in the folder.

    Examples
    --------
    >>> database_url(Path("/films/ratings"))
    'sqlite:////films/ratings/upkeep.db'
    """
    if settings is not None and settings.database is not None:
        return settings.database.get_secret_value()
    return f"sqlite:///{(folder / 'upkeep.db').absolute()}"


class UpkeepDatabase:
    """A connection pool to the database of the upkeep.

    Parameters
    ----------
    url : str
        A URL of SQLAlchemy.

    Raises
    ------
    SettingsError
        If the URL is not valid, or its driver is not installed.
    StoreError
        If the database does not respond.
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
                f"the database of the upkeep does not respond: {str(error).splitlines()[0]}; "
                "check the setting upkeep.database"
            ) from error

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Yield a connection whose changes are committed together, or not at all."""
        with self.engine.begin() as connection:
            yield connection

    def rows(self, name: str, /, **equal: object) -> list[dict[str, Any]]:
        """Return rows of a table by ascending id.

        Parameters
        ----------
        name : str
            A key of TABLES.
        **equal
            Only rows that have these values in these columns.
        """
        table = TABLES[name]
        query = sa.select(table).order_by(table.c.id)
        for column, value in equal.items():
            query = query.where(table.c[column] == value)
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    def versions(self, **equal: object) -> list[VersionRow]:
        """Return the trained versions; see `rows`."""
        return cast("list[VersionRow]", self.rows("versions", **equal))

    def ingestions(self, **equal: object) -> list[IngestionRow]:
        """Return the ingested weeks; see `rows`."""
        return cast("list[IngestionRow]", self.rows("ingestions", **equal))

    def metrics(self, **equal: object) -> list[MetricRow]:
        """Return the figures of the checks of batches; see `rows`."""
        return cast("list[MetricRow]", self.rows("metrics", **equal))

    def alerts(self, **equal: object) -> list[AlertRow]:
        """Return the alerts; see `rows`."""
        return cast("list[AlertRow]", self.rows("alerts", **equal))

    def decisions(self, **equal: object) -> list[DecisionRow]:
        """Return the decisions; see `rows`."""
        return cast("list[DecisionRow]", self.rows("decisions", **equal))

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""
        with self.engine.connect() as connection:
            query = sa.select(sa.func.count()).select_from(TABLES[name])
            return int(connection.execute(query).scalar_one())

    def add_once(self, name: str, /, **values: object) -> bool:
        """Add a row, unless the table has one with the same unique columns.

        Parameters
        ----------
        name : str
            A key of TABLES.
        **values
            The row, without `id` and `created_at`.

        Returns
        -------
        bool
            Whether the row was added.
        """
        try:
            with self.transaction() as connection:
                insert(connection, name, **values)
        except IntegrityError:
            return False
        return True

    def decide(self, kind: str, why: str, version: str | None = None, **evidence: object) -> None:
        """Store a decision, even the decision to do nothing."""
        with self.transaction() as connection:
            add_decision(connection, kind, why, version, evidence)

    def champion(self) -> VersionRow | None:
        """Return the version that is served; None before the first."""
        champions = self.versions(status=CHAMPION)
        return champions[-1] if champions else None

    def promote(
        self,
        version: str,
        why: str,
        kind: str = "promote",
        evidence: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Serve a version: it, the previous champion and the decision change in one transaction.

        Parameters
        ----------
        version : str
            The version.
        why : str
            The reason; only 500 characters are stored.
        kind : str
            Kind of the decision: `promote` or `roll back`.
        evidence : mapping of str to object
            Figures that the decision rests on; JSON.

        Raises
        ------
        ModelError
            If there is no such version.
        """
        table = TABLES["versions"]
        with self.transaction() as connection:
            row = connection.execute(sa.select(table).where(table.c.version == version)).first()
            if row is None:
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

    def refuse(self, version: str, why: str, evidence: Mapping[str, object]) -> None:
        """Do not serve a challenger, and store the reason; the version is not deleted."""
        table = TABLES["versions"]
        with self.transaction() as connection:
            connection.execute(
                table.update().where(table.c.version == version).values(status=REFUSED)
            )
            add_decision(connection, "refuse", why, version, evidence)


def insert(connection: sa.Connection, name: str, /, **values: object) -> int:
    """Add a row within a transaction, and return its id."""
    row = {"created_at": datetime.now(UTC), **values}
    result = connection.execute(TABLES[name].insert().values(**row))
    (number,) = result.inserted_primary_key or (0,)
    return int(number)


def add_decision(
    connection: sa.Connection,
    kind: str,
    why: str,
    version: str | None,
    evidence: Mapping[str, object],
) -> None:
    """Store a decision within a transaction."""
    row = {"kind": kind, "why": why[:500], "version": version, "evidence": dict(evidence)}
    insert(connection, "decisions", **row)
