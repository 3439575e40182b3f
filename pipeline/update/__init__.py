"""What an update computes: changes, placed films, drift, novelty, report."""
