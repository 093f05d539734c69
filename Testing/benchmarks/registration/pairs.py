"""The pairs: synthetic ones, whose map is known at every point, and real ones.

A synthetic pair is one image seen twice: fixed(x) = image(phi(x)) and moving(y) = image(y), both taken from the image
at its own resolution, so that phi takes fixed to moving points with no inversion and no error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import ndimage

from INRCore.demo.cases import coarser
from INRCore.foreground import foreground
from INRCore.geometry import Grid
from INRCore.io import read_volume
from INRCore.volume import Volume

from .bodies import ct_body
from .breathing import lungs_of, make_breathing
from .labels import mirrored_labels, tissues
from .warps import Map, SmoothWarp, volume_change

_CHUNK = 1 << 20
Warps = tuple[tuple[float, float, int], ...]
"""Lattice spacing in mm, longest displacement in mm and seed of smooth random warps, one after the other."""
_HEAD_WARPS: Warps = ((70.0, 11.0, 11), (32.0, 3.0, 12))
_MOVING_SHIFT_VOXELS = np.array([0.37, -0.29, 0.41])


@dataclass(frozen=True, eq=False)
class Pair:
    """fixed, moving: float32 volumes; body: (k, j, i) bool of the fixed voxels that count; truth: the map from fixed to
    moving points or None; start: how the methods' common start is found, 'none', 'rigid' or 'affine'; multimodal:
    whether contrasts differ; labels: two label volumes of corresponding labels, or None; about: one line."""

    fixed: Volume
    moving: Volume
    body: np.ndarray
    start: str
    about: str
    truth: Map | None = None
    multimodal: bool = False
    labels: tuple[Volume, Volume] | None = field(default=None)


# -- synthetic truth ---------------------------------------------------------------------------------------------------
def chest_breathing(data: Path, spacing_mm: float) -> Pair:
    """Chest CT: sliding, up to 25 mm at the diaphragm; lungs get denser as they shrink; noise of 25 HU."""
    image = source(data / "ct_chest.nrrd", spacing_mm)
    phi = make_breathing(image)
    lungs = lungs_of(image)
    fine = _smoothed(image, spacing_mm)
    # The lower 12 mm of the fixed view show what comes from outside the scan.
    cut = int(np.ceil(12 / image.grid.spacing[2]))
    fixed_grid = image.grid.cropped((0, 0, cut), tuple(image.grid.size_ijk)).with_spacing(_at_least(image, spacing_mm))
    fixed, points = _seen_through(fine, fixed_grid, phi), fixed_grid.points()
    moved = phi(points)
    lung = _values(Volume(lungs.array.astype(np.float32), lungs.grid), moved, 1).reshape(fixed.shape) > 0.5
    denser = np.clip(volume_change(phi, points), 0.2, 3).reshape(fixed.shape)
    fixed = np.where(lung, (fixed + 1000) * denser - 1000, fixed)
    moving_grid = _shifted(image.grid.with_spacing(_at_least(image, spacing_mm)))
    moving = _seen_through(fine, moving_grid, lambda x: x)
    body = ct_body(image)
    return Pair(
        _noisy(fixed, fixed_grid, 25, 1), _noisy(moving, moving_grid, 25, 2),
        _body_seen(body, image.grid, moving_grid, fixed_grid, phi), "none", truth=phi,
        about="chest CT, breathing: diaphragm 25 mm, sliding at the ribs, lung density, noise",
    )  # fmt: skip


def head_smooth(data: Path, spacing_mm: float) -> Pair:
    """Oblique T1: smooth random warp, at most 12 mm; noise."""
    image = source(data / "mr_t1_submm_oblique.nrrd", spacing_mm)
    return warped_pair(image, image, spacing_mm, "T1, smooth random warp to 12 mm, noise")


def ms_t2(data: Path, spacing_mm: float) -> Pair:
    """One patient's T1 (moving) and warped T2 (fixed)."""
    return _ms(data, "T2", spacing_mm)


