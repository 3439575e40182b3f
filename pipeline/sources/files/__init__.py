"""Catalogues in files: which column is which, which table has films, rows, the source."""
