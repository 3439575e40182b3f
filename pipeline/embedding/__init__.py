"""Texts to unit vectors with a sentence-transformer model."""
