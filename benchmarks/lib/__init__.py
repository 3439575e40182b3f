"""What benchmarks share: harness, results, synthetic catalogues, a fake TMDB server."""
