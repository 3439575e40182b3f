"""Guards of `torch_internals`: each test fails if PyTorch changes what the module relies on."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from pipeline.embedding import weights
from pipeline.embedding.torch_internals import (
    gelu_in_place,
    has_onednn_linear,
    is_out_of_memory,
    onednn_linear,
    onednn_linear_add,
    pack_onednn_weight,
)


def test_gelu_in_place_equals_the_public_function() -> None:
    values = torch.linspace(-4, 4, 101)
    expected = functional.gelu(values)
    gelu_in_place(values)
    torch.testing.assert_close(values, expected)


@pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(),  # type: ignore[no-untyped-call]
    reason="this build of PyTorch has no oneDNN",
)
@pytest.mark.parametrize("rows", [1, 3, 100, 600])
def test_the_onednn_product_equals_a_linear_layer(rows: int) -> None:
    assert has_onednn_linear(torch.float32), "oneDNN is there, but its operators have changed"
    torch.manual_seed(1)
    data, weight, bias = torch.randn(rows, 48), torch.randn(32, 48), torch.randn(32)
    expected = functional.linear(data, weight, bias)
    with torch.inference_mode():
        packed = pack_onednn_weight(weight)
        torch.testing.assert_close(onednn_linear(data, packed, bias), expected)
        activated = onednn_linear(data, packed, bias, gelu=True)
        torch.testing.assert_close(activated, functional.gelu(expected))
        other = torch.randn(rows, 32)
        total = onednn_linear_add(data, packed, bias, other)
        torch.testing.assert_close(total, expected + other)


def test_other_dtypes_are_not_computed_by_onednn() -> None:
    assert not has_onednn_linear(torch.float64)


def test_the_error_of_a_cpu_without_memory_is_known_by_its_text() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60)
    assert is_out_of_memory(raised.value)
    with pytest.raises(RuntimeError) as raised:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_out_of_memory(raised.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


@pytest.mark.parametrize(
    ("text", "memory"),
    [
        ("CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation' in ...", True),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", True),
        ("CUDA error: an illegal memory access was encountered", False),
    ],
)
def test_errors_of_cuda_without_memory_are_known_by_their_text(text: str, memory: bool) -> None:
    assert is_out_of_memory(RuntimeError(text)) is memory


def test_the_cpu_check_for_bfloat16_exists() -> None:
    assert isinstance(weights._cpu_computes_bfloat16(), bool)
