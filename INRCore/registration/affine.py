"""Rigid and affine alignment before the deformation, through SimpleITK.

Mattes mutual information (Mattes et al., IEEE TMI 22(1), 2003), coarse to fine, from the best of three starts: the
positions in the files, the centres of the fields of view, and the centres of mass laid on each other. Matrices are LPS
inside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..geometry import LPS_FROM_RAS, Grid
from .images import PreparedImage
from .pyramid import smoothed

if TYPE_CHECKING:
    import SimpleITK

_LEVELS = (4.0, 2.0, 1.0, 0.5)
_MOST_VOXELS = 1_000_000
_SAMPLES = 50_000
_ITERATIONS = 200


@dataclass(frozen=True, eq=False)
class _Image:
    """One image at one resolution; mask (k, j, i) bool or None: everywhere."""

    values: np.ndarray
    grid: Grid
    mask: np.ndarray | None

    @classmethod
    def of(cls, image: PreparedImage, sigma_mm: float) -> _Image:
        values, grid = smoothed(image.values, image.grid, sigma_mm, image.finite)
        if image.usable is None:
            return cls(values, grid, None)
        mask = smoothed(image.usable.astype(np.float32), image.grid, sigma_mm)[0] > 0.5
        return cls(values, grid, mask if mask.any() else None)

    @property
    def center_of_mass(self) -> np.ndarray:
        """RAS mm."""
        k, j, i = ndimage.center_of_mass(self.values + 1e-6 * (self.values.max() + 1))
        return self.grid.index_to_world(np.array([i, j, k]))


def align_steps(
    fixed: PreparedImage,
    moving: PreparedImage,
    kind: str,
    seed: int = 0,
    control: Control | None = None,
    start: np.ndarray | None = None,
) -> Steps[np.ndarray]:
    """Yields progress and returns the 4x4 RAS matrix that takes fixed to moving points; `kind` is 'rigid' or 'affine';
    `start`: a matrix to start from instead of looking for one.

    Raises `InputError` when no start brings the images to overlap. When stopped, returns the matrix found so far.
    """
    control = control or Control()
    fov = float((fixed.grid.size_ijk * fixed.grid.spacing).prod())
    base = max(float(fixed.grid.spacing.min()), (fov / _MOST_VOXELS) ** (1 / 3))
    jobs = [("rigid", scale) for scale in _LEVELS] + [("affine", scale) for scale in _LEVELS[1:] if kind == "affine"]
    matrix = np.eye(4)
    if start is not None:
        jobs = [(kind, scale) for scale in _LEVELS]
        matrix = LPS_FROM_RAS @ (start if kind == "affine" else _nearest_rigid(start, fixed.grid)) @ LPS_FROM_RAS
    for number, (model, scale) in enumerate(jobs):
        yield Progress("align", number, len(jobs))
        if control.stopped:
            break
        pair = _Image.of(fixed, scale * base), _Image.of(moving, scale * base)
        try:
            starts = _starts(*pair) if number == 0 and start is None else [matrix]
            found = [_optimised(*pair, model, one, scale * base, seed, control) for one in starts]
        except RuntimeError as error:
            raise InputError(
                f"The initial {kind} alignment failed ({str(error).strip().splitlines()[-1]}); check that both images "
                "show the same body part, or choose initial = 'none'."
            ) from error
        matrix = min(found, key=lambda result: result[1])[0]
    return LPS_FROM_RAS @ matrix @ LPS_FROM_RAS


def _nearest_rigid(matrix: np.ndarray, grid: Grid) -> np.ndarray:
    """The rigid RAS matrix with the nearest rotation (polar decomposition) that moves the grid's centre alike."""
    u, _, v = np.linalg.svd(matrix[:3, :3])
    rigid = np.eye(4)
    rigid[:3, :3] = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
    rigid[:3, 3] = (matrix[:3, :3] - rigid[:3, :3]) @ grid.center + matrix[:3, 3]
    return rigid


