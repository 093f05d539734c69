"""Sine and cosine together, as Fourier features want them.

On a CPU, NumPy's single-precision sine is three times as fast as torch's (0.36 against 1.05 ns a value on one core with
AVX-512, both within 1e-7), so it is used there, on as many threads as torch uses.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from .switch import is_plain

_FEWEST_PER_THREAD = 1 << 15


def sine_and_cosine(z: Tensor) -> tuple[Tensor, Tensor]:
    """(sin(z), cos(z)), each of which is the other's derivative: the backward pass needs no further evaluation."""
    if z.requires_grad and torch.is_grad_enabled():
        return cast(tuple[Tensor, Tensor], _SineAndCosine.apply(z))
    return _both(z)


class _SineAndCosine(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor) -> tuple[Tensor, Tensor]:
        both = _both(z)
        ctx.save_for_backward(*both)
        ctx.set_materialize_grads(False)
        return both

    @staticmethod
    def backward(ctx: Any, of_sine: Tensor | None, of_cosine: Tensor | None) -> Tensor | None:
        sin, cos = ctx.saved_tensors
        if of_cosine is None:
            return None if of_sine is None else of_sine * cos
        return -of_cosine * sin if of_sine is None else torch.addcmul(of_sine * cos, of_cosine, sin, value=-1)


def _both(z: Tensor) -> tuple[Tensor, Tensor]:
    return _evaluate(np.sin, torch.sin, z), _evaluate(np.cos, torch.cos, z)


def _evaluate(by_numpy: Callable[..., Any], by_torch: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """The function of every element, by the library that is faster on the tensor's device."""
    if z.device.type != "cpu" or z.dtype != torch.float32 or is_plain():
        return by_torch(z)
    result = torch.empty_like(z, memory_format=torch.contiguous_format)
    threads = min(torch.get_num_threads(), max(1, z.numel() // _FEWEST_PER_THREAD))
    if threads == 1:
        by_numpy(z.detach().numpy(), out=result.numpy())
        return result
    given, made = z.detach().contiguous().view(-1).numpy(), result.view(-1).numpy()
    bounds = np.linspace(0, len(given), threads + 1).astype(int).tolist()
    parts = [slice(start, stop) for start, stop in itertools.pairwise(bounds)]
    others = [_pool(threads - 1).submit(by_numpy, given[part], made[part]) for part in parts[1:]]
    by_numpy(given[parts[0]], made[parts[0]])
    for other in others:
        other.result()
    return result


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """NumPy lets go of Python's lock while it computes, so threads do help."""
    return ThreadPoolExecutor(threads, thread_name_prefix="sine")
