"""Sine and cosine together, as Fourier features want them.

On a CPU by a compiled loop (0.2 ns for both on one core with AVX-512), or else by NumPy, whose single-precision sine is
three times as fast as torch's (0.36 against 1.05 ns each; all within 1e-7), on as many threads as torch uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from ..tiles import on_threads, tiles_of_threads
from .switch import is_compiled, is_plain

_LARGEST_PART = 1 << 15


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
    if z.device.type != "cpu" or z.dtype != torch.float32 or is_plain() or not z.numel():
        return torch.sin(z), torch.cos(z)
    both = [torch.empty_like(z, memory_format=torch.contiguous_format) for _ in range(2)]
    given, sine, cosine = (t.detach().contiguous().view(-1).numpy() for t in (z, *both))
    fill = _fill_compiled() if is_compiled() else _fill_by_numpy

    def work(share: list[slice]) -> None:
        for part in share:
            fill(given[part], sine[part], cosine[part])

    on_threads(work, tiles_of_threads(len(given), _LARGEST_PART))
    return both[0], both[1]


def _fill_by_numpy(phase: np.ndarray, sine: np.ndarray, cosine: np.ndarray) -> None:
    np.sin(phase, out=sine)
    np.cos(phase, out=cosine)


def _fill_compiled() -> Callable[[np.ndarray, np.ndarray, np.ndarray], None]:
    from ..compiled.activations import sine_and_cosine

    return cast(Callable[[np.ndarray, np.ndarray, np.ndarray], None], sine_and_cosine)
