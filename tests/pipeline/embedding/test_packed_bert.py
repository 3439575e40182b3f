"""The encoder without padding gives the vectors of the library's model."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.lib.small_model import DIM, build_model
from benchmarks.lib.vectors import real_texts
from pipeline.embedding import onednn_layers
from pipeline.embedding.bert_loader import is_supported
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


@cache
def sample_texts() -> list[str]:
    return real_texts(None)


def films(count: int) -> list[str]:
    """Return texts of the bundled sample, which has 531 films."""
    return sample_texts()[:count]


def padded(model: SentenceTransformer, dtype: torch.dtype = torch.float32) -> PackedEncoder:
    """Return an encoder on the CPU that pads texts as on a GPU."""
    bert = model[0].auto_model
    weights = {name: weight.to(dtype) for name, weight in bert.state_dict().items()}
    return PackedEncoder(bert.config.to_dict(), weights, length_step=8)


class Operations(TorchDispatchMode):
    """Counts operations by name and by the devices of their tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.names: Counter[str] = Counter()
        self.devices: set[str] = set()

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        self.names[str(func)] += 1
        tensors = [t for t in tree_leaves((args, kwargs, found)) if isinstance(t, Tensor)]
        self.devices |= {tensor.device.type for tensor in tensors}
        return found


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
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: False)
    plain = PackedEncoder(bert.config.to_dict(), bert.state_dict())
    np.testing.assert_allclose(packed.encode(batch).numpy(), plain.encode(batch).numpy(), atol=1e-6)


