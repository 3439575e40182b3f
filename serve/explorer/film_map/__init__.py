"""The map of films: its data, and the films of a search or a selection on it."""
