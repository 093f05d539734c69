"""From the places of single pictures to one grid, or to a message that says why there is none.

Every slice is placed by its own ImagePositionPatient. The step from slice to slice is fitted through all of them and
need not be at right angles to the slices: a tilted gantry gives a sheared grid, which is exact, where readers that
assume right angles are off by the tilt.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError
from .checks import positive_spacing
from .dicom_header import Picture

_SAME_PLACE_MM = 0.01
_LARGEST_ERROR_MM = 0.1  # headers round positions, some to a tenth of a millimetre
_LARGEST_ERROR_OF_STEP = 0.1
_SAME_DIRECTION = 4e-4  # 0.1 mm at 250 mm


def stack_of(pictures: list[Picture], path: Path, thickness: float) -> tuple[list[list[Picture]], np.ndarray]:
    """Pictures as [frame][k], and the 4x4 (i, j, k, 1) to LPS mm.

    `thickness` (mm, for messages it is the file's) is the k spacing of a single slice. Raises `InputError` when slices
    differ in size or direction, are missing, doubled or unevenly spaced by more than a rounding error.
    """
    _refuse_mixture(pictures, path)
    first = pictures[0]
    rows, columns, spacing, normal = _plane(first, path)
    groups = _group_by_place(pictures, normal)
    _refuse_gaps_in_frames(groups, path)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = rows * spacing[0], columns * spacing[1]
    positions = np.array([group[0].position for group in groups])
    affine[:3, 3], affine[:3, 2] = positions[0], normal * thickness
    if len(groups) > 1:
        affine[:3, 3], affine[:3, 2] = _fit_line(positions, normal, groups, path)
    return [[group[frame] for group in groups] for frame in range(len(groups[0]))], affine


def _refuse_mixture(pictures: list[Picture], path: Path) -> None:
    first = pictures[0]
    for other in pictures:
        if other.position is None or other.rows_axis is None or other.columns_axis is None:
            raise InputError(f"'{other.path}' does not say where it lies (no ImagePositionPatient); leave it out.")
        if other.size != first.size or other.spacing != first.spacing:
            raise InputError(
                f"'{path}': slices of one series differ in size or pixel spacing ('{first.path.name}' and "
                f"'{other.path.name}'); put those that belong together into a folder of their own."
            )
        apart = np.abs(np.r_[other.rows_axis - first.rows_axis, other.columns_axis - first.columns_axis])
        if apart.max() > _SAME_DIRECTION:
            raise InputError(
                f"'{path}': slices of one series have different directions ('{first.path.name}' and "
                f"'{other.path.name}'; a localizer?); put those that belong together into a folder of their own."
            )


def _plane(picture: Picture, path: Path) -> tuple[np.ndarray, np.ndarray, tuple[float, float], np.ndarray]:
    rows, columns = picture.rows_axis, picture.columns_axis
    if rows is None or columns is None or picture.spacing is None:
        raise InputError(f"'{path}' does not say how large its pixels are (no PixelSpacing); the size is unknown.")
    lengths = np.array([np.linalg.norm(rows), np.linalg.norm(columns)])
    if np.abs(lengths - 1).max() > 1e-3 or abs(rows @ columns) > 1e-3:
        raise InputError(f"'{path}': ImageOrientationPatient is not two directions at right angles; copy it again.")
    spacing = (positive_spacing(picture.spacing[0], path), positive_spacing(picture.spacing[1], path))
    return rows, columns, spacing, np.cross(rows, columns) / np.prod(lengths)


def _group_by_place(pictures: list[Picture], normal: np.ndarray) -> list[list[Picture]]:
    """Pictures at the same distance along the normal, each group in the order of its frames, copies left out."""
    unique = list({picture.identifier: picture for picture in pictures}.values())
    depths = [float(normal @ picture.position) for picture in unique]
    groups: list[list[Picture]] = []
    last = -np.inf
    for depth, picture in sorted(zip(depths, unique, strict=True), key=lambda pair: (pair[0], pair[1].order)):
        if depth - last > _SAME_PLACE_MM:
            groups.append([])
        groups[-1].append(picture)
        last = depth
    return [sorted(group, key=lambda picture: picture.order) for group in groups]


def _refuse_gaps_in_frames(groups: list[list[Picture]], path: Path) -> None:
    counts = [len(group) for group in groups]
    if min(counts) != max(counts):
        few, many = groups[int(np.argmin(counts))], groups[int(np.argmax(counts))]
        raise InputError(
            f"'{path}': {len(many)} pictures lie at the place of '{many[0].path.name}' but {len(few)} at that of "
            f"'{few[0].path.name}'; add the missing ones or take out those that are doubled."
        )
    for group in groups:
        places = np.array([picture.position for picture in group])
        if np.linalg.norm(places - places[0], axis=1).max() > _LARGEST_ERROR_MM:
            pair = f"'{group[0].path.name}' and '{group[-1].path.name}'"
            raise InputError(f"'{path}': {pair} lie side by side in one plane; put one of them elsewhere.")


def _fit_line(
    positions: np.ndarray, normal: np.ndarray, groups: list[list[Picture]], path: Path
) -> tuple[np.ndarray, np.ndarray]:
    """Origin and step of the straight, even row of slices through all positions (least squares)."""
    numbers = np.arange(len(positions)) - (len(positions) - 1) / 2
    step = numbers @ positions / (numbers @ numbers)
    origin = positions.mean(0) + numbers[0] * step
    error = np.linalg.norm(positions - origin - np.arange(len(positions))[:, None] * step, axis=1)
    if error.max() <= min(_LARGEST_ERROR_MM, _LARGEST_ERROR_OF_STEP * float(step @ normal)):
        return origin, step
    steps = np.diff(positions @ normal)
    usual, widest = float(np.sort(steps)[(len(steps) - 1) // 2]), int(np.argmax(steps))
    before, after = (groups[widest + n][0].path.name for n in (0, 1))
    gap = f"a gap of {steps[widest]:.4g} mm between '{before}' and '{after}' where others are {usual:.4g} mm apart"
    missing = round(float(steps[widest]) / usual) - 1
    if steps.max() > 1.5 * usual and missing > 0:
        raise InputError(f"'{path}': {gap}; about {missing} slice(s) are missing there: add them.")
    raise InputError(
        f"'{path}': the slices are not evenly spaced in a row ({steps.min():.4g} to {steps.max():.4g} mm apart, up to "
        f"{error.max():.3g} mm off); load the series in Slicer, harden its acquisition transform and save it as NRRD."
    )
