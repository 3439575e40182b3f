"""Words of names: subjects, forms, places, stop words and lemmas, by language."""
