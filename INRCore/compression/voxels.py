"""The values of a volume's voxels for a fit, without a second copy of the volume in main memory."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..memory import free_memory_bytes
from .intensity import IntensityMap

_SLAB = 1 << 22


class Voxels:
    """Values of an intensity map at voxel numbers (C order of (k, j, i)). They lie on a GPU as float32 where they take
    at most half of its free memory and half of the user's limit; otherwise each draw is fetched from main memory."""

    def __init__(self, array: np.ndarray, intensity: IntensityMap, max_memory_gb: float | None = None) -> None:
        self._flat, self._intensity, self._max_memory_gb = array.reshape(-1), intensity, max_memory_gb
        self._resident: Tensor | None = None

    @property
    def are_resident(self) -> bool:
        """Whether they lie on a GPU."""
        return self._resident is not None

    def to(self, device: torch.device) -> None:
        """Takes them to a GPU if there is room."""
        self._resident = None
        if device.type == "cpu" or 4 * self._flat.size > self._room(device):
            return
        self._resident = torch.empty(self._flat.size, dtype=torch.float32, device=device)
        for start in range(0, self._flat.size, _SLAB):
            part = self._intensity.to_values(self._flat[start : start + _SLAB])
            self._resident[start : start + len(part)] = torch.from_numpy(part)

    def at(self, numbers: Tensor) -> Tensor:
        """(N) int64 to (N) float32, both on the fit's device."""
        if self._resident is not None:
            return self._resident[numbers]
        drawn = self._flat[numbers.cpu().numpy()]
        return torch.from_numpy(self._intensity.to_values(drawn)).to(numbers.device)

    def _room(self, device: torch.device) -> float:
        limits = [self._max_memory_gb * (1 << 30) if self._max_memory_gb is not None else None]
        limits.append(free_memory_bytes(device))
        return min((limit / 2 for limit in limits if limit is not None), default=float("inf"))
