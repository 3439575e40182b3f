"""Recommenders from ratings: preparation, models, evaluation, lifecycle and serving."""

FOLDER = "ratings"  # folder in an output folder, with prepared data, models and the database
