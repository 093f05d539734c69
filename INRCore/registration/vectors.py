"""Images of vectors, such as descriptors or shares of labels, between their voxels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ..geometry import Grid
from ..interpolation import ImageSampler


class VectorSampler(ImageSampler):
    """Trilinear interpolation of a (k, j, i, C) image of vectors, kept in its own type, at RAS points (N, 3) to (N, C)
    float32, differentiable with respect to the points and, if `values` want it, to these."""

    def __init__(self, values: Tensor, grid: Grid, device: torch.device) -> None:
        super().__init__(np.zeros((1, 1, 1), np.float32), grid, device)
        self.values = values

    def at_index(self, index: Tensor) -> Tensor:
        index = torch.minimum(index.clamp(min=0), (self.size - 1).to(index.dtype))
        low = torch.minimum(index.detach().floor().long(), (self.size - 2).clamp(min=0))
        fraction = index - low
        high = torch.minimum(low + 1, self.size - 1)
        rows = self.values.view(-1, self.values.shape[-1])
        columns, layers = int(self.values.shape[2]), int(self.values.shape[1] * self.values.shape[2])
        total: Tensor | None = None
        for corner in range(8):
            chosen = [high[:, axis] if corner >> axis & 1 else low[:, axis] for axis in range(3)]
            shares = [fraction[:, axis] if corner >> axis & 1 else 1 - fraction[:, axis] for axis in range(3)]
            places = chosen[2] * layers + chosen[1] * columns + chosen[0]
            found = nn.functional.embedding(places, rows).float()  # whose way back is faster than that of rows[places]
            part = found * (shares[0] * shares[1] * shares[2])[:, None]
            total = part if total is None else total + part
        assert total is not None
        return total
