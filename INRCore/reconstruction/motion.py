"""Motion between stacks and between slices: poses and volume in turn, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from .lattice_operators import SliceGeometry
from .least_squares import Measurements, Regularity, solve_steps
from .poses import mean_pose
from .slice_registration import SlicePixels, blurred_along, register_slices
from .stack_operator import operator_of_slices

_COARSE_FACTORS = (2.5, 1.5, 1.0)
_SOLVER_ROUNDS, _SOLVER_STEPS = 1, 6
_GAUSS_NEWTON_STEPS = 4
_VARIATION = 1e-2
_OUTLIER = 4.0
_LEAST_MISFIT = 0.1
_MOST_VOXELS = 4_000_000


@dataclass(frozen=True, eq=False)
class StackInMotion:
    """A stack's slices as motion is looked for: values and weights (slices, rows, columns), poses (slices, 4, 4)."""

    geometry: SliceGeometry
    values: np.ndarray
    weights: np.ndarray
    poses: np.ndarray

    def with_poses(self, poses: np.ndarray) -> StackInMotion:
        return StackInMotion(self.geometry, self.values, self.weights, poses)


@dataclass(frozen=True, eq=False)
class Motion:
    """poses: for each stack (slices, 4, 4); trust: for each stack (slices), 1 for a slice that fits the others, less
    for one that does not, 0 for one that is rejected."""

    poses: list[np.ndarray]
    trust: list[np.ndarray]

    @property
    def rejected(self) -> list[list[int]]:
        """Numbers of the slices that were rejected, stack by stack."""
        return [np.flatnonzero(trust == 0).tolist() for trust in self.trust]


def still(geometry: SliceGeometry) -> np.ndarray:
    """(slices, 4, 4): every slice where the header says."""
    return np.tile(np.eye(4), (geometry.count, 1, 1))


def find_motion_steps(
    stacks: list[StackInMotion], lattice: Grid, rounds: int, device: torch.device, control: Control | None = None
) -> Steps[Motion]:
    """The pose of every slice. In each round the volume is solved from the slices where they are thought to be, and
    every slice is registered to it (slice-to-volume reconstruction: Rousseau et al., Acad. Radiol. 13, 2006; Kuklisova-
    Murgasova et al., MedIA 16, 2012). A stack is laid into the volume of the OTHER stacks, as long as there are any,
    because a volume holds its own slices where they wrongly are.
    """
    control = control or Control()
    trust = [np.ones(len(stack.values)) for stack in stacks]
    plan = [factor for factor in _COARSE_FACTORS for _ in range(rounds)]
    for number, factor in enumerate(plan):
        coarse = lattice.with_spacing(float(lattice.spacing.min()) * factor).coarsened(_MOST_VOXELS)
        found, misfits = [], []
        for index, stack in enumerate(stacks):
            others = [other for other in range(len(stacks)) if other != index] or [index]
            volume = yield from _solved_steps([stacks[n] for n in others], [trust[n] for n in others], coarse, device)
            seen = blurred_along(volume, coarse, stack.geometry)
            pixels = SlicePixels.of(stack.geometry, stack.values, stack.weights)
            poses, misfit = register_slices(pixels, seen, coarse, stack.poses, _GAUSS_NEWTON_STEPS)
            found.append(stack.with_poses(poses))
            misfits.append(misfit / pixels.contrast())
        stacks, trust = found, [_trusted(misfit) for misfit in misfits]
        yield Progress("motion", number + 1, len(plan))
        if control.stopped:
            break
    return Motion(_centred([stack.poses for stack in stacks], [stack.geometry for stack in stacks]), trust)


def _centred(poses: list[np.ndarray], geometries: list[SliceGeometry]) -> list[np.ndarray]:
    """The poses with the motion taken away that all slices share: nothing in the data tells it, and on the whole the
    headers are right."""
    shared = mean_pose(np.concatenate(poses), np.concatenate([geometry.centers() for geometry in geometries]))
    return [np.linalg.inv(shared) @ each for each in poses]


def _solved_steps(
    stacks: list[StackInMotion], trust: list[np.ndarray], lattice: Grid, device: torch.device
) -> Steps[np.ndarray]:
    """(k, j, i): a quick reconstruction."""
    measurements = [
        Measurements(
            operator_of_slices(stack.geometry, lattice, stack.poses, device, quick=True),
            torch.as_tensor(np.ascontiguousarray(stack.values), dtype=torch.float32, device=device),
            torch.as_tensor(stack.weights * each[:, None, None], dtype=torch.float32, device=device),
        )
        for stack, each in zip(stacks, trust, strict=True)
    ]
    start = torch.zeros(lattice.shape, device=device)
    solving = solve_steps(measurements, Regularity(_VARIATION, 0.5), start, _SOLVER_ROUNDS, _SOLVER_STEPS)
    while True:
        try:
            next(solving)
        except StopIteration as end:
            return end.value.cpu().numpy()
        yield Progress("motion", 0, 1)


def _trusted(misfits: np.ndarray) -> np.ndarray:
    """From each slice's misfit as a share of its contrast: 1 for one like the others', 0 far beyond them (Tukey's
    biweight: Beaton & Tukey, Technometrics 16, 1974)."""
    known = misfits[np.isfinite(misfits) & (misfits > 0)]
    if len(known) < 3:
        return np.ones(len(misfits))
    middle = float(np.median(known))
    spread = max(1.4826 * float(np.median(np.abs(known - middle))), _LEAST_MISFIT * middle)
    excess = np.clip((misfits - middle) / (_OUTLIER * spread), 0, 1)
    return (1 - excess**2) ** 2
