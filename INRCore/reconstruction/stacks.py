"""Stacks: checked input volumes, each with its forward model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..comparison import on_grid
from ..errors import InputError
from ..geometry import Grid
from ..settings import require
from ..volume import Volume
from .baseline import CubicSpline, without_gaps
from .lattice_operators import SliceGeometry
from .settings import SLICE_AXIS_NAMES, SuperResolutionSettings
from .slice_profile import SliceProfile
from .slices import guess_slice_axis, slice_distance

_LARGEST_VALUE = 1e30
_MOST_NODES = 32
_PROBES = 20_000
_FEWEST_PROBES = 50
_LEAST_CORRELATION, _LEAST_CORRELATION_IN_MOTION = 0.5, 0.15
_FEW_SLICES = 0.25


@dataclass(frozen=True, eq=False)
class Stack:
    """One stack of slices, ready to be fitted to.

    values: (k, j, i) float32 on the first stack's intensity scale, gaps filled; numbers: the voxels (C order) that were
    measured, None for all; forward: how they came about; slice_axis 0, 1, 2 for i, j, k; thickness_mm of the slices;
    finest_mm: smallest spacing within the slices.
    """

    volume: Volume
    values: np.ndarray
    numbers: np.ndarray | None
    forward: SliceProfile
    slice_axis: int
    thickness_mm: float
    finest_mm: float

    @property
    def grid(self) -> Grid:
        return self.volume.grid

    @property
    def measured_count(self) -> int:
        return self.values.size if self.numbers is None else len(self.numbers)

    @property
    def geometry(self) -> SliceGeometry:
        """How the slices lie, for the operators of a lattice."""
        model = self.forward
        return SliceGeometry(self.grid, self.slice_axis, self.thickness_mm, model.profile, model.pixel_area)

    def measured(self) -> np.ndarray:
        """The measured voxels' values, one after the other."""
        return self.values.ravel() if self.numbers is None else self.values.ravel()[self.numbers]

    def notes(self) -> list[str]:
        """Lines for the user on how the stack was understood."""
        label, count = self.volume.label, self.grid.size_ijk[self.slice_axis]
        lines = [
            f"{label}: {count} slices along {'ijk'[self.slice_axis]}, {self.thickness_mm:.4g} mm thick, "
            f"{self.finest_mm:.4g} mm in plane."
        ]
        if slice_distance(self.grid, self.slice_axis) < 1.2 * self.finest_mm:
            lines.append(f"{label} is nearly isotropic: there is little to gain beyond undoing its slice profile.")
        in_plane = [int(self.grid.size_ijk[a]) for a in range(3) if a != self.slice_axis]
        if np.allclose(self.grid.spacing, 1) and count < _FEW_SLICES * min(in_plane):
            lines.append(
                f"{label} has {count} slices of {in_plane[0]} x {in_plane[1]} pixels and 1 mm in every direction: its "
                "header may lack the spacing. Set it (Volumes module, Volume information) if the slices are thicker."
            )
        missing = self.values.size - self.measured_count
        if missing:
            lines.append(f"{label}: {missing} voxels that are not numbers, or outside of the mask, take no part.")
        return lines


def prepare_stacks(
    volumes: list[Volume], settings: SuperResolutionSettings, masks: Sequence[Volume] = ()
) -> tuple[list[Stack], list[str]]:
    """The stacks and lines for the user on how they were understood. `masks` (any grid, nonzero: the slices count
    there): none, one for all stacks, or one for each.

    Stacks after the first are brought to its intensities by mean and standard deviation where both were measured.
    Raises `InputError` for volumes without slices across, of extreme values, or that do not belong together.
    """
    require(len(volumes) > 0, "There is no volume to super-resolve; give at least one stack of slices.")
    require(
        len(masks) in (0, 1, len(volumes)),
        f"There are {len(masks)} masks for {len(volumes)} stacks; give one mask for all of them, or one for each.",
    )
    own: list[Volume | None] = [*masks] * (len(volumes) if len(masks) == 1 else 1)
    own = own or [None] * len(volumes)
    stacks = [_prepare(volume, settings, mask) for volume, mask in zip(volumes, own, strict=True)]
    notes = [line for stack in stacks for line in stack.notes()]
    if len(stacks) > 1:
        first = CubicSpline(stacks[0].values, stacks[0].grid)
        for number in range(1, len(stacks)):
            least = _LEAST_CORRELATION if settings.motion == "none" else _LEAST_CORRELATION_IN_MOTION
            stacks[number], lines = _matched(stacks[number], stacks[0], first, least)
            notes += lines
    return stacks, notes


