"""Ratings and films in the layouts of MovieLens."""
