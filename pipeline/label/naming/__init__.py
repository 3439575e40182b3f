"""Names of clusters: written from parts, read back into parts, compared and described."""
