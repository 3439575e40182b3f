"""Raw rows to clean films: validation, text repair, data profile, language."""
