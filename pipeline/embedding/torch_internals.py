"""What the miner uses of PyTorch beyond its documented interface.

Each thing is behind a function of this module, and nowhere else; so is the check of the CPU in
`weights`. `tests/pipeline/embedding/test_torch_internals.py` fails if a release of PyTorch changes
one of them.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "gelu_in_place",
    "has_onednn_linear",
    "is_out_of_memory",
    "onednn_linear",
    "onednn_linear_add",
    "pack_onednn_weight",
]

_OUT_OF_MEMORY = ("can't allocate", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
_ROWS_HINT = 64  # oneDNN chooses the layout of a weight for products of about this many rows


def gelu_in_place(values: Tensor) -> None:
    """Apply GELU in place; `torch.nn.functional.gelu` allocates its result."""
    torch.ops.aten.gelu_(values)


def has_onednn_linear(dtype: torch.dtype) -> bool:
    """Return whether this machine and this release have `onednn_linear` for a dtype.

    The operators are those that PyTorch's own compiler (`torch.compile`) calls.
    """
    return (
        torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(getattr(torch.ops.mkldnn, "_linear_pointwise", None), "binary")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and (
            dtype == torch.float32
            or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())
        )
    )


def pack_onednn_weight(weight: Tensor) -> Tensor:
    """Return a weight (outputs, inputs) in the block layout of oneDNN, for `onednn_linear`."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS_HINT)
    return packed


def onednn_linear(
    rows: Tensor, packed_weight: Tensor, bias: Tensor, *, gelu: bool = False
) -> Tensor:
    """Return `rows @ weight.T + bias`, (n_rows, outputs), with a packed weight; its GELU if set."""
    name, form = ("gelu", "none") if gelu else ("none", "")
    product: Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed_weight, bias, name, [], form)
    return product


def onednn_linear_add(rows: Tensor, packed_weight: Tensor, bias: Tensor, other: Tensor) -> Tensor:
    """Return `rows @ weight.T + bias + other`, (n_rows, outputs), with a packed weight."""
    total: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
        rows, other, packed_weight, bias, "add"
    )
    return total


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether PyTorch raised an error because the machine or its GPU has no memory left.

    PyTorch's allocator for a GPU has a class of its own. An error of the CPU's allocator, of CUDA
    (pinned memory, the start of a kernel) or of cuBLAS (its first use) is known by its text.
    """
    return isinstance(error, torch.OutOfMemoryError) or any(
        text in str(error) for text in _OUT_OF_MEMORY
    )
