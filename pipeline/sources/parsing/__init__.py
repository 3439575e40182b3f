"""Cells of catalogues to values: lists, literals, dates, numbers."""
