"""Catalogues to committed partitions of rows, and the hashes of rows."""
