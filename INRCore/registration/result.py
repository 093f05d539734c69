"""What a registration gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..fields import Field
from ..geometry import Grid
from ..interpolation import ImageSampler
from ..memory import points_per_chunk
from ..results import TaskResult
from ..settings import require_choice
from ..volume import Volume
from .deformation import DisplacementSampler, Domain

_BYTES_PER_POINT = 400


@dataclass(frozen=True, kw_only=True)
class RegistrationResult(TaskResult):
    """The map phi(x) = affine(x + u(x)) from fixed to moving points (RAS mm).

    displacement: u, (k, j, i, 3) float32 RAS mm on `displacement_grid`, which reaches beyond the fixed field of view to
    where u has faded to 0; affine: 4x4; field, domain: u before sampling. warped: the moving volume on the fixed grid,
    through the sampled u, which is what the saved transform does. jacobian: det of the Jacobian of x + u(x) on the
    fixed grid (the affine part not included), float32. tre_per_point: (N) mm, None without landmarks.

    Metrics. similarity_before, similarity_initial, similarity_after: correlation over all voxels of the fixed mask or
    foreground that land inside the moving image, intensities clipped to their robust range; with the positions as
    given, after the initial alignment (only when one was made), and after the whole map. folding_fraction: share of
    the fixed voxels with det <= 0; jacobian_min, jacobian_max. displacement_mean_mm, displacement_max_mm: length of u
    over the fixed mask or foreground. grid_error_max_mm: largest difference found between field and sampled grid.
    tre_before_mm, tre_after_mm: mean landmark errors with the positions as given and after the whole map.
    """

    field: Field
    domain: Domain
    displacement: np.ndarray
    displacement_grid: Grid
    affine: np.ndarray
    fixed_grid: Grid
    warped: Volume
    jacobian: Volume
    tre_per_point: np.ndarray | None = None

    def transform_points(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm on the fixed side to (N, 3) on the moving side, by the field itself."""
        points = np.asarray(points, float).reshape(-1, 3)
        moved = points + self.domain.displacement(self.field, points, self.settings.fit.max_memory_gb)
        return apply_affine(self.affine, moved)

    def warp(self, volume: Volume, interpolation: str = "linear", background: float | None = None) -> Volume:
        """Any volume of the moving side (image, mask, labels) on the fixed grid, through the sampled displacement, in
        its own type. interpolation: 'linear' or 'nearest' (for labels); `background` is what lies outside the volume;
        None: its smallest value, for 'nearest' 0. Raises `InputError` for another interpolation."""
        sampled = DisplacementSampler(self.displacement, self.displacement_grid, self.field.device)
        return warp(
            volume, self.fixed_grid, lambda x: apply_affine(self.affine, x + sampled(x)), interpolation, background,
            self.field.device, self.settings.fit.max_memory_gb,
        )  # fmt: skip


def apply_affine(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(N, 3) RAS mm through a 4x4 matrix."""
    return points @ affine[:3, :3].T + affine[:3, 3]


def warp(
    volume: Volume,
    grid: Grid,
    mapping: Callable[[np.ndarray], np.ndarray],
    interpolation: str = "linear",
    background: float | None = None,
    device: torch.device | str = "cpu",
    max_memory_gb: float | None = None,
) -> Volume:
    """The volume's values at mapping(x) for every voxel centre x of `grid`, in the volume's own type (integers are
    rounded to the nearest); `mapping` takes and gives (N, 3) RAS mm."""
    require_choice("The interpolation", interpolation, ("linear", "nearest"))
    if background is None:
        background = 0.0 if interpolation == "nearest" else volume.finite_range()[0]
    look_up = _nearest(volume) if interpolation == "nearest" else _linear(volume, device)
    result = np.full(grid.voxel_count, background, volume.array.dtype)
    chunk = points_per_chunk(_BYTES_PER_POINT, torch.device(device), max_memory_gb)
    for part, points in grid.chunks(chunk):
        moved = mapping(points)
        inside = volume.grid.contains(moved)
        result[part][inside] = look_up(moved[inside])
    return volume.with_array(result.reshape(grid.shape), grid)


def _nearest(volume: Volume) -> Callable[[np.ndarray], np.ndarray]:
    def look_up(points: np.ndarray) -> np.ndarray:
        i, j, k = np.rint(volume.grid.world_to_index(points)).astype(int).clip(0, volume.grid.size_ijk - 1).T
        return volume.array[k, j, i]

    return look_up


def _linear(volume: Volume, device: torch.device | str) -> Callable[[np.ndarray], np.ndarray]:
    sampler, dtype = ImageSampler(volume.array, volume.grid, device), volume.array.dtype

    def look_up(points: np.ndarray) -> np.ndarray:
        values = sampler(torch.as_tensor(points, dtype=torch.float32, device=device)).cpu().numpy()
        if dtype.kind == "f":
            return values.astype(dtype)
        limits = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
        return np.clip(np.rint(values.astype(float)), *limits).astype(dtype)

    return look_up
