"""The tables of a release."""