def _starts(fixed: _Image, moving: _Image) -> list[np.ndarray]:
    """LPS matrices to start from; those that bring the images to overlap."""
    shifts = [np.zeros(3), moving.grid.center - fixed.grid.center, moving.center_of_mass - fixed.center_of_mass]
    starts = []
    for shift in shifts:
        start = np.eye(4)
        start[:3, 3] = LPS_FROM_RAS[:3, :3] @ shift
        if _overlap(fixed, moving, start) > 0.1:
            starts.append(start)
    return starts


def _overlap(fixed: _Image, moving: _Image, matrix: np.ndarray) -> float:
    """Share of the fixed field of view that lands inside the moving one."""
    points = fixed.grid.points()[:: max(1, fixed.grid.voxel_count // 20_000)]
    ras = LPS_FROM_RAS @ matrix @ LPS_FROM_RAS
    return float(moving.grid.contains(points @ ras[:3, :3].T + ras[:3, 3]).mean())


def _optimised(
    fixed: _Image, moving: _Image, model: str, start: np.ndarray, step_mm: float, seed: int, control: Control
) -> tuple[np.ndarray, float]:
    """The LPS matrix after one optimisation and its score (smaller is better)."""
    import SimpleITK

    method = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    if fixed.mask is not None:
        method.SetMetricFixedMask(_itk_image(fixed.mask.astype(np.uint8), fixed.grid))
    if moving.mask is not None:
        method.SetMetricMovingMask(_itk_image(moving.mask.astype(np.uint8), moving.grid))
    share = _SAMPLES / (fixed.values.size if fixed.mask is None else max(1, int(fixed.mask.sum())))
    if share < 1:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(share, seed % 2**31 + 1)  # 0 would mean the clock
    method.SetNumberOfWorkUnits(1)  # threads add up in another order each time, and a seed should repeat a run
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        step_mm, step_mm * 1e-3, _ITERATIONS, relaxationFactor=0.8, gradientMagnitudeTolerance=1e-8
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.AddCommand(SimpleITK.sitkIterationEvent, lambda: method.StopRegistration() if control.stopped else None)
    transform = _transform(model, LPS_FROM_RAS[:3, :3] @ fixed.grid.center, start)
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(_itk_image(fixed.values, fixed.grid), _itk_image(moving.values, moving.grid))
    matrix = _matrix(transform)
    # Mutual information alone may prefer a small overlap.
    return matrix, method.GetMetricValue() * _overlap(fixed, moving, matrix)


def _itk_image(array: np.ndarray, grid: Grid) -> SimpleITK.Image:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(grid.spacing.tolist())
    image.SetOrigin(grid.lps_affine[:3, 3].tolist())
    image.SetDirection((grid.lps_affine[:3, :3] / grid.spacing).ravel().tolist())
    return image


def _transform(
    model: str, center_lps: np.ndarray, matrix: np.ndarray
) -> SimpleITK.Euler3DTransform | SimpleITK.AffineTransform:
    """ITK transform about a centre: y = M (x - c) + c + t."""
    import SimpleITK

    transform = SimpleITK.Euler3DTransform() if model == "rigid" else SimpleITK.AffineTransform(3)
    transform.SetCenter(center_lps.tolist())
    transform.SetMatrix(matrix[:3, :3].ravel().tolist())
    transform.SetTranslation((matrix[:3, :3] @ center_lps + matrix[:3, 3] - center_lps).tolist())
    return transform


def _matrix(transform: SimpleITK.Euler3DTransform | SimpleITK.AffineTransform) -> np.ndarray:
    """4x4 LPS matrix of an ITK transform about a centre."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(transform.GetMatrix(), (3, 3))
    center = np.array(transform.GetCenter())
    matrix[:3, 3] = center + transform.GetTranslation() - matrix[:3, :3] @ center
    return matrix
