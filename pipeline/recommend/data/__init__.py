"""Ratings and films for recommenders: ingest, split by time, matrices."""
