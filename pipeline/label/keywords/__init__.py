"""Candidate terms of clusters, and their keywords."""
