"""Genre classifiers, their calibration and their metrics."""
