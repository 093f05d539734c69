"""From stacks to voxels: what each stack measures of the lattice, what a prior expects there, the best of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from ..devices import choose_device
from ..errors import InputError
from ..fitting import Control
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .baseline import CubicSpline, SplineMean, without_gaps
from .detail_prior import DetailPrior, learn_steps
from .lattice_operators import SliceGeometry
from .least_squares import Measurements, Regularity, solve_steps, squared_differences
from .motion import Motion, StackInMotion, align_stacks_steps, find_motion_steps, still
from .noise import noise_deviation
from .settings import SuperResolutionSettings
from .slices import slice_normal
from .stack_operator import operator_of_slices, weights_inside
from .stacks import Stack
from .uncertainty import Scan, half_width_steps, halved

_SAME_DIRECTION_DEGREES = 20.0
_LEAST_NOISE = 0.02
"""Standard deviations of the slices: a forward model is never more exact than that."""
_VARIATION, _VARIATION_OF_NOISE = 2e-3, 2.0
_GUIDE_STRENGTH = 1.0
_CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class LatticeSolution:
    """values (k, j, i) in the slices' units on the grid asked for; measurements, in units of `scale` after `offset` was
    taken away; prior: what was learned of the detail, where all slices lie one way; device: for people."""

    values: np.ndarray
    grid: Grid
    measurements: list[Measurements]
    offset: float
    scale: float
    noise: float
    prior: DetailPrior | None
    motion: Motion | None
    half_width: np.ndarray | None
    device: str

    def seen(self, values: np.ndarray) -> list[np.ndarray]:
        """What each stack's scanner would measure of (k, j, i) values on the grid: (slices, rows, columns)."""
        device = self.measurements[0].values.device
        voxels = torch.as_tensor((values - self.offset) / self.scale, dtype=torch.float32, device=device)
        return [each.operator.apply(voxels).cpu().numpy() * self.scale + self.offset for each in self.measurements]

    def unexplained(self, values: np.ndarray) -> list[np.ndarray]:
        """Root mean square difference between each slice of each stack and what would be measured of the values, in the
        slices' units; NaN for slices without measurements."""
        rms = []
        for each, seen in zip(self.measurements, self.seen(values), strict=True):
            weights = (each.weights > 0).cpu().numpy()
            error = (each.values.cpu().numpy() * self.scale + self.offset - seen) * weights
            with np.errstate(invalid="ignore"):
                rms.append(np.sqrt(np.square(error).sum((1, 2)) / weights.sum((1, 2))))
        return rms


def solve_stacks_steps(
    stacks: list[Stack],
    grid: Grid,
    settings: SuperResolutionSettings,
    control: Control | None = None,
    guide: Volume | None = None,
) -> Steps[LatticeSolution]:
    """The lattice that explains the stacks, with edges where the guide, another contrast, has them too. A stop ends
    learning or solving early and keeps what there is."""
    values = np.concatenate([stack.measured() for stack in stacks]).astype(np.float64)
    offset, scale = float(values.mean()), float(values.std()) or 1.0
    choice = choose_device(settings.fit.device)
    weights = [_weights(stack, grid) for stack in stacks]
    motion = None
    if settings.motion != "none":
        motion = yield from _motion_steps(stacks, weights, (offset, scale), grid, settings, choice.device, control)
        weights = [
            weight * trust[:, None, None] * weights_inside(stack.geometry, grid, own)
            for stack, weight, trust, own in zip(stacks, weights, motion.trust, motion.poses, strict=True)
        ]
    poses: list[np.ndarray | None] = [None] * len(stacks) if motion is None else [*motion.poses]
    measurements = [
        Measurements(
            operator_of_slices(stack.geometry, grid, own, choice.device),
            torch.as_tensor(_normalised(stack, offset, scale), device=choice.device),
            torch.as_tensor(weight, dtype=torch.float32, device=choice.device),
        )
        for stack, own, weight in zip(stacks, poses, weights, strict=True)
    ]
    noise = float(np.mean([noise_deviation(m.values.cpu().numpy()) for m in measurements]))
    splines = SplineMean([CubicSpline(stack.values, stack.grid) for stack in stacks])

    def before(count: int) -> Volume:
        return _preview(splines, grid, count)

    priors = []
    if settings.detail and guide is None and one_direction(stacks):
        for stack, measured in zip(stacks, measurements, strict=True):
            prior = yield from learn_steps(
                stack.geometry, measured.values.cpu().numpy(), noise, settings.fit, settings.mirrors, control, before
            )
            priors += [prior] if prior else []
    regularity, start = _regularity(stacks, measurements, priors, grid, noise, guide, choice.device)
    rounds, steps = settings.solver_rounds, settings.solver_steps

    def as_volume(voxels: torch.Tensor, count: int) -> Volume:
        return _preview(CubicSpline(voxels.cpu().numpy() * scale + offset, grid), grid, count)

    voxels = yield from solve_steps(measurements, regularity, start, rounds, steps, control, as_volume)
    half_width = None
    if settings.uncertainty and priors:
        half_width = _mean_on_lattice([(prior.half_width, prior.grid) for prior in priors], grid) * np.float32(scale)
    elif settings.uncertainty:
        scan = Scan(grid, [stack.geometry for stack in stacks], poses, measurements)

        def solve(again: Scan) -> Steps[torch.Tensor]:
            first = _spline_mean(again.geometries, again.measurements, again.grid, choice.device)
            known = regularity if again.grid is grid else replace(regularity, guide=_halved(regularity.guide))
            return solve_steps(again.measurements, known, first, rounds, steps, control)

        missed = yield from half_width_steps(scan, voxels, noise, solve, settings.fit.seed)
        half_width = missed.cpu().numpy() * np.float32(scale)
    return LatticeSolution(
        values=voxels.cpu().numpy() * np.float32(scale) + np.float32(offset),
        grid=grid,
        measurements=measurements,
        offset=offset,
        scale=scale,
        noise=noise,
        prior=priors[0] if priors else None,
        motion=motion,
        half_width=half_width,
        device=choice.reason,
    )