def ms_flair(data: Path, spacing_mm: float) -> Pair:
    """One patient's T1 (moving) and warped FLAIR (fixed)."""
    return _ms(data, "FLAIR", spacing_mm)


def _ms(data: Path, contrast: str, spacing_mm: float) -> Pair:
    folder = data / "ms_patient26"
    other, t1 = (source(folder / f"{name}.nii.gz", spacing_mm) for name in (contrast, "T1"))
    return warped_pair(other, t1, spacing_mm, f"warped {contrast} (fixed) and T1 (moving) of one patient", True)


def warped_pair(
    seen: Volume,
    other: Volume,
    spacing_mm: float,
    about: str,
    multimodal: bool = False,
    warps: Warps = _HEAD_WARPS,
    body: np.ndarray | None = None,
) -> Pair:
    """fixed(x) = seen(phi(x)), moving(y) = other(y), with phi of two smooth random warps, one after the other. body:
    (k, j, i) bool of `seen`; None: its foreground."""
    body = foreground(seen) if body is None else body
    points = seen.grid.points()[np.flatnonzero(body)[::97]]
    low, high = seen.grid.corners.min(0), seen.grid.corners.max(0)
    coarse, fine = (
        SmoothWarp.random(low, high, spacing, seed).scaled(points, largest) for spacing, largest, seed in warps
    )

    def phi(x: np.ndarray) -> np.ndarray:
        return fine(coarse(x))

    fixed_grid = seen.grid.with_spacing(_at_least(seen, spacing_mm))
    moving_grid = _shifted(other.grid.with_spacing(_at_least(other, spacing_mm)))
    fixed = _seen_through(_smoothed(seen, spacing_mm), fixed_grid, phi)
    moving = _seen_through(_smoothed(other, spacing_mm), moving_grid, lambda x: x)
    return Pair(
        _noisy(fixed, fixed_grid, 0.02 * np.percentile(fixed, 99), 1),
        _noisy(moving, moving_grid, 0.02 * np.percentile(moving, 99), 2),
        _body_seen(body, seen.grid, moving_grid, fixed_grid, phi),
        "affine", truth=phi, multimodal=multimodal, about=about,
    )  # fmt: skip


def source(path: Path, spacing_mm: float) -> Volume:
    """The image at half the spacing asked for, which is fine enough to be seen through a map, or at its own."""
    return coarser(read_volume(path), spacing_mm / 2)


def _at_least(volume: Volume, spacing_mm: float) -> list[float]:
    return np.maximum(volume.grid.spacing, spacing_mm).tolist()


def _smoothed(volume: Volume, spacing_mm: float) -> Volume:
    """The image at its own voxels without the detail that larger voxels cannot show."""
    sigma = np.sqrt(np.maximum(np.array(_at_least(volume, spacing_mm)) ** 2 / volume.grid.spacing**2 - 1, 0)) * 0.42
    return volume.with_array(ndimage.gaussian_filter(volume.as_float32(), sigma[::-1]))


def _shifted(grid: Grid) -> Grid:
    """The grid a part of a voxel further on: no method may profit from lattices that fall together."""
    affine = grid.ijk_to_world.copy()
    affine[:3, 3] = grid.index_to_world(_MOVING_SHIFT_VOXELS)
    return Grid(grid.shape, affine)


def _seen_through(volume: Volume, grid: Grid, mapping: Map, order: int = 3) -> np.ndarray:
    """(k, j, i) float32: volume(mapping(x)) at the voxel centres of `grid`."""
    low, high = volume.finite_range()
    array = ndimage.spline_filter(volume.array, order, output=np.float32) if order > 1 else volume.array
    source = volume.with_array(array)
    result = np.empty(grid.voxel_count, np.float32)
    for part, points in grid.chunks(_CHUNK):
        result[part] = _values(source, mapping(points), order, prefilter=False)
    return np.clip(result, low, high).reshape(grid.shape)


