"""Matrix products on the CPU by the fastest library that torch brings."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

_FEW_ROWS = 4


@cache
def uses_onednn() -> bool:
    """Whether products go to oneDNN instead of torch's default library (MKL): on a processor with AVX-512 that is not
    Intel's, MKL keeps to AVX2 and takes twice as long (100 against 220 GFLOP/s on a Zen 5 core, both in float32)."""
    return (
        torch.backends.mkldnn.is_available()
        and torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(m, k) times (k, n), float32, with torch's number of threads."""
    if not (b.flags.c_contiguous or b.flags.f_contiguous):
        b = np.ascontiguousarray(b)  # oneDNN takes fifty times as long with other strides
    first, second = torch.from_numpy(a), torch.from_numpy(b)
    if a.shape[1] == 1:
        result = first * second
    elif len(a) <= _FEW_ROWS or not uses_onednn():
        result = first @ second
    else:
        result = torch.ops.mkldnn._linear_pointwise(first, second.t(), None, "none", [], "")
    return result.numpy()


def row_sums(a: np.ndarray) -> np.ndarray:
    """(m, n) to (m), four times as fast as NumPy's sum."""
    return (torch.from_numpy(a) @ torch.ones(a.shape[1])).numpy()
