"""`microgenres ratings`: recommenders."""
