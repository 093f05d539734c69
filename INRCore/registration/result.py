"""What a registration gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..fields import Field
from ..geometry import Grid
from ..results import TaskResult
from ..volume import Volume
from .field_file import RegistrationField
from .maps import FittedMap
from .sampled import SampledMap
from .warping import chunk_points, warp

_FOLDED = 1e-3


@dataclass(frozen=True, kw_only=True)
class RegistrationResult(TaskResult):
    """The map phi(x) = affine(x + u(x)) from fixed to moving points (RAS mm), and back.

    displacement: u, (k, j, i, 3) float32 RAS mm on `displacement_grid`, which reaches beyond the fixed field of view to
    where u has faded to 0; affine: 4x4; map: u before sampling. warped: the moving volume on the fixed grid, through
    the sampled u, which is what the saved transform does. jacobian: det of the Jacobian of x + u(x) on the fixed grid
    (the affine part not included), float32. inverse: the map from moving to fixed points, sampled in the same form.
    inverse_error: mm by which the sampled maps there and back miss each voxel of a coarsened fixed grid, float32.
    direction: a line that says which volume came to lie on which. uncertainty: mm between the map there and the inverse
    of the map back on the fixed grid, float32; None but for the model 'cycle'. tre_before_per_point, tre_per_point: (N)
    mm, None without landmarks.

    Metrics. similarity_before, similarity_initial, similarity_after: correlation over all voxels of the fixed mask or
    foreground that land inside the moving image, intensities clipped to their robust range, of the first channel; with
    a similarity for different contrasts ('lncc_squared', 'nmi', 'mind') that about the best curve instead of the best
    line (`Agreement.correlation_by_curve`, 0 to 1). With the positions as given, after the initial alignment (only when
    there is one), and after the whole map. folding_fraction: share of
    the fixed voxels with det <= 0; folding_fraction_sampled: share of the nodes of the sampled u, border included;
    jacobian_min, jacobian_max. displacement_mean_mm, displacement_max_mm: length of u over the fixed mask or
    foreground. grid_error_max_mm: largest difference found between u and the sampled u; inverse_error_mean_mm,
    inverse_error_p95_mm, inverse_error_max_mm: of `inverse_error`; uncertainty_mean_mm, uncertainty_p95_mm: of
    `uncertainty`, over the fixed mask or foreground. tre_before_mm, tre_after_mm: mean landmark errors with the
    positions as given and after the whole map; tre_after_max_mm: the largest; tre_left_out_mm: the mean after the map
    over those that were kept from a fit that saw the others.
    """

    map: FittedMap
    displacement: np.ndarray
    displacement_grid: Grid
    affine: np.ndarray
    fixed_grid: Grid
    warped: Volume
    jacobian: Volume
    inverse: SampledMap
    inverse_error: Volume
    direction: str
    uncertainty: Volume | None = None
    tre_before_per_point: np.ndarray | None = None
    tre_per_point: np.ndarray | None = None

    @property
    def field(self) -> Field:
        """The fitted field; of two, the one from fixed to moving."""
        return self.map.fields[0]

    @property
    def log_jacobian(self) -> Volume:
        """Natural logarithm of `jacobian`: 0 unchanged, below 0 shrinking, above growing; folded voxels count as 0.001
        of their volume (-6.9)."""
        values = np.log(np.maximum(self.jacobian.array, _FOLDED))
        return Volume(values, self.fixed_grid, "log Jacobian determinant")

    @property
    def point_map(self) -> RegistrationField:
        """The fitted map itself, as a thing of its own that can be saved (`load_registration_field` reads it)."""
        return RegistrationField(self.settings.model, self.map, self.affine)

    def transform_points(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm on the fixed side to (N, 3) on the moving side, by the fitted map itself."""
        return self.point_map.transform_points(points)

    def transform_points_back(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm on the moving side to (N, 3) on the fixed side, by the inverse of the fitted map itself: what
        brings landmarks and surfaces of the moving image onto the fixed one. Where the map folds it has no inverse, and
        points come out wrong by more than a little."""
        return self.point_map.transform_points_back(points)

    def warp(self, volume: Volume, interpolation: str = "linear", background: float | None = None) -> Volume:
        """Any volume of the moving side (image, mask, labels) on the fixed grid, through the sampled displacement, in
        its own type. interpolation and `background`: see `warping.warp`; labels want 'smooth' or 'nearest'."""
        device, memory = self.field.device, self.settings.fit.max_memory_gb
        moved = self.sampled.moved_voxels(self.fixed_grid, chunk_points(device, memory))
        return warp(volume, self.fixed_grid, moved, interpolation, background, device)

    def warp_back(
        self, volume: Volume, grid: Grid, interpolation: str = "linear", background: float | None = None
    ) -> Volume:
        """Any volume of the fixed side on `grid`, that of the moving volume for instance; otherwise as `warp`."""
        device, memory = self.field.device, self.settings.fit.max_memory_gb
        back, chunk = self.inverse.on(device), chunk_points(device, memory)
        moved = ((part, back(points)) for part, points in grid.chunks(chunk))
        return warp(volume, grid, moved, interpolation, background, device)

    @property
    def sampled(self) -> SampledMap:
        """The map as it is saved."""
        return SampledMap(self.displacement, self.displacement_grid, self.affine)
