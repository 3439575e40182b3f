"""Evaluates genre classifiers; report page, model card, export."""
