"""Which number type encodes faster: the model's own products are measured in both.

An instruction set promises no speed. With the same flag `avx512_bf16`, one CPU computes bfloat16
products twice as fast as float32, another one half as fast; so the products are timed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

__all__ = ["LEAST_GAIN", "Dtype", "ProductSpeed", "choose_dtype", "measure_products", "slowest"]

Dtype = Literal["float32", "bfloat16"]

LEAST_GAIN = 1.25  # bfloat16 is used from this many times the speed of float32

_FIRST_ROWS, _GROWTH = 4, 4  # tokens of the first product, and factor to the next size


@dataclass(frozen=True)
class ProductSpeed:
    """Speed of the model's products on one worker, in GFLOP/s.

    Attributes
    ----------
    float32, bfloat16 : float
        Billions of additions and multiplications in a second, above 0.
    """

    float32: float
    bfloat16: float

    @property
    def gain(self) -> float:
        """How many times as fast as float32 bfloat16 is, above 0."""
        return self.bfloat16 / self.float32


def slowest(speeds: Sequence[ProductSpeed]) -> ProductSpeed:
    """Return the speed of the worker that is slowest in the number type that suits it best.

    Parameters
    ----------
    speeds : sequence of ProductSpeed
        One for each worker, at least one.

    Returns
    -------
    ProductSpeed

    Examples
    --------
    >>> slowest([ProductSpeed(100, 300), ProductSpeed(120, 60)])
    ProductSpeed(float32=120, bfloat16=60)
    """
    return min(speeds, key=lambda speed: (max(speed.float32, speed.bfloat16), speed.gain))


def choose_dtype(speeds: Sequence[ProductSpeed]) -> Dtype:
    """Return the one number type for all workers.

    The slowest worker decides, since it would be the last to finish; a faster one takes the same,
    even if the other type suits it better, so that a text has the same vector on every worker.

    Parameters
    ----------
    speeds : sequence of ProductSpeed
        One for each worker, at least one.

    Returns
    -------
    {"float32", "bfloat16"}
        bfloat16 if it is at least `LEAST_GAIN` times as fast as float32 on the slowest worker. For
        a smaller gain the rounding of bfloat16 (8 bits) is not worth it.

    Examples
    --------
    >>> choose_dtype([ProductSpeed(100, 125)])
    'bfloat16'
    >>> choose_dtype([ProductSpeed(100, 300), ProductSpeed(90, 60)])
    'float32'
    """
    return "bfloat16" if slowest(speeds).gain >= LEAST_GAIN else "float32"


def measure_products(
    width: int = 384, inner: int = 1_536, rows: int = 512, seconds: float = 0.2
) -> ProductSpeed:
    """Time the products of a feed-forward layer in both number types, on one thread.

    They are two thirds of the model's products, and called as the encoder calls them. The time is
    that of the thread on a core, and the two types take turns: other processes that start at the
    same time hardly change the figures. The number of tokens grows from 4 to `rows` while the next
    product fits in the time; so a CPU that emulates bfloat16, up to fifty times slower, is measured
    as well, with few tokens.

    Parameters
    ----------
    width : int
        Numbers in the state of a token, `hidden_size` of the model.
    inner : int
        Numbers within the layer, `intermediate_size`.
    rows : int
        Most tokens of a product; the encoder's have 512.
    seconds : float
        Time for all products after the first one of each type, in seconds.

    Returns
    -------
    ProductSpeed
        The best of all products of each type.

    Notes
    -----
    Workers on one machine should measure at the same time, as they encode at the same time: they
    share memory bandwidth and heat.
    """
    import torch  # slow to import: the driver of a run does not measure

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a worker; waiting for a second thread would blur the figures
    try:
        layers = [_Layer(width, inner, rows, dtype) for dtype in (torch.float32, torch.bfloat16)]
        for layer in layers:
            layer.run()
        deadline = time.perf_counter() + seconds
        while any([layer.run_within(deadline) for layer in layers]):
            pass
    finally:
        torch.set_num_threads(threads)
    return ProductSpeed(*(layer.best for layer in layers))


class _Layer:
    """The feed-forward layer in one number type, with random weights."""

    def __init__(self, width: int, inner: int, rows: int, dtype: torch.dtype) -> None:
        import torch

        from pipeline.embedding.torch_internals import has_onednn_linear, pack_onednn_weight

        self._flops = 4 * width * inner  # of one token
        self._rows = min(_FIRST_ROWS, rows)
        self._expected = math.inf  # seconds of the next product: the fastest with as many tokens
        own = torch.Generator().manual_seed(0)  # the caller's random numbers stay as they are
        self._tokens = torch.randn(rows, width, generator=own).to(dtype)
        self._widen, self._narrow = (
            torch.randn(size, generator=own).div_(size[0] ** 0.5).to(dtype)
            for size in ((width, inner), (inner, width))
        )
        self._biases = torch.zeros(inner, dtype=dtype), torch.zeros(width, dtype=dtype)
        self._onednn = has_onednn_linear(dtype)
        if self._onednn:
            self._widen = pack_onednn_weight(self._widen.t().contiguous())
            self._narrow = pack_onednn_weight(self._narrow.t().contiguous())
        self.best = 0.0  # GFLOP/s

    def run_within(self, deadline: float) -> bool:
        """Run once more if there is time, with more tokens if there is plenty of it."""
        left = deadline - time.perf_counter()
        larger = min(self._rows * _GROWTH, len(self._tokens))
        expected = self._expected * larger / self._rows
        if expected < left / 2:
            self._expected = self._expected if larger == self._rows else math.inf
            self._rows = larger
        elif self._expected > left:
            return False
        self.run()
        return True

    def run(self) -> None:
        """Compute both products, and note their speed."""
        import torch

        from pipeline.embedding.torch_internals import onednn_linear

        tokens = self._tokens[: self._rows]
        started = time.thread_time()
        with torch.inference_mode():
            if self._onednn:
                wide = onednn_linear(tokens, self._widen, self._biases[0])
                onednn_linear(wide, self._narrow, self._biases[1])
            else:
                wide = torch.addmm(self._biases[0], tokens, self._widen)
                torch.addmm(self._biases[1], wide, self._narrow)
        # without the time of other processes on this core
        taken = max(time.thread_time() - started, 1e-6)
        self._expected = min(self._expected, taken)
        self.best = max(self.best, self._flops * self._rows / taken / 1e9)
