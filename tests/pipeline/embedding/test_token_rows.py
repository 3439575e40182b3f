"""Where the tokens of a batch are in the matrix, and which rows attend to which."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.embedding import token_rows
from pipeline.embedding.token_rows import lay_out

BATCH = [[101, 102], [101, 7, 102], [101, 7, 8, 102], [101, 7, 8, 9, 102]]


def test_without_a_step_there_is_no_padding() -> None:
    rows = lay_out([*BATCH, BATCH[-1]])
    assert rows.tokens.tolist() == [token for ids in [*BATCH, BATCH[-1]] for token in ids]
    assert rows.positions.tolist() == [p for ids in [*BATCH, BATCH[-1]] for p in range(len(ids))]
    assert rows.bias is None
    assert rows.groups == ((2, 1), (3, 1), (4, 1), (5, 2))
    assert rows.segments.tolist() == [2, 0, 3, 0, 4, 0, 5, 0, 5, 0]


def test_texts_of_similar_length_are_padded_to_one_group() -> None:
    rows = lay_out(BATCH, step=4)
    assert rows.groups == ((4, 3), (8, 1))
    assert rows.tokens.tolist()[:8] == [101, 102, 0, 0, 101, 7, 102, 0]
    assert rows.positions.tolist()[12:] == [0, 1, 2, 3, 4, 0, 0, 0]
    assert rows.bias is not None
    hidden = (rows.bias == -torch.inf).tolist()
    assert hidden == [*[False] * 2, *[True] * 2, *[False] * 3, True, *[False] * 9, *[True] * 3]
    assert rows.segments.tolist() == [2, 2, 3, 1, 4, 0, 5, 3]
    assert (rows.texts, rows.longest) == (4, 5)


def test_texts_that_need_no_padding_have_no_mask() -> None:
    assert lay_out([[1] * 8, [1] * 8], step=8).bias is None


def test_tokens_may_be_arrays() -> None:
    arrays = lay_out([np.array(ids, np.int32) for ids in BATCH], step=8)
    assert torch.equal(arrays.tokens, lay_out(BATCH, step=8).tokens)
    assert arrays.tokens.dtype == torch.int32


def test_a_group_has_no_more_texts_than_a_gpu_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_rows, "_MOST_TEXTS", 2)
    assert lay_out([[1, 2]] * 5).groups == ((2, 2), (2, 2), (2, 1))


def test_no_texts() -> None:
    rows = lay_out([], step=8)
    assert (rows.texts, rows.longest, rows.groups) == (0, 0, ())


@pytest.mark.parametrize("batch", [[[101, 2162, 102], [101, 102]], [[], [101, 102]]])
def test_texts_out_of_order_or_empty_are_rejected(batch: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="order of length"):
        lay_out(batch)


def test_rows_on_another_device() -> None:
    rows = lay_out(BATCH, step=4).to(torch.device("meta"))
    assert rows.bias is not None
    for tensor in (rows.tokens, rows.positions, rows.bias, rows.segments):
        assert tensor.device.type == "meta"
