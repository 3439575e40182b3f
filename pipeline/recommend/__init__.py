"""Ratings -> recommenders: prepared, split by time, learnt, measured, explained and kept up."""