def test_products_have_few_different_numbers_of_rows(
    packed: PackedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = set()
    product = onednn_layers.onednn_linear

    def record(rows: Tensor, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> Tensor:
        sizes.add(len(rows))
        return product(rows, weight, bias, gelu=gelu)

    monkeypatch.setattr(onednn_layers, "onednn_linear", record)
    for texts in (1, 8, 31, 32, 33, 40):  # of 20 tokens each
        packed.encode([[101, *[2162] * 18, 102]] * texts)
    assert sizes == {32, 160, 512, 128, 192, 320}


def test_vectors_have_unit_length(model: SentenceTransformer, packed: PackedEncoder) -> None:
    found = packed.encode(tokens_of(model, ["", "War.", "A film " * 200])).numpy()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


class TestAsOnAGpu:
    """The path of a GPU, with padded groups and a mask, on the CPU."""

    def test_vectors_equal_those_of_the_library(self, model: SentenceTransformer) -> None:
        texts = sorted(
            [*films(20), "War.", "A film " * 120], key=lambda t: len(tokens_of(model, [t])[0])
        )
        found = padded(model).encode(tokens_of(model, texts)).numpy()
        expected = model.encode(texts, show_progress_bar=False)
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_vectors_in_bfloat16_equal_those_without_padding(
        self, model: SentenceTransformer, packed: PackedEncoder
    ) -> None:
        batch = tokens_of(model, films(20))
        found = padded(model, torch.bfloat16).encode(batch)
        cosines = functional.cosine_similarity(found, packed.encode(batch))
        assert float(cosines.min()) > 0.999

    def test_the_vector_of_a_text_does_not_depend_on_its_batch(
        self, model: SentenceTransformer
    ) -> None:
        encoder, batch = padded(model), tokens_of(model, films(12))
        alone = torch.cat([encoder.encode([ids]) for ids in batch])
        torch.testing.assert_close(encoder.encode(batch), alone, atol=1e-6, rtol=0)

    def test_a_batch_has_few_groups(self, model: SentenceTransformer) -> None:
        batch = tokens_of(model, films(100))
        groups = padded(model).lay_out(batch).groups
        lengths = [len(ids) for ids in batch]
        assert all(width % 8 == 0 for width, _ in groups)
        assert len(groups) <= (max(lengths) - min(lengths)) / 8 + 2 < len(set(lengths))

    def test_nothing_waits_for_the_device_and_every_tensor_is_on_it(
        self, model: SentenceTransformer
    ) -> None:
        # the device "meta" has no values: an operation that needed one here would raise
        bert = model[0].auto_model
        weights = {name: weight.to("meta") for name, weight in bert.state_dict().items()}
        encoder = PackedEncoder(bert.config.to_dict(), weights)
        rows = encoder.lay_out(tokens_of(model, films(20))).to(encoder.device)
        assert rows.bias is not None  # padded as on a GPU
        with Operations() as done:
            vectors = encoder.encode_rows(rows)
        assert vectors.shape == (20, encoder.dim)
        assert done.devices == {"meta"}

    def test_no_operation_adds_in_any_order_on_a_gpu(self, model: SentenceTransformer) -> None:
        # https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html
        unordered = ("index_add", "scatter", "index_put", "put_", "cumsum", "bincount", "histc")
        encoder = padded(model)
        rows = encoder.lay_out(tokens_of(model, films(20)))
        with Operations() as done:
            encoder.encode_rows(rows)
        assert not [name for name in done.names if any(part in name for part in unordered)]
        assert done.names["aten.segment_reduce.default"] == 1


def test_sums_are_those_of_single_additions(
    model: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[Tensor] = []
    reduce = torch.segment_reduce

    def record(data: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        states.append(data)
        return reduce(data, *args, **kwargs)

    monkeypatch.setattr(torch, "segment_reduce", record)
    batch = tokens_of(model, films(6))
    encoder = padded(model)
    sums = encoder.sum_texts(batch)
    rows = encoder.lay_out(batch)
    (own,) = states
    start = 0
    for number, ids in enumerate(batch):
        total = torch.zeros(encoder.dim)
        for state in own[start : start + len(ids)]:
            total += state
        assert torch.equal(sums[number], total)
        start += len(ids) + int(rows.segments[2 * number + 1])


def test_equal_batches_have_equal_bytes(model: SentenceTransformer) -> None:
    batch = tokens_of(model, films(20))
    encoder = padded(model)
    assert torch.equal(encoder.encode(batch), encoder.encode(batch))


def test_a_text_with_more_tokens_than_the_model_has_positions_is_rejected(
    packed: PackedEncoder,
) -> None:
    with pytest.raises(ValueError, match="has 513 tokens, the model 512"):
        packed.encode([[101] * 513])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device")
class TestOnAGpu:
    """Runs only where PyTorch finds a CUDA device."""

    def on_gpu(self, model: SentenceTransformer, dtype: torch.dtype) -> PackedEncoder:
        bert = model[0].auto_model
        weights = {name: w.to("cuda", dtype) for name, w in bert.state_dict().items()}
        return PackedEncoder(bert.config.to_dict(), weights)

    def test_vectors_equal_those_of_the_cpu(
        self, model: SentenceTransformer, packed: PackedEncoder
    ) -> None:
        batch = tokens_of(model, films(100))
        found = self.on_gpu(model, torch.float32).encode(batch).cpu()
        torch.testing.assert_close(found, packed.encode(batch), atol=1e-5, rtol=0)

    def test_vectors_in_bfloat16(self, model: SentenceTransformer, packed: PackedEncoder) -> None:
        batch = tokens_of(model, films(100))
        found = self.on_gpu(model, torch.bfloat16).encode(batch).cpu()
        cosines = functional.cosine_similarity(found, packed.encode(batch))
        assert float(cosines.min()) > 0.999

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_equal_batches_have_equal_bytes(
        self, model: SentenceTransformer, dtype: torch.dtype
    ) -> None:
        batch = sorted(tokens_of(model, films(100)) * 16, key=len)  # about 100,000 tokens
        encoder = self.on_gpu(model, dtype)
        first = encoder.encode(batch)
        assert all(torch.equal(encoder.encode(batch), first) for _ in range(5))

    def test_sums_of_texts_come_back_to_the_cpu(self, model: SentenceTransformer) -> None:
        sums = self.on_gpu(model, torch.float32).sum_texts(tokens_of(model, films(6)))
        assert sums.device.type == "cpu"


@pytest.mark.parametrize("batch", [[[101, 2162, 102], [101, 102]], [[], [101, 102]]])
def test_texts_out_of_order_or_empty_are_rejected(
    packed: PackedEncoder, batch: list[list[int]]
) -> None:
    with pytest.raises(ValueError, match="order of length"):
        packed.encode(batch)


def test_a_smaller_model_of_the_same_architecture(tmp_path: Path) -> None:
    other = SentenceTransformer(str(build_model(tmp_path)), device="cpu")
    bert = other[0].auto_model
    assert is_supported(bert.config.to_dict())
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
    assert is_supported(config)
    assert not is_supported(config | other)
