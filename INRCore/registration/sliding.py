"""Organs that slide: two displacements, one on each side of a surface along which they may differ.

A smooth displacement carries what lies next to the ribs along with them, however far the lung, the liver and the spleen
behind them went. Here each side has splines of its own, regularised on their own, and only what opens a gap or makes
the sides overlap is held together (direction-dependent regularisation: Schmidt-Richberg, Werner, Handels & Ehrhardt,
Med. Image Anal. 16(1), 2012; two displacements that share the component across the surface: Delmon et al., Phys. Med.
Biol. 58(5), 2013).
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn

from ..errors import InputError
from ..fields import Field, FieldSettings, Frame
from ..fields.grid_lattice import SeparableLattice
from ..fields.grid_start import start_from_image
from ..geometry import Grid
from ..settings import require
from ..volume import Volume

Places = Tensor | SeparableLattice
_CELL_VOXELS = 1.5
_FARTHEST_VOXELS = 8.0
_CHUNK = 1 << 20
_DEPTH_FIELD = FieldSettings(
    encoding="grid", network="relu", width=2, depth=1, grid_levels=1, grid_features=1, grid_cells_per_sample=None
)


def half_layer_mm(grid: Grid) -> float:
    """Half the width of the layer in which the displacement goes over from one side to the other: a voxel, as an image
    cannot tell a thinner one."""
    return grid.voxel_volume ** (1 / 3)


class SlidingField(nn.Module):
    """u = (1 - s) u_outside + s u_inside, where s rises smoothly from 0 to 1 in a layer of `half_layer_mm` to either
    side of the surface. `depth`: a field of one output, the distance from the surface in mm, positive inside."""

    def __init__(self, outside: Field, inside: Field, depth: Field, half_layer: float) -> None:
        super().__init__()
        self.outside, self.inside, self.depth, self.half_layer = outside, inside, depth, half_layer
        depth.requires_grad_(False)

    @property
    def device(self) -> torch.device:
        return self.outside.device

    def points_per_chunk(self, max_memory_gb: float | None = None, order: int = 0) -> int:
        """Points that can be evaluated at once within the memory budget; `order` 1 with derivatives."""
        return self.outside.points_per_chunk(max_memory_gb, order) // 2

    def forward(self, places: Places) -> Tensor:
        """(N, 3) mm."""
        share = self._share(self.depth(places)[:, 0])[0][:, None]
        outside = self.outside(places)
        return cast(Tensor, outside + share * (self.inside(places) - outside))

    def value_and_jacobian(self, places: Places) -> tuple[Tensor, Tensor]:
        """(N, 3) mm and (N, 3, 3) mm per mm, what the layer adds in it."""
        return self.blended(places, self.outside.value_and_jacobian(places), self.inside.value_and_jacobian(places))

    def blended(
        self, places: Places, outside: tuple[Tensor, Tensor], inside: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """The same from the values and Jacobians of both sides."""
        depth, slope = self.depth.value_and_jacobian(places)
        share, rise = self._share(depth[:, 0])
        jump = inside[0] - outside[0]
        across = (jump * rise[:, None])[:, :, None] * slope
        jacobian = outside[1] + share[:, None, None] * (inside[1] - outside[1]) + across
        return outside[0] + share[:, None] * jump, jacobian

    def gap(self, places: Tensor) -> Tensor:
        """(N) mm by which the sides part (below 0) or overlap across the surface: the jump along its normal."""
        slope = self.depth.value_and_jacobian(places)[1][:, 0]
        normal = slope / slope.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        return ((self.inside(places) - self.outside(places)) * normal).sum(-1)

    @torch.no_grad()
    def evaluate(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to (N, 3) float32 mm."""
        step = self.points_per_chunk(max_memory_gb)
        result = np.empty((len(points), 3), np.float32)
        for start in range(0, len(points), step):
            part = torch.as_tensor(points[start : start + step], dtype=torch.float32, device=self.device)
            result[start : start + step] = self(part).cpu().numpy()
        return result

    def _share(self, depth: Tensor) -> tuple[Tensor, Tensor]:
        """The share of the inside (N) and its derivative by the depth, per mm: a cubic step."""
        t = (depth / (2 * self.half_layer) + 0.5).clamp(0, 1)
        return t * t * (3 - 2 * t), 3 * t * (1 - t) / self.half_layer


def depth_field(region: Volume, grid: Grid, frame: Frame) -> Field:
    """Distance in mm from the surface of a region (not 0, on any grid), positive inside, as cubic splines over the
    frame; known as far as some voxels. Raises `InputError` when the region fills the image or misses it."""
    inside = np.zeros(grid.voxel_count, bool)
    for part, points in grid.chunks(_CHUNK):
        index = np.rint(region.grid.world_to_index(points)).astype(int)
        within = ((index >= 0) & (index < region.grid.size_ijk)).all(-1)
        i, j, k = index[within].T
        inside[part][within] = region.array[k, j, i] != 0
    inside = inside.reshape(grid.shape)
    if inside.all() or not inside.any():
        raise InputError(
            f"The sliding region {region.label} {'fills' if inside.all() else 'lies outside'} the fixed image; draw on "
            "it what moves on its own, such as all that lies inside the rib cage."
        )
    farthest = _FARTHEST_VOXELS * half_layer_mm(grid)
    deep, out = (ndimage.distance_transform_edt(part, grid.spacing[::-1]) for part in (inside, ~inside))
    # Distances are those between voxel centres; the surface lies half way between the outermost of both sides.
    signed = deep - out - half_layer_mm(grid) / 2 * (2.0 * inside - 1)
    depth = np.clip(ndimage.gaussian_filter(signed, 1.0), -farthest, farthest)
    cells = max(2, round(2 * frame.half_extent_mm / (_CELL_VOXELS * half_layer_mm(grid))))
    settings = replace(_DEPTH_FIELD, grid_coarsest=cells, grid_finest=cells)
    field = Field(settings, frame, 1, output_scale=farthest)
    start_from_image(field, grid, depth)
    return field


class SlipTerm:
    """Mean square, in voxels, of the gap between the sides at random places of the layer: they may slide along each
    other, not part or overlap."""

    def __init__(self, field: SlidingField, grid: Grid) -> None:
        depth = field.depth.sample(grid)[..., 0]
        k, j, i = np.nonzero(np.abs(depth) < field.half_layer)
        require(len(k) > 0, "The sliding region has no surface in the fixed image.")
        places = grid.index_to_world(np.stack([i, j, k], -1))
        self._field, self._places = field, torch.as_tensor(places, dtype=torch.float32)
        self._voxel = half_layer_mm(grid)

    def to(self, device: torch.device) -> None:
        self._places = self._places.to(device)

    def loss(self, model: nn.Module, points: int, generator: torch.Generator) -> Tensor:
        """The field is the model's own; it is the only one that has a gap."""
        picks = torch.randint(len(self._places), (points,), generator=generator, device=self._places.device)
        return (self._field.gap(self._places[picks]) / self._voxel).square().mean()
