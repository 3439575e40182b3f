"""Reads a release: its tables, its films and micro-genres, titles."""
