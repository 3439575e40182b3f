"""Serves released tables, read only: the API and the explorer."""