def _preview(function: CubicSpline | SplineMean, grid: Grid, count: int) -> Volume:
    """The function on a coarse grid of about so many voxels."""
    coarse = grid.coarsened(count)
    return Volume(function(coarse.points()).reshape(coarse.shape), coarse, name="preview")


def one_direction(stacks: list[Stack]) -> bool:
    """Whether the slices of all stacks lie one way, so that nobody has seen the detail across them."""
    normals = [slice_normal(stack.grid, stack.slice_axis) for stack in stacks]
    least = np.cos(np.radians(_SAME_DIRECTION_DEGREES))
    return all(abs(float(normals[0] @ normal)) > least for normal in normals)


def _normalised(stack: Stack, offset: float, scale: float) -> np.ndarray:
    """(slices, rows, columns) of mean 0 and deviation 1."""
    return np.ascontiguousarray(stack.geometry.slices_first((stack.values - np.float32(offset)) / np.float32(scale)))


def _weights(stack: Stack, grid: Grid) -> np.ndarray:
    """(slices, rows, columns): 1 for voxels that were measured and lie in the grid."""
    weights = np.zeros(stack.values.size, np.float32)
    weights[slice(None) if stack.numbers is None else stack.numbers] = 1
    for part, points in stack.grid.chunks(_CHUNK):
        weights[part] *= grid.contains(points)
    return np.ascontiguousarray(stack.geometry.slices_first(weights.reshape(stack.grid.shape)))


def _motion_steps(
    stacks: list[Stack],
    weights: list[np.ndarray],
    map_of_values: tuple[float, float],
    grid: Grid,
    settings: SuperResolutionSettings,
    device: torch.device,
    control: Control | None,
) -> Steps[Motion]:
    """Where the slices were, between stacks and, when asked for, between slices."""
    moving = [
        StackInMotion(stack.geometry, _normalised(stack, *map_of_values), weight, still(stack.geometry))
        for stack, weight in zip(stacks, weights, strict=True)
    ]
    moving = yield from align_stacks_steps(moving, settings.fit.seed)
    if settings.motion == "stacks":
        return Motion([stack.poses for stack in moving], [np.ones(len(stack.values)) for stack in moving])
    return (yield from find_motion_steps(moving, grid, settings.motion_rounds, device, control))


def _regularity(
    stacks: list[Stack],
    measurements: list[Measurements],
    priors: list[DetailPrior],
    grid: Grid,
    noise: float,
    guide: Volume | None,
    device: torch.device,
) -> tuple[Regularity, torch.Tensor]:
    """What is known beside the slices, and where to start."""
    if not priors:
        start = _spline_mean([stack.geometry for stack in stacks], measurements, grid, device)
        edges = None if guide is None else _edges_of(guide, grid, device)
        return Regularity(variation=_VARIATION + _VARIATION_OF_NOISE * noise**2, guide=edges), start
    start = torch.as_tensor(_mean_on_lattice([(prior.values, prior.grid) for prior in priors], grid), device=device)
    weight = max(noise, _LEAST_NOISE) ** 2 / np.mean([prior.error**2 for prior in priors])
    return Regularity(expected=start, expected_weight=float(weight)), start


def _edges_of(guide: Volume, grid: Grid, device: torch.device) -> torch.Tensor:
    """(K, J, I): squared differences of a second contrast, in units of its own deviation."""
    if not guide.grid.overlaps(grid):
        raise InputError(f"The guide {guide.label} does not overlap the stacks; give one of the same region, aligned.")
    values = on_lattice(SplineMean([CubicSpline(without_gaps(guide), guide.grid)]), grid)
    return _GUIDE_STRENGTH * squared_differences(torch.as_tensor(values / (values.std() or 1), device=device))


def _halved(guide: torch.Tensor | None) -> torch.Tensor | None:
    return None if guide is None else halved(guide)


def _spline_mean(
    geometries: list[SliceGeometry], measurements: list[Measurements], grid: Grid, device: torch.device
) -> torch.Tensor:
    """(K, J, I): the mean of the cubic B-splines through what was measured."""
    splines = SplineMean([
        CubicSpline(geometry.slices_back(measured.values.cpu().numpy()), geometry.grid)
        for geometry, measured in zip(geometries, measurements, strict=True)
    ])  # fmt: skip
    return torch.as_tensor(on_lattice(splines, grid), device=device)


def _mean_on_lattice(arrays: list[tuple[np.ndarray, Grid]], grid: Grid) -> np.ndarray:
    if len(arrays) == 1 and arrays[0][1].same_as(grid):
        return arrays[0][0]
    return on_lattice(SplineMean([CubicSpline(values, own) for values, own in arrays]), grid)


def on_lattice(function: SplineMean, grid: Grid) -> np.ndarray:
    """(k, j, i) float32: the function at the voxel centres."""
    values = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(_CHUNK):
        values[part] = function(points)
    return values.reshape(grid.shape)
