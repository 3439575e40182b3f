"""`microgenres genres`: genre classifiers."""
