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
from .bias import BiasField, find_bias
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
_LEAST_NEGATIVE = 0.02
_SOME_AXES = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2))
_CLEARLY_BETTER, _REST_SHARE = 0.02, 0.5
"""A header is doubted when the stack agrees so much more turned, and so little of the disagreement is left."""


@dataclass(frozen=True, eq=False)
class Stack:
    """One stack of slices, ready to be fitted to.

    values: (k, j, i) float32 on the first stack's intensity scale, gaps filled; numbers: the voxels (C order) that were
    measured, None for all; forward: how they came about; slice_axis 0, 1, 2 for i, j, k; thickness_mm of the slices;
    finest_mm: smallest spacing within the slices; bias: the smooth factor that was taken away from the values.
    """

    volume: Volume
    values: np.ndarray
    numbers: np.ndarray | None
    forward: SliceProfile
    slice_axis: int
    thickness_mm: float
    finest_mm: float
    bias: BiasField | None = None

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

    def bias_field(self) -> Volume:
        """The factor on the brightness that was taken away, on the stack's grid; 1 where there is none."""
        factor = np.ones(self.grid.shape, np.float32) if self.bias is None else self.bias.on(self.grid)
        return self.volume.with_array(factor, name=f"{self.volume.name} bias field")

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
        if np.ptp(self.values) == 0:
            lines.append(f"{label} is constant: there is nothing to be found between its slices.")
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
    if settings.bias != "none":
        stacks, lines = _without_bias(stacks, settings.bias == "n4")
        notes += lines
    if len(stacks) > 1:
        first = CubicSpline(stacks[0].values, stacks[0].grid)
        for number in range(1, len(stacks)):
            least = _LEAST_CORRELATION if settings.motion == "none" else _LEAST_CORRELATION_IN_MOTION
            stacks[number], lines = _matched(stacks[number], stacks[0], first, least)
            notes += lines
    return stacks, notes


def _without_bias(stacks: list[Stack], with_n4: bool) -> tuple[list[Stack], list[str]]:
    require(
        with_n4 or len(stacks) > 1,
        "One stack alone does not tell its bias field from the tissue; set bias to 'n4', or give stacks that overlap.",
    )
    for stack in stacks:
        require(
            float(np.percentile(stack.values, 1)) >= -_LEAST_NEGATIVE * float(np.percentile(stack.values, 99)),
            f"{stack.volume.label} has negative values, which no factor explains; set bias to 'none'.",
        )
    fields = find_bias([stack.values for stack in stacks], [stack.grid for stack in stacks], with_n4)
    found, lines = [], []
    for stack, field in zip(stacks, fields, strict=True):
        factor = field.on(stack.grid)
        found.append(replace(stack, values=stack.values / factor, bias=field))
        low, high = np.percentile(factor, (1, 99))
        lines.append(f"{stack.volume.label}: its bias field goes from {low:.2f} to {high:.2f} and was taken away.")
    return found, lines


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
    for each, seen in ((stack, own), (first, others)):
        require(
            seen.std() > 0,
            f"{each.volume.label} is constant where {stack.volume.label} and {first.volume.label} overlap and tells "
            "nothing there; leave it out.",
        )
    correlation = float(np.corrcoef(own, others)[0, 1])
    hint = _turned_header(stack, numbers[both], others, correlation)
    if correlation < least:
        raise InputError(
            f"{stack.volume.label} does not look like {first.volume.label} where both were measured (correlation "
            f"{correlation:.2f}); stacks must show one contrast and lie where their headers say. Look for motion "
            "(the setting motion: 'stacks' or 'slices'), correct the header, or leave it out." + hint
        )
    scale = others.std() / own.std()
    shift = others.mean() - scale * own.mean()
    line = f"{stack.volume.label}: intensities matched to the first stack (times {scale:.4g}, plus {shift:.4g})."
    lines = [line, f"{stack.volume.label}:{hint}"] if hint else [line]
    return replace(stack, values=(stack.values * scale + shift).astype(np.float32)), lines


def _turned_header(stack: Stack, numbers: np.ndarray, others: np.ndarray, correlation: float) -> str:
    """A sentence for the user when the stack, mirrored or with its rows and columns swapped, would fit much better
    than as its header says: what `others` are at the voxels `numbers` is compared; empty when it would not."""
    rows, columns = (axis for axis in range(3) if axis != 2 - stack.slice_axis)
    ways = {"": stack.values}
    if stack.values.shape[rows] == stack.values.shape[columns]:
        ways[" with rows and columns swapped"] = np.swapaxes(stack.values, rows, columns)
    best, words = correlation, ""
    for swapped, values in ways.items():
        for axes in _SOME_AXES:
            seen = np.flip(values, axes).ravel()[numbers]
            agreement = float(np.corrcoef(seen, others)[0, 1]) if seen.std() > 0 else 0.0
            if agreement > best:
                names = " and ".join("kji"[axis] for axis in axes)
                best, words = agreement, (f" mirrored along {names}" if axes else "") + swapped
    if best - correlation < _CLEARLY_BETTER or 1 - best > _REST_SHARE * (1 - correlation):
        return ""
    return f" It would fit better{words} (correlation {best:.2f} instead of {correlation:.2f}): check its header."
