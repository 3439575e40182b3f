"""Recommends films with the served version, and explains why."""
