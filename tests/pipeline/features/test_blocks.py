"""Numeric features of films."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.features.blocks import numeric_of
from pipeline.schemas.mining import FEATURES
from tests.support.films import features_of


def test_numeric_features_are_logarithms_and_the_sentiment() -> None:
    found = numeric_of(
        features_of([{"desc_length": 99, "num_keywords": 3, "sentiment_score": 0.5}])
    )
    np.testing.assert_allclose(found, [[np.log(100), np.log(4), 0.5]])


def test_a_sentiment_that_was_not_measured_counts_as_neutral() -> None:
    features = features_of([{"desc_length": 9, "num_keywords": 0}] * 2)
    place = FEATURES.get_field_index("sentiment_score")
    unknown = pa.array([None, -0.5], pa.float64())
    found = numeric_of(features.set_column(place, FEATURES.field(place), unknown))
    assert np.isfinite(found).all()
    assert found[:, 2].tolist() == [0.0, -0.5]
