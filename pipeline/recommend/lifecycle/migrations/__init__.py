"""The record's schema over time, for Alembic."""
