"""Numbers on a device that are needed at every step of a fit: copied there once, since each copy waits for a GPU."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


@lru_cache(maxsize=512)
def constant(
    numbers: tuple[float, ...] | tuple[tuple[float, ...], ...], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """A tensor (n) or (n, m) that nobody may change."""
    with torch.inference_mode(False):  # one made in that mode could not take part in a fit
        return torch.tensor(numbers, device=device, dtype=dtype)
