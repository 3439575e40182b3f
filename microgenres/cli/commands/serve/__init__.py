"""`microgenres serve`: the API and the explorer."""
