"""The words of films: terms, the vocabulary of parts of names, and the parts of each film."""
