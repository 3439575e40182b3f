"""Ratings -> recommenders: prepared, split by time, learnt, measured, explained and kept up."""

FOLDER = "ratings"  # of an output folder: what is prepared, learnt and recorded
