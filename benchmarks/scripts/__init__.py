"""Measurements that are commands of their own: `python -m benchmarks.scripts.NAME`."""
