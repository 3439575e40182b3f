"""Facets of films, found in metadata, and their keys in the vocabulary of parts."""
