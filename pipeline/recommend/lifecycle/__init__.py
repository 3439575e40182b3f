"""Batches, monitoring, retraining and rollback of the served recommender."""
