"""Predicts and explains genres with stored classifiers."""