def _prepare(volume: Volume, settings: SuperResolutionSettings, region: Volume | None = None) -> Stack:
    low, high = volume.finite_range()
    require(
        max(abs(low), abs(high)) <= _LARGEST_VALUE,
        f"{volume.label} has values as large as {max(abs(low), abs(high)):.3g}; rescale its intensities first.",
    )
    axis = _slice_axis(volume, settings.slice_axis)
    size = volume.grid.size_ijk
    finest = min(volume.grid.spacing[a] for a in range(3) if a != axis and size[a] > 1)
    thickness = settings.slice_thickness_mm or slice_distance(volume.grid, axis)
    nodes = int(np.clip(np.ceil(1.5 * thickness / finest), 3, _MOST_NODES))
    forward = SliceProfile(volume.grid, axis, thickness, settings.profile, nodes, settings.pixel_area)
    mask = volume.finite_mask()
    if region is not None:
        inside = on_grid(region.with_array((region.array != 0).astype(np.uint8)), volume.grid) > 0.5
        mask = inside if mask is None else mask & inside
        require(
            bool(mask.any()),
            f"The mask {region.label} leaves nothing of {volume.label}; give one of the same region, nonzero where the "
            "slices count.",
        )
    numbers = None if mask is None else np.flatnonzero(mask)
    return Stack(volume, without_gaps(volume), numbers, forward, axis, thickness, float(finest))


def _slice_axis(volume: Volume, name: str) -> int:
    """The axis across the slices (0, 1, 2 for i, j, k); checks that there are slices along it."""
    grid, size = volume.grid, volume.grid.size_ijk
    axis = guess_slice_axis(grid) if name == "auto" else SLICE_AXIS_NAMES[1:].index(name)
    if size[axis] < 2:
        raise InputError(
            f"{volume.label} has only one slice along {'ijk'[axis]} ({grid.describe()}); one slice cannot be "
            "super-resolved. Give a stack of slices, or set slice_axis to another axis."
        )
    if max(size[a] for a in range(3) if a != axis) < 2:
        raise InputError(f"{volume.label} is a single line of voxels; super-resolution needs slices of several pixels.")
    return axis


def _matched(stack: Stack, first: Stack, first_spline: CubicSpline, least: float) -> tuple[Stack, list[str]]:
    """The stack on the first one's intensity scale. Mean and standard deviation are compared, not a regression: both
    stacks are blurred, along different axes, so that a regression's slope would come out too small."""
    numbers = np.linspace(0, stack.values.size - 1, min(_PROBES, stack.values.size)).astype(np.int64)
    k, j, i = np.unravel_index(numbers, stack.grid.shape)
    points = stack.grid.index_to_world(np.stack([i, j, k], -1))
    both = first.grid.contains(points)
    if both.sum() < _FEWEST_PROBES:
        raise InputError(
            f"{stack.volume.label} and {first.volume.label} hardly overlap in space; give stacks of the same region."
        )
    own, others = stack.values.ravel()[numbers[both]].astype(np.float64), first_spline(points[both]).astype(np.float64)
    if min(own.std(), others.std()) == 0:
        return stack, []
    correlation = float(np.corrcoef(own, others)[0, 1])
    if correlation < least:
        raise InputError(
            f"{stack.volume.label} does not look like {first.volume.label} where both were measured (correlation "
            f"{correlation:.2f}); stacks must show one contrast and lie where their headers say. Look for motion "
            "(the setting motion: 'stacks' or 'slices'), correct the header, or leave it out."
        )
    scale = others.std() / own.std()
    shift = others.mean() - scale * own.mean()
    line = f"{stack.volume.label}: intensities matched to the first stack (times {scale:.4g}, plus {shift:.4g})."
    return replace(stack, values=(stack.values * scale + shift).astype(np.float32)), [line]
