"""Motion between stacks: every stack laid rigidly onto the first."""

from __future__ import annotations

import numpy as np

from ..fitting import Progress
from ..fitting.progress import Steps
from ..registration.affine import align_steps
from ..registration.images import prepare_image
from ..volume import Volume
from .baseline import CubicSpline
from .motion import StackInMotion
from .slice_registration import SlicePixels, blurred_along, register_slices

_GAUSS_NEWTON_STEPS = 12
_MOST_VOXELS = 2_000_000


def align_stacks_steps(stacks: list[StackInMotion], are_rigid: bool, seed: int = 0) -> Steps[list[StackInMotion]]:
    """Every stack after the first laid rigidly onto the first: by mutual information (SimpleITK), which finds it from
    afar. If the stacks `are_rigid`, whose slices did not move against each other, then also by squared differences,
    from there and from where the header says; the start that ends with the smaller difference counts.

    Mutual information compares slices that are thick along different axes, and is off by up to a millimetre; for the
    squared differences each of the two is blurred as the other one is.
    """
    images = [prepare_image(_volume(stack), _mask(stack), "stack") for stack in stacks]
    aligned = [stacks[0]]
    for number, stack in enumerate(stacks[1:], 1):
        to_stack = yield from align_steps(images[0], images[number], "rigid", seed, start=np.eye(4))
        pose = np.linalg.inv(to_stack)
        if are_rigid:
            pose = _refined(stack, stacks[0], [pose, np.eye(4)])
        aligned.append(stack.with_poses(pose @ stack.poses))
        yield Progress("motion", number, len(stacks) - 1)
    return aligned


def _refined(stack: StackInMotion, first: StackInMotion, starts: list[np.ndarray]) -> np.ndarray:
    """4x4: of the poses that squared differences lead to, the one where they are least."""
    geometry = stack.geometry
    grid = first.geometry.grid
    lattice = grid.with_spacing(float(min(grid.spacing.min(), geometry.grid.spacing.min()))).coarsened(_MOST_VOXELS)
    spline = CubicSpline(_volume(first).array, grid)
    seen = blurred_along(spline(lattice.points()).reshape(lattice.shape), lattice, geometry)
    blurred = blurred_along(_volume(stack).array, geometry.grid, first.geometry)
    pixels = SlicePixels.of(geometry, np.ascontiguousarray(geometry.slices_first(blurred)), stack.weights)
    found = [register_slices(pixels.as_one(), seen, lattice, start[None], _GAUSS_NEWTON_STEPS) for start in starts]
    poses, _ = min(found, key=lambda pair: float(pair[1][0]))
    return poses[0]


def _volume(stack: StackInMotion) -> Volume:
    return Volume(np.ascontiguousarray(stack.geometry.slices_back(stack.values)), stack.geometry.grid, name="stack")


def _mask(stack: StackInMotion) -> Volume:
    weighed = stack.geometry.slices_back(stack.weights > 0)
    return Volume(np.ascontiguousarray(weighed).astype(np.uint8), stack.geometry.grid)
