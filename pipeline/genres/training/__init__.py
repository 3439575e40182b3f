"""Trains genre classifiers, stores them, and registers them."""
