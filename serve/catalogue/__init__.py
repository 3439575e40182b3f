"""Queries over a release for API and explorer: films, filters, search, trends, export."""
