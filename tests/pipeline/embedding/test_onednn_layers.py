"""The layers on a CPU give the states of the library's model, for texts of any lengths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from benchmarks.lib.vectors import real_texts
from pipeline.embedding.onednn_layers import _groups
from pipeline.embedding.packed_bert import PackedEncoder
from pipeline.embedding.torch_internals import has_onednn_linear
from pipeline.embedding.weights import load
from tests.support.films import exact


def encoder_in(dtype: torch.dtype) -> PackedEncoder:
    bert = load(exact())[0].auto_model
    weights = {name: weight.to(dtype) for name, weight in bert.state_dict().items()}
    return PackedEncoder(bert.config.to_dict(), weights)


@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, 0.999999), (torch.bfloat16, 0.9995)])
def test_vectors_equal_those_of_the_library(dtype: torch.dtype, least: float) -> None:
    if not has_onednn_linear(dtype):
        pytest.skip("this CPU has no instructions for the type")
    library = load(exact())
    texts = [*real_texts(None)[:60], "", "War.", "A long war. " * 90]
    tokens = dict(
        zip(
            texts,
            library.tokenizer(texts, truncation=True, max_length=256)["input_ids"],
            strict=True,
        )
    )
    texts.sort(key=lambda text: len(tokens[text]))
    found = encoder_in(dtype).encode([tokens[text] for text in texts]).numpy()
    cosines = (found * library.encode(texts, show_progress_bar=False)).sum(1)
    assert cosines.min() >= least


@pytest.mark.parametrize(
    "lengths", [[2], [2, 2, 31, 32, 33], [5] * 40, list(range(90, 130)), [512]]
)
def test_groups_contain_each_row_once(lengths: Sequence[int]) -> None:
    groups = list(_groups(lengths))
    assert [length for group in groups for length in group.lengths] == list(lengths)
    rows = [group.padded[group.real] for group in groups]
    assert torch.cat(rows).tolist() == list(range(sum(lengths)))
    for group in groups:
        assert group.width % 32 == 0
        assert max(group.lengths) <= group.width < min(group.lengths) + 32
        assert len(group.padded) == group.width * len(group.lengths)


def test_the_same_batch_gives_the_same_bytes() -> None:
    encoder = encoder_in(torch.bfloat16)
    batch = [[101, *[2162] * length, 102] for length in (3, 20, 20, 75, 200)]
    first, second = (encoder.encode(batch).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
