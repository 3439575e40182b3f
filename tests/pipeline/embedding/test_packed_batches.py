"""Batches for the packed model: their texts, their order, and the threads that tokenize."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from benchmarks.lib.vectors import real_texts
from pipeline.embedding import packed_batches
from pipeline.embedding.bert_loader import PackedModel, load_packed_model
from pipeline.embedding.embed import encode
from pipeline.embedding.packed_batches import (
    GPU_BATCH_FACTOR,
    encode_batches,
    encode_packed,
    sorted_batches,
    stream_batches,
    token_batches,
)
from pipeline.embedding.packed_bert import PackedEncoder
from tests.support.films import exact


def bundled() -> PackedModel:
    model = load_packed_model(exact())
    assert model is not None
    return model


@cache
def sample_texts() -> list[str]:
    return real_texts(None)


def films(count: int) -> list[str]:
    """Return texts of the bundled sample, which has 531 films."""
    return sample_texts()[:count]


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("tokenizer")]


def test_vectors_are_in_the_order_of_the_texts_for_any_size_of_batch() -> None:
    texts = ["A much longer text about a submarine at war.", "War.", "A dog and a cat.", "War."]
    vectors = encode_packed(bundled(), texts, 8)
    assert vectors.dtype == np.float32
    one_by_one = np.concatenate([encode_packed(bundled(), [text], 8) for text in texts])
    np.testing.assert_allclose(vectors, one_by_one, atol=1e-6)


@pytest.mark.parametrize("lengths", [[5], [2] * 100, [1, 1, 500, 501], list(range(2, 257))])
def test_token_batches_contain_each_text_once_and_are_even(lengths: list[int]) -> None:
    slices = list(token_batches(lengths, 128))
    rows = [row for part in slices for row in range(len(lengths))[part]]
    assert rows == list(range(len(lengths)))
    assert all(sum(lengths[part]) <= 2 * 128 + max(lengths[part]) for part in slices)


class TestStream:
    """Batches for a GPU; they are computed on the CPU here."""

    def test_vectors_equal_those_of_batches_for_a_cpu(self) -> None:
        texts = ["", *films(60), "War."]
        found = encode_batches(bundled().encoder, 62, stream_batches(bundled(), texts, 1_000))
        np.testing.assert_allclose(found, encode_packed(bundled(), texts, 1_000), atol=1e-6)

    @pytest.mark.parametrize("batch_tokens", [1, 500, 100_000])
    def test_each_text_is_in_one_batch_and_batches_have_the_given_size(
        self, batch_tokens: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(packed_batches, "_SLICE", 7)
        monkeypatch.setattr(packed_batches, "_AHEAD", 2)
        texts = films(60)
        batches = list(stream_batches(bundled(), texts, batch_tokens))
        assert sorted(row for rows, _ in batches for row in rows) == list(range(60))
        for rows, tokens in batches:
            lengths = [len(ids) for ids in tokens]
            assert lengths == sorted(lengths)
            assert sum(lengths) <= batch_tokens or len(rows) == 1
            for row, ids in zip(rows, tokens, strict=True):
                assert ids.tolist() == bundled().tokenizer.encode(texts[row]).ids

    def test_bytes_do_not_depend_on_the_order_of_the_texts(self) -> None:
        texts = films(60)
        encoder = bundled().encoder
        found = encode_batches(encoder, 60, stream_batches(bundled(), texts, 1_000))
        turned = encode_batches(encoder, 60, stream_batches(bundled(), texts[::-1], 1_000))
        np.testing.assert_array_equal(found, turned[::-1])

    def test_texts_of_a_batch_have_similar_lengths(self) -> None:
        spread = [
            len(tokens[-1]) - len(tokens[0])
            for _, tokens in stream_batches(bundled(), films(200), 2_000)
        ]
        everything = [len(tokens[-1]) for _, tokens in stream_batches(bundled(), films(200), 2_000)]
        assert np.median(spread) < max(everything) / 4

    def test_threads_tokenize_while_the_encoder_computes_and_end_with_the_batches(self) -> None:
        batches = stream_batches(bundled(), films(531), 1_000)
        next(batches)
        assert threads()
        batches.close()  # as when the encoder runs out of memory
        assert not threads()
        list(stream_batches(bundled(), films(60), 2_000))
        assert not threads()

    def test_an_error_of_a_thread_is_raised(self) -> None:
        texts: list[str] = ["War.", None]  # type: ignore[list-item]
        with pytest.raises(TypeError):
            list(stream_batches(bundled(), texts, 100))

    def test_no_texts(self) -> None:
        assert list(stream_batches(bundled(), [], 100)) == []
        assert encode_batches(bundled().encoder, 0, []).shape == (0, 384)


def test_a_device_other_than_the_cpu_gets_larger_batches_from_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []

    def record(model: PackedModel, texts: list[str], batch_tokens: int) -> object:
        sizes.append(batch_tokens)
        return sorted_batches(replace(model), texts, batch_tokens)

    model = load_packed_model(replace(exact(), device="meta"))
    assert model is not None
    monkeypatch.setattr(packed_batches, "stream_batches", record)
    monkeypatch.setattr(packed_batches, "encode_batches", lambda _encoder, _texts, given: [*given])
    assert len(encode_packed(model, ["War."], 4_096)) == 1
    assert sizes == [4_096 * GPU_BATCH_FACTOR] == [98_304]


def test_a_batch_too_large_for_the_memory_is_a_memory_error_and_a_lean_one_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts, whole = films(60), PackedEncoder.encode
    expected = encode(texts, exact())

    def limited(encoder: PackedEncoder, batch: list[list[int]]) -> torch.Tensor:
        if sum(len(ids) for ids in batch) > 1_000:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return whole(encoder, batch)

    monkeypatch.setattr(PackedEncoder, "encode", limited)
    with pytest.raises(MemoryError, match="Tried to allocate"):
        encode(texts, exact())
    np.testing.assert_allclose(encode(texts, exact(), lean=True), expected, atol=1e-6)

    # the batches of a GPU, whose threads end as well
    monkeypatch.setattr(packed_batches, "sorted_batches", stream_batches)
    with pytest.raises(MemoryError):
        encode(texts, exact())
    assert not threads()
    np.testing.assert_allclose(encode(texts, exact(), lean=True), expected, atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device")
class TestOnAGpu:
    """Runs only where PyTorch finds a CUDA device."""

    def test_vectors_equal_those_of_the_cpu(self) -> None:
        texts = ["", *films(200), "War."]
        found = encode(texts, replace(exact(), device="cuda"))
        np.testing.assert_allclose(found, encode(texts, exact()), atol=1e-5)

    def test_equal_texts_have_equal_bytes(self) -> None:
        texts, gpu = films(200), replace(exact(), device="cuda", dtype="bfloat16")
        np.testing.assert_array_equal(encode(texts, gpu), encode(texts[::-1], gpu)[::-1])

    def test_too_large_a_batch_is_a_memory_error(self) -> None:
        torch.cuda.set_per_process_memory_fraction(0.001)
        try:
            with pytest.raises(MemoryError):
                encode(films(500) * 20, replace(exact(), device="cuda"), 1_000_000)
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