def _values(volume: Volume, points: np.ndarray, order: int, prefilter: bool = True) -> np.ndarray:
    index = volume.grid.world_to_index(points)
    return ndimage.map_coordinates(volume.array, index.T[::-1], order=order, mode="nearest", prefilter=prefilter)


def _noisy(values: np.ndarray, grid: Grid, sigma: float, seed: int) -> Volume:
    noise = np.random.default_rng(seed).normal(0, sigma, values.shape)
    return Volume((values + noise).astype(np.float32), grid)


def _body_seen(body: np.ndarray, source: Grid, moving: Grid, fixed: Grid, phi: Map) -> np.ndarray:
    """(k, j, i) bool: fixed voxels whose true place is in the body and in the moving field of view."""
    image = Volume(body.astype(np.float32), source)
    result = np.zeros(fixed.voxel_count, bool)
    for part, points in fixed.chunks(_CHUNK):
        moved = phi(points)
        result[part] = (_values(image, moved, 1) > 0.5) & moving.contains(moved)
    return result.reshape(fixed.shape)


# -- real --------------------------------------------------------------------------------------------------------------
def two_patients(data: Path, spacing_mm: float) -> Pair:
    """T1 of two patients in one space; labels are tissues found by intensity in each image."""
    fixed = real(data / "ms_patient07_T1.nii.gz", spacing_mm)
    moving = real(data / "ms_patient26/T1.nii.gz", spacing_mm)
    return Pair(
        fixed, moving, foreground(fixed), "affine", labels=(tissues(fixed), tissues(moving)),
        about="T1 of two patients; Dice of tissue classes found by intensity",
    )  # fmt: skip


def follow_up(data: Path, spacing_mm: float) -> Pair:
    """T1 of two visits of one patient, thick slices."""
    fixed = real(data / "ms_longitudinal/study1_T1W.nii.gz", spacing_mm)
    moving = real(data / "ms_longitudinal/study2_T1W.nii.gz", spacing_mm)
    return Pair(fixed, moving, foreground(fixed), "affine", about="T1 of two visits of one patient, 3 mm slices")


def head_positions(data: Path, spacing_mm: float) -> Pair:
    """One head, supine and prone."""
    folder = data / "head_positions"
    fixed = real(folder / "mr_decubitus_HFS.nrrd", spacing_mm)
    moving = real(folder / "mr_decubitus_HFP.nrrd", spacing_mm)
    return Pair(fixed, moving, foreground(fixed), "affine", about="one head supine and prone: rigid motion, bent neck")


def abdomen_mirrored(data: Path, spacing_mm: float) -> Pair:
    """Abdominal CT against its mirror image: labels of the left side lie on those of the right one."""
    folder = data / "ct_abdomen"
    image = real(folder / "ct.nii.gz", spacing_mm)
    labels = coarser(read_volume(folder / "ct_ts_example_seg_fast_force_split.nii.gz"), spacing_mm, order=0)
    fixed_labels, moving_labels = mirrored_labels(labels)
    moving = image.with_array(np.ascontiguousarray(image.array[:, :, ::-1]))
    return Pair(
        image, moving, ct_body(image), "affine", labels=(fixed_labels, moving_labels),
        about="abdominal CT and its mirror image; Dice of paired bones, muscles and kidneys",
    )  # fmt: skip


def real(path: Path, spacing_mm: float) -> Volume:
    volume = coarser(read_volume(path), spacing_mm)
    return volume.with_array(volume.as_float32())


PAIRS: dict[str, Callable[[Path, float], Pair]] = {
    "chest_breathing": chest_breathing,
    "head_smooth": head_smooth,
    "ms_t2": ms_t2,
    "ms_flair": ms_flair,
    "two_patients": two_patients,
    "follow_up": follow_up,
    "head_positions": head_positions,
    "abdomen_mirrored": abdomen_mirrored,
}
