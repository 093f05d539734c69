"""The cases: stacks made from a truth, and stacks with a real truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
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
_ALL_AXES = (2, 1, 0)
_AXIS_NAMES = "ijk"
_FINEST_MM = {"mr_t1_submm": 0.667}
_FOUR_VOXELS_MM = {"mr_t1_submm": 2.68}
"""x4 of a brain whose voxels are not 1 mm."""
_INNER = ", inner part"
_PHANTOM = "ct_phantom, 5 mm against 1 mm"


@dataclass(frozen=True, eq=False)
class Case:
    """stacks to a truth; known: what a method is told; poses: of each stack's slices, where the truth knows them;
    mask: where to measure, None: inside the object; seen: (k, j, i), voxels of the mask that lie in as many slices as
    there are stacks, which without motion all do; voxel_noise: the standard deviation that a scan of the truth's voxels
    would have beyond the truth's own, because noise was added to the slices."""

    name: str
    stacks: list[Volume]
    truth: Volume
    known: dict[str, Any] = field(default_factory=dict)
    poses: list[np.ndarray] | None = None
    mask: np.ndarray | None = None
    seen: np.ndarray | None = None
    voxel_noise: float = 0.0


def simulated(
    folder: Path, brain: str, thickness_mm: float, across: tuple[int, ...], how: Acquisition, crop: int
) -> Case:
    """Slices of about `thickness_mm` made of one brain, a stack across each of these array axes: whole voxels of it;
    the middle `crop` voxels, 0: all."""
    factor = max(2, round(thickness_mm / _finest_mm(brain)))
    how = replace(how, factor=factor)
    truth = _divisible(_middle(read_volume(str(folder / BRAINS[brain])), crop), factor)
    pairs = [acquire(truth, axis, how) for axis in across]
    moved = _moves(how)
    return Case(
        _name(brain, thickness_mm, across, how),
        [stack for stack, _ in pairs],
        truth,
        {"profile": how.profile, "motion": "slices" if moved else ""},
        [poses for _, poses in pairs] if moved else None,
        # A slice is the mean of so many voxels.
        voxel_noise=how.noise * float(np.ptp(truth.array)) * factor**0.5,
    )


def _finest_mm(brain: str) -> float:
    return _FINEST_MM.get(brain, 1.0)


def _moves(how: Acquisition) -> bool:
    return how.motion_mm > 0 or how.motion_degrees > 0


def _name(brain: str, thickness_mm: float, across: tuple[int, ...], how: Acquisition) -> str:
    finest = _finest_mm(brain)
    slices = f"{max(2, round(thickness_mm / finest)) * finest:.3g} mm"
    stacks = f"{len(across)} stack(s)" + (f" across {_AXIS_NAMES[across[0]]}" if across in ((0,), (1,)) else "")
    extras = [f"noise {how.noise:g}"] * (how.noise > 0) + [f"motion {how.motion_mm:g} mm"] * _moves(how)
    return ", ".join([brain, slices, how.profile, stacks, *extras])


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
    return Case(_PHANTOM, [thick], thin, {"profile": "boxcar"})


Plan = tuple[str, float, tuple[int, ...], Acquisition]
"""Brain, thickness in mm, the array axes across which stacks lie, and how slices are taken."""


def all_cases(folder: Path, crop: int, which: str, words: Sequence[str] = ()) -> Iterator[Case]:
    """quick: two; main: the rows of the issue on one thickness, and every thickness of one brain; full: everything.
    Only cases whose names hold all `words` are made."""

    def is_wanted(name: str) -> bool:
        return all(word in name for word in words)

    for plan in _plans(which):
        if is_wanted(_name(*plan)):
            yield simulated(folder, *plan, crop)
    if which == "quick":
        return
    for brain in ("ms_t1",) if which == "main" else tuple(BRAINS):
        moving = Acquisition(motion_mm=1.5, motion_degrees=1.5)
        pair = (brain, 4, _ALL_AXES, Acquisition()), (brain, 4, _ALL_AXES, moving)
        if any(is_wanted(_name(*plan) + _INNER) for plan in pair):
            cases = _still_and_moving(*(simulated(folder, *plan, crop) for plan in pair))
            yield from (case for case in cases if is_wanted(case.name))
    if is_wanted(_PHANTOM):
        yield ct_phantom(folder, crop)


def _plans(which: str) -> Iterator[Plan]:
    plain, gaussian, noisy = Acquisition(), Acquisition(profile="gaussian"), Acquisition(noise=0.02)
    if which == "quick":
        yield from (("ms_t1", 4, across, plain) for across in ((2,), _ALL_AXES))
        return
    profiles = (plain, gaussian) if which == "main" else (plain, gaussian, noisy)
    for brain in BRAINS:
        own = [_FOUR_VOXELS_MM[brain]] if brain in _FOUR_VOXELS_MM else []
        thicknesses = (*own, 4) if which == "main" else (*own, 3, 4, 5, 6)
        yield from product((brain,), thicknesses, ((2,), _ALL_AXES), profiles)
    if which == "main":
        yield from product(("ms_t1",), (3, 5, 6), ((2,), _ALL_AXES), (plain,))
        yield from product(("ms_t1",), (4,), ((2,), _ALL_AXES), (noisy,))
        # The slices of these patients were thick and across k before they were resampled to 1 mm.
        yield from product(("ms_t1", "ms_t2"), (4,), ((0,), (1,)), (plain,))


def _still_and_moving(still: Case, moving: Case) -> Iterator[Case]:
    """Both measured over the same voxels: all, and those which moving slices saw no less often."""
    stacks = zip(moving.stacks, _ALL_AXES, moving.poses or [], strict=True)
    counts = sum(times_seen(moving.truth.grid, stack.grid, axis, poses) for stack, axis, poses in stacks)
    for case in map(_inner, (still, moving)):
        yield replace(case, seen=case.mask & (counts >= len(moving.stacks)))


def _inner(case: Case) -> Case:
    """Measured 8 voxels away from the borders of a crop, beyond which slices that moved show what is not there."""
    mask = np.zeros(case.truth.grid.shape, bool)
    mask[8:-8, 8:-8, 8:-8] = True
    return replace(case, name=case.name + _INNER, mask=mask & foreground(case.truth))


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
