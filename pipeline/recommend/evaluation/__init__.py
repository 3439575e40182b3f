"""Metrics of recommenders, and their evaluation."""
