"""Figures of the embedding stage."""

from __future__ import annotations

from pipeline.embedding.figures import encoding_figures
from pipeline.embedding.weights import ModelIdentity

MODEL = ModelIdentity(
    name="tiny", folder="models/tiny", revision="abc", device="cpu", dtype="float32"
)


def test_speed_is_distinct_texts_per_second() -> None:
    assert encoding_figures(MODEL, 12, 10, 4.00012) == {
        "model": "tiny",
        "revision": "abc",
        "device": "cpu",
        "dtype": "float32",
        "films": 12,
        "unique_texts": 10,
        "seconds": 4.0,
        "texts_per_second": 2.5,
    }


def test_there_is_no_speed_without_a_time() -> None:
    figures = encoding_figures(MODEL, 12, 10, None)
    assert figures["seconds"] is None
    assert figures["texts_per_second"] is None
