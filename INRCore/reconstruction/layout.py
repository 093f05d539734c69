"""How stacks of slices lie in the patient: guessed from their grids, so that nobody has to type it. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..geometry import Grid
from ..volume import Volume
from .slices import guess_slice_axis, slice_distance, slice_normal

_PLANES = {"sagittal": (1, 0, 0), "coronal": (0, 1, 0), "axial": (0, 0, 1)}
_STRAIGHT_DEGREES = 3.0
_PROBES_PER_AXIS = 24
_CHUNK = 1 << 18


@dataclass(frozen=True)
class StackLayout:
    """A stack as it lies in the patient.

    number: its place in the list that was given; slice_axis: 0, 1, 2 for i, j, k, the way from slice to slice;
    distance_mm between slices; thickness_mm of a slice, as the scanner says where the header tells it
    (`thickness_is_known`), otherwise the distance; in_plane_mm: the finer spacing within a slice; plane: 'axial',
    'coronal' or 'sagittal', the nearest one, and tilt_degrees from it; coverage: share of the union of all stacks'
    fields of view, 0 to 1.
    """

    number: int
    slice_axis: int
    slices: int
    distance_mm: float
    thickness_mm: float
    thickness_is_known: bool
    in_plane_mm: float
    plane: str
    tilt_degrees: float
    coverage: float = 1.0

    @property
    def orientation(self) -> str:
        """For people: 'axial', or 'oblique, 12 degrees from axial'."""
        if self.tilt_degrees < _STRAIGHT_DEGREES:
            return self.plane
        return f"oblique, {self.tilt_degrees:.0f} degrees from {self.plane}"

    @property
    def anisotropy(self) -> float:
        """How much coarser the stack is across its slices than within them."""
        return max(self.thickness_mm, self.distance_mm) / self.in_plane_mm

    def describe(self) -> str:
        """One line for people."""
        thickness = f"{self.thickness_mm:.3g} mm thick" + (
            "" if self.thickness_is_known else " (taken from the spacing)"
        )
        gap = self.distance_mm - self.thickness_mm
        beyond = f", {gap:.2g} mm apart" if gap > 0.05 * self.distance_mm else ""
        beyond = f", overlapping by {-gap:.2g} mm" if -gap > 0.05 * self.distance_mm else beyond
        share = "" if self.coverage == 1 else f", {self.coverage:.0%} of the whole field of view"
        return (
            f"{self.orientation}: {self.slices} slices, {thickness}{beyond}, {self.in_plane_mm:.3g} mm in plane{share}"
        )


def layout_of_stacks(volumes: Sequence[Volume]) -> list[StackLayout]:
    """As `layout_of_grids`, with the slice thickness that the volumes' headers tell."""
    return layout_of_grids(
        [volume.grid for volume in volumes], [_thickness_in_header(volume.metadata) for volume in volumes]
    )


def layout_of_grids(grids: Sequence[Grid], thickness_mm: Sequence[float | None] = ()) -> list[StackLayout]:
    """The stacks in the order in which they should be given to super-resolution: the one that covers most first,
    because the result lies on its field of view; of equal ones the finest first. `thickness_mm` of the slices of each,
    as far as it is known."""
    shares, known = coverage(grids), list(thickness_mm) or [None] * len(grids)
    layouts = [_layout(number, grid, known[number], shares[number]) for number, grid in enumerate(grids)]
    return sorted(layouts, key=lambda stack: (-round(stack.coverage, 1), stack.in_plane_mm * stack.thickness_mm))


def _layout(number: int, grid: Grid, known_mm: float | None, share: float) -> StackLayout:
    axis = guess_slice_axis(grid)
    distance = slice_distance(grid, axis)
    in_plane = min(grid.spacing[a] for a in range(3) if a != axis)
    plane, tilt = nearest_plane(slice_normal(grid, axis))
    return StackLayout(
        number=number,
        slice_axis=axis,
        slices=int(grid.size_ijk[axis]),
        distance_mm=distance,
        thickness_mm=known_mm or distance,
        thickness_is_known=known_mm is not None,
        in_plane_mm=float(in_plane),
        plane=plane,
        tilt_degrees=tilt,
        coverage=share,
    )


def _thickness_in_header(metadata: dict[str, Any]) -> float | None:
    """mm; what DICOM and NRRD files keep of the acquisition."""
    value = metadata.get("SliceThickness")
    return float(value) if isinstance(value, (int, float)) and 0 < value < 1000 else None


def nearest_plane(normal: np.ndarray) -> tuple[str, float]:
    """The anatomical plane nearest to slices with this normal (RAS), and the angle between them in degrees."""
    unit = np.asarray(normal, float) / np.linalg.norm(normal)
    cosines = {name: abs(float(unit @ axis)) for name, axis in _PLANES.items()}
    name = max(cosines, key=lambda key: cosines[key])
    return name, float(np.degrees(np.arccos(min(1.0, cosines[name]))))


def coverage(grids: Sequence[Grid]) -> list[float]:
    """The share of the union of the grids' fields of view that each covers, from points on a lattice around all of them
    (an error of a few per cent)."""
    corners = np.concatenate([grid.corners for grid in grids])
    low, high = corners.min(0), corners.max(0)
    step = (high - low).max() / (2 * _PROBES_PER_AXIS)
    size = np.maximum(1, np.ceil((high - low) / step)).astype(int)
    box = Grid.from_parts(size[::-1].tolist(), (high - low) / size, low + (high - low) / size / 2)
    counts, total = np.zeros(len(grids)), 0
    for _, points in box.chunks(_CHUNK):
        inside = np.stack([grid.contains(points) for grid in grids])
        counts += inside.sum(1)
        total += int(inside.any(0).sum())
    return [float(count / total) for count in counts] if total else [1.0] * len(grids)
