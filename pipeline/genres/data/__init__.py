"""Films and labels for genre classifiers: rows, texts, split, CoNLL-U."""
