"""Alembic migrations of the database of the upkeep."""
