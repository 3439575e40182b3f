"""The encoder without padding gives the vectors of the library's model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from torch import Tensor

from benchmarks.lib.small_model import DIM, build_model
from pipeline.embedding import packed_bert
from pipeline.embedding.packed_bert import PackedEncoder
from pipeline.embedding.weights import load
from tests.support.films import exact, mined


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return load(exact())


@pytest.fixture(scope="module")
def packed(model: SentenceTransformer) -> PackedEncoder:
    bert = model[0].auto_model
    return PackedEncoder(bert.config.to_dict(), bert.state_dict())


def tokens_of(model: SentenceTransformer, texts: list[str]) -> list[list[int]]:
    return sorted((model.tokenizer(text)["input_ids"] for text in texts), key=len)


def test_vectors_equal_those_of_the_library(
    model: SentenceTransformer, packed: PackedEncoder
) -> None:
    texts = sorted(
        mined().features["text"].to_pylist()[:12], key=lambda t: len(tokens_of(model, [t])[0])
    )
    found = packed.encode(tokens_of(model, texts)).numpy()
    expected = model.encode(texts, show_progress_bar=False)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_vector_of_a_text_does_not_depend_on_its_batch(
    model: SentenceTransformer, packed: PackedEncoder
) -> None:
    batch = tokens_of(model, ["War.", "A war film.", "A war film.", "Peace at last in the valley."])
    together = packed.encode(batch).numpy()
    alone = np.vstack([packed.encode([ids]).numpy() for ids in batch])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_vectors_are_the_same_with_and_without_onednn(
    model: SentenceTransformer, packed: PackedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    bert = model[0].auto_model
    batch = tokens_of(model, ["War.", "A war film.", "Peace at last in the valley. " * 30])
    expected = packed.encode(batch).numpy()
    few = PackedEncoder.for_few_texts(bert.config.to_dict(), bert.state_dict())
    np.testing.assert_allclose(few.encode(batch).numpy(), expected, atol=1e-6)
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: False)
    plain = PackedEncoder.for_few_texts(bert.config.to_dict(), bert.state_dict())
    np.testing.assert_array_equal(plain.encode(batch).numpy(), expected)


def test_products_have_few_different_numbers_of_rows(
    packed: PackedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = set()
    product = packed_bert._Linear.__call__

    def record(linear: Any, rows: Tensor, out: Tensor | None = None) -> Tensor:
        sizes.add(len(rows))
        return product(linear, rows, out)

    monkeypatch.setattr(packed_bert._Linear, "__call__", record)
    for texts in (1, 8, 31, 32, 33, 40):  # of 20 tokens each
        packed.encode([[101, *[2162] * 18, 102]] * texts)
    assert sizes == {32, 160, 640, 704, 832}


def test_vectors_have_unit_length(model: SentenceTransformer, packed: PackedEncoder) -> None:
    found = packed.encode(tokens_of(model, ["", "War.", "A film " * 200])).numpy()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("batch", [[[101, 2162, 102], [101, 102]], [[], [101, 102]]])
def test_texts_out_of_order_or_empty_are_rejected(
    packed: PackedEncoder, batch: list[list[int]]
) -> None:
    with pytest.raises(ValueError, match="order of length"):
        packed.encode(batch)


def test_a_smaller_model_of_the_same_architecture(tmp_path: Path) -> None:
    other = SentenceTransformer(str(build_model(tmp_path)), device="cpu")
    bert = other[0].auto_model
    assert PackedEncoder.supports(bert.config.to_dict())
    texts = ["War.", "A longer film about war."]
    small = PackedEncoder(bert.config.to_dict(), bert.state_dict())
    found = small.encode(tokens_of(other, texts)).numpy()
    assert found.shape == (2, DIM)
    np.testing.assert_allclose(found, other.encode(texts, show_progress_bar=False), atol=1e-5)


@pytest.mark.parametrize(
    "other", [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"position_embedding_type": "x"}]
)
def test_another_architecture_is_not_supported(
    model: SentenceTransformer, other: dict[str, str]
) -> None:
    config = model[0].auto_model.config.to_dict()
    assert PackedEncoder.supports(config)
    assert not PackedEncoder.supports(config | other)
