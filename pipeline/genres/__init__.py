"""Films with genres to classifiers of genres, from the title, the description, or both.

The route: `films` (labels), `split` (one split for all), `represent` (texts to numbers), the models
(`linear`, `nearest`, `trees`, `chains`, `transformer`), `classifier` (one contract over all of
them: calibrated, with thresholds), `kept` (on disk, never pickled), `measure` and `page`.
"""
