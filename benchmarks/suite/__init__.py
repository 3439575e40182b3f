"""The benchmarks of `microgenres bench`."""
