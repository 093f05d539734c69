"""Voxel numbers to points on the fit's device, and a field evaluated at every voxel of a grid."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..errors import DeviceError
from ..fields import Field
from ..geometry import Grid
from ..memory import is_out_of_memory, release

_FEWEST_POINTS = 256


class Lattice:
    """Takes the number of a voxel (C order of (k, j, i)) to a point in another space, by one matrix composed in double
    precision: positions never pass through large world coordinates in single precision, and no list of coordinates
    exists."""

    def __init__(self, grid: Grid, world_to_target: np.ndarray, device: torch.device, dtype: torch.dtype) -> None:
        matrix = world_to_target @ grid.ijk_to_world
        self._to_target = torch.as_tensor(matrix[:3, :3].T.copy(), dtype=dtype, device=device)
        self._offset = torch.as_tensor(matrix[:3, 3].copy(), dtype=dtype, device=device)
        self._rows, self._columns = grid.shape[1], grid.shape[2]

    def __call__(self, numbers: Tensor) -> Tensor:
        """(N) int64 to (N, 3)."""
        line = torch.div(numbers, self._columns, rounding_mode="floor")
        slice_ = torch.div(line, self._rows, rounding_mode="floor")
        ijk = torch.stack([numbers - line * self._columns, line - slice_ * self._rows, slice_], -1)
        return ijk.to(self._offset.dtype) @ self._to_target + self._offset


def values_at(field: Field, coordinates: Tensor) -> Tensor:
    """(N, 3) network coordinates to (N) values of a field with one output."""
    return (field.network(field.encoding(coordinates)) * field.output_scale + field.output_offset)[:, 0]


def sample_values(
    field: Field, grid: Grid, device: torch.device, double: bool = False, max_memory_gb: float | None = None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields (slice of the flattened (k, j, i) array, the field's values there).

    `double` evaluates in float64, so that every machine gets the same values to about 1e-12 (on the CPU where the
    device has no float64). Halves its chunks when memory runs out; raises `DeviceError` when that does not help.
    """
    if double and device.type == "mps":
        device = torch.device("cpu")
    field = _copy(field, device, double)
    dtype = torch.float64 if double else torch.float32
    lattice = Lattice(grid, field.frame.world_to_frame, device, dtype)
    step = max(_FEWEST_POINTS, field.points_per_chunk(max_memory_gb) // (2 if double else 1))
    start = 0
    while start < grid.voxel_count:
        stop = min(start + step, grid.voxel_count)
        try:
            with torch.no_grad():
                values = values_at(field, lattice(torch.arange(start, stop, device=device))).cpu().numpy()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if step // 2 < _FEWEST_POINTS:
                raise DeviceError(f"Out of memory even with {step} voxels at once; use the device 'cpu'.") from error
            step //= 2
        else:
            yield slice(start, stop), values
            start = stop
            continue
        release(device)


def _copy(field: Field, device: torch.device, double: bool) -> Field:
    """The same field on the device and in the precision wanted; the original stays as it is."""
    field = copy.deepcopy(field).to(device).requires_grad_(False)
    if double:
        for tensor in (*field.parameters(), *field.buffers()):
            tensor.data = tensor.data.to(torch.complex128 if tensor.is_complex() else torch.float64)
    return field
