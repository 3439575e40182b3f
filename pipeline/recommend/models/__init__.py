"""Recommenders behind one contract."""
