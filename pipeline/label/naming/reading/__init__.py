"""Phrases of names, and where they stand in a name."""
