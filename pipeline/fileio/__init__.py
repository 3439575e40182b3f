"""Files: atomic writes, checksums, manifests of pieces, Parquet, external sort."""
