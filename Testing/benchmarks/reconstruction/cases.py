"""The cases: stacks made from a truth, and stacks with a real truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from INRCore.io import read_volume
from INRCore.registration.images import foreground
from INRCore.volume import Volume

from .acquisition import Acquisition, acquire, times_seen

BRAINS = {
    "mr_t1_submm": "mr_t1_submm_oblique.nrrd",
    "ms_t1": "ms_patient26/T1.nii.gz",
    "ms_t2": "ms_patient26/T2.nii.gz",
    "ms_flair": "ms_patient26/FLAIR.nii.gz",
    "ms_07_t1": "ms_patient07_T1.nii.gz",
}
_ALONG = (2, 1, 0)
_FOUR_VOXELS_MM = {"mr_t1_submm": 2.68}
"""x4 of a brain whose voxels are not 1 mm."""


@dataclass(frozen=True, eq=False)
class Case:
    """stacks to a truth; known: what a method is told; poses: of each stack's slices, where the truth knows them;
    mask: where to measure, None: inside the object; seen: (k, j, i), voxels of the mask that lie in as many slices as
    there are stacks, which without motion all do."""

    name: str
    stacks: list[Volume]
    truth: Volume
    known: dict[str, Any] = field(default_factory=dict)
    poses: list[np.ndarray] | None = None
    mask: np.ndarray | None = None
    seen: np.ndarray | None = None


def simulated(folder: Path, brain: str, thickness_mm: float, orientations: int, how: Acquisition, crop: int) -> Case:
    """Slices of about `thickness_mm` made of one brain: whole voxels of it; the middle `crop` voxels, 0: all."""
    truth = _middle(read_volume(str(folder / BRAINS[brain])), crop)
    finest = float(truth.grid.spacing.min())
    factor = max(2, round(thickness_mm / finest))
    how = Acquisition(factor, how.profile, how.noise, how.motion_mm, how.motion_degrees)
    truth = _divisible(truth, factor)
    pairs = [acquire(truth, axis, how) for axis in _ALONG[:orientations]]
    moved = how.motion_mm > 0 or how.motion_degrees > 0
    extras = [f"noise {how.noise:g}"] * (how.noise > 0) + [f"motion {how.motion_mm:g} mm"] * moved
    name = ", ".join([brain, f"{factor * finest:.3g} mm", how.profile, f"{orientations} stack(s)", *extras])
    return Case(
        name,
        [stack for stack, _ in pairs],
        truth,
        {"profile": how.profile, "motion": "slices" if moved else ""},
        [poses for _, poses in pairs] if moved else None,
    )


def ct_phantom(folder: Path, crop: int) -> Case:
    """A head phantom scanned once, reconstructed at 5 mm and at 1 mm by the scanner."""
    thick, thin = (read_volume(str(folder / f"ct_phantom_{name}.nrrd")) for name in ("thick", "thin"))
    if crop:
        side = 2 * crop  # of half a millimetre
        size = thick.grid.size_ijk
        start = ((size - [side, side, 0]) // 2).tolist()
        stop = [start[0] + side, start[1] + side, int(size[2])]
        start[2] = 0
        thick = thick.cropped(tuple(start), tuple(stop))
        thin = thin.cropped(tuple(start), (stop[0], stop[1], int(thin.grid.size_ijk[2])))
    return Case("ct_phantom, 5 mm against 1 mm", [thick], thin, {"profile": "boxcar"})


def all_cases(folder: Path, crop: int, which: str) -> Iterator[Case]:
    """quick: two; main: the rows of the issue on one thickness, and every thickness of one brain; full: everything."""
    plain, gaussian = Acquisition(), Acquisition(profile="gaussian")
    noisy, moving = Acquisition(noise=0.02), Acquisition(motion_mm=1.5, motion_degrees=1.5)
    if which == "quick":
        yield simulated(folder, "ms_t1", 4, 1, plain, crop)
        yield simulated(folder, "ms_t1", 4, 3, plain, crop)
        return
    profiles = (plain, gaussian) if which == "main" else (plain, gaussian, noisy)
    for brain in BRAINS:
        own = [_FOUR_VOXELS_MM[brain]] if brain in _FOUR_VOXELS_MM else []
        for thickness in (*own, 4) if which == "main" else (*own, 3, 4, 5, 6):
            for orientations in (1, 3):
                for how in profiles:
                    yield simulated(folder, brain, thickness, orientations, how, crop)
    if which == "main":
        for thickness in (3, 5, 6):
            for orientations in (1, 3):
                yield simulated(folder, "ms_t1", thickness, orientations, plain, crop)
        for orientations in (1, 3):
            yield simulated(folder, "ms_t1", 4, orientations, noisy, crop)
    for brain in ("ms_t1",) if which == "main" else tuple(BRAINS):
        yield from _still_and_moving(*(simulated(folder, brain, 4, 3, how, crop) for how in (plain, moving)))
    yield ct_phantom(folder, crop)


def _still_and_moving(still: Case, moving: Case) -> Iterator[Case]:
    """Both measured over the same voxels: all, and those which moving slices saw no less often."""
    stacks = zip(moving.stacks, _ALONG, moving.poses or [], strict=True)
    counts = sum(times_seen(moving.truth.grid, stack.grid, axis, poses) for stack, axis, poses in stacks)
    for case in map(_inner, (still, moving)):
        yield replace(case, seen=case.mask & (counts >= len(moving.stacks)))


def _inner(case: Case) -> Case:
    """Measured 8 voxels away from the borders of a crop, beyond which slices that moved show what is not there."""
    mask = np.zeros(case.truth.grid.shape, bool)
    mask[8:-8, 8:-8, 8:-8] = True
    return replace(case, name=f"{case.name}, inner part", mask=mask & foreground(case.truth))


def _middle(volume: Volume, crop: int) -> Volume:
    if crop == 0:
        return volume
    size = volume.grid.size_ijk
    length = np.minimum(size, np.round(crop / volume.grid.spacing).astype(int))
    start = (size - length) // 2
    return volume.cropped(tuple(start.tolist()), tuple((start + length).tolist()))


def _divisible(volume: Volume, factor: int) -> Volume:
    stop = volume.grid.size_ijk // factor * factor
    return volume.cropped((0, 0, 0), tuple(stop.tolist()))
