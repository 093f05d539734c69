"""What a segmentation gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkPolyData

from ..errors import InputError
from ..geometry import Grid
from ..io.surfaces import UNCERTAINTY_ARRAY
from ..results import TaskResult
from ..volume import Volume
from .distance_field import DistanceField
from .given import Given
from .shapes import Shapes
from .surface import Mesh, to_polydata, trace, tracing_grid
from .uncertainty import NextSlice, SurfaceError, next_slice, surface_error, wrong_probability
from .warm_start import EarlierFit

if TYPE_CHECKING:
    from ..fields import Field


@dataclass(frozen=True, kw_only=True)
class SegmentationResult(TaskResult):
    """Signed distance fields of labels, and what is sampled from them.

    field: output n is the signed distance (mm, below 0 inside) of `label_values[n]`, at points of the domain, the box
    around the labels that it was fitted in. labels: label map on `output_grid` (the input's grid, or with the spacing
    asked for), in the input's integer type. table: per label its label, name, volume_ml, surface_area_mm2, diameter_mm
    (largest distance between two points), pieces, cavities and handles (of the closed surface), and dice, hd95_mm,
    assd_mm against the input; for sparse slices on the drawn ones. A surface that is empty, or an agreement that has no
    meaning, is left out. earlier: what the next run can start from when one more slice is drawn (`segment(...,
    start=result.earlier)`); None for inputs that are not drawn slices.

    Metrics, all means over the labels: dice, hd95_mm, assd_mm; gradient_norm_deviation: mean of | |grad| - 1 | on the
    surfaces (0 for an exact signed distance); surface_error_mm: mean distance between the field's zero and the surface
    points it was fitted to.
    """

    shapes: Shapes
    given: Given
    labels: Volume
    table: list[dict[str, Any]]
    earlier: EarlierFit | None = None
    _meshes: dict[tuple[int, float | None], Mesh] = field(default_factory=dict, repr=False, compare=False)

    @property
    def field(self) -> Field | DistanceField:
        return self.shapes.distance_field

    @property
    def label_values(self) -> tuple[int, ...]:
        return self.shapes.label_values

    @property
    def output_grid(self) -> Grid:
        return self.labels.grid

    def labels_on(self, grid: Grid) -> Volume:
        """Label map (k, j, i) on any grid, in the input's integer type; 0 outside the domain."""
        values = np.array([0, *self.label_values], self.labels.array.dtype)
        return self.labels.with_array(values[self.shapes.label_numbers(grid)], grid)

    def distance(self, label: int | None = None, grid: Grid | None = None) -> Volume:
        """Signed distance to one label's surface, or for None to that of the nearest label: float32 mm, below 0 inside,
        on `grid` (`output_grid` if not given). Close to exact near the surface, rougher far from it, above all with
        many labels (networks: the setting far_tolerance). Raises `InputError` for a label that was not fitted."""
        number = None if label is None else self._number(label)
        grid = grid or self.output_grid
        values = np.empty(grid.voxel_count, np.float32)
        on_voxels = self.shapes.domain.shares_voxels(grid)
        for part, points in grid.chunks(self.field.points_per_chunk(self.settings.fit.max_memory_gb)):
            values[part] = self.shapes.distances(points, number, on_voxels)
        name = "distance" if label is None else f"distance to label {label}"
        return Volume(values.reshape(grid.shape), grid, name=name, units="mm")

    @cached_property
    def surface_error(self) -> SurfaceError:
        """How far off the surfaces may be, by their distance from the drawn slices; measured when first asked for."""
        return surface_error(self.given, self.settings)

    def uncertainty(self, grid: Grid | None = None) -> Volume:
        """Probability, 0 to 0.5, that a voxel has the wrong label, float32 on `grid` (`output_grid` if not given):
        large at surfaces, above all far from drawn slices."""
        grid = grid or self.output_grid
        return Volume(wrong_probability(self.shapes, self.given, self.surface_error, grid), grid, name="uncertainty")

    def next_slice(self) -> NextSlice | None:
        """The slice that would be worth most to be drawn next; None for a dense label map."""
        return next_slice(self.shapes, self.given, self.surface_error)

    def slice_normal(self, axis: str) -> list[float]:
        """Unit normal (RAS) of the input's slices across the axis 'i', 'j' or 'k'."""
        across = self.given.domain.grid.world_to_ijk["ijk".index(axis), :3]
        return [float(value) for value in across / np.linalg.norm(across)]

    def surface(self, label: int, spacing_mm: float | None = None) -> vtkPolyData:
        """Closed surface of one label in RAS mm: triangles wound and point normals directed outwards, cell array
        'Label'. spacing_mm: of the lattice it is traced on; None: that of the settings. Where the label reaches the
        border of the field of view (or the last drawn slice) it is cut off flat. Without points when the label is
        nowhere. Raises `InputError` for a label that was not fitted."""
        return to_polydata([(label, self.mesh(label, spacing_mm))])

    def combined_surface(self, spacing_mm: float | None = None) -> vtkPolyData:
        """The surfaces of all labels in one vtkPolyData; the cell array 'Label' tells them apart. Where something is
        unknown, the point array 'Uncertainty (mm)' is the standard deviation of the surface's place."""
        surface = to_polydata((label, self.mesh(label, spacing_mm)) for label in self.label_values)
        points = np.concatenate([self.mesh(label, spacing_mm).points for label in self.label_values])
        unknown = self.given.unknown_mm(points)
        if (unknown > 0).any():
            error = numpy_to_vtk(self.surface_error.at(unknown).astype(np.float32), deep=True)
            error.SetName(UNCERTAINTY_ARRAY)
            surface.GetPointData().AddArray(error)
        return surface

    def mesh(self, label: int, spacing_mm: float | None = None) -> Mesh:
        """What `surface` is made of, as numpy arrays; computed once per spacing."""
        spacing = self.settings.spacing_mm if spacing_mm is None else spacing_mm
        key = self._number(label), spacing
        if key not in self._meshes:
            self._meshes[key] = trace(self.shapes, key[0], tracing_grid(self.shapes, spacing))
        return self._meshes[key]

    def _number(self, label: int) -> int:
        if label not in self.label_values:
            known = ", ".join(str(value) for value in self.label_values)
            raise InputError(f"There is no label {label} in this result; it has: {known}.")
        return self.label_values.index(label)
