"""Rename the column of `ingestions` that holds the statistics of a batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OLD, _NEW = "told", "statistics"


def upgrade() -> None:
    """Rename the column to `statistics`."""
    _rename(_OLD, _NEW)


def downgrade() -> None:
    """Restore the name of revision 0001."""
    _rename(_NEW, _OLD)


def _rename(old: str, new: str) -> None:
    """Rename the column, unless an interrupted migration has done so already.

    SQLite commits the change of the table before Alembic stores the revision. The column is renamed
    in place: a batch of Alembic would create the table again without its unnamed unique constraint.
    """
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("ingestions")}
    if old in columns:
        op.alter_column("ingestions", old, new_column_name=new)
