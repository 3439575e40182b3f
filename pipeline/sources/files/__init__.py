"""Catalogues in files: readers, compression, dialects, rows."""
