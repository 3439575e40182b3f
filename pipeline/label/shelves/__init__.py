"""Shelves: micro-genres whose names are true of their films, by names and moves in turn."""
