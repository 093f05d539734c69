"""What looks wrong about an input though it can be registered: told before the fit, not refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from ..foreground import otsu_threshold
from ..geometry import Grid
from ..volume import Volume
from .agreement import BINS, FOR_ONE_CONTRAST, agreement_of
from .images import PreparedImage
from .landmarks import Landmarks
from .problem import Pair
from .settings import RegistrationSettings

_LITTLE_COMPARED = 0.3
_BEYOND = 0.01
_MOST_VOXELS = 100_000
_CLEARLY_BETTER = 0.2
_FEWEST_POINTS = 300
_AIR = 0.5
_LEAST_RANGE = 1e-3
_LEAST_EXPLAINED = 0.1
_USUALLY_LEFT = 0.9
_LUNG_HU = -500.0
_WORSE = 0.01
_HARDLY_ALIKE = 0.4
"""Correlation about a curve. Measured: pairs of one body part at their start, in one contrast or several, have 0.43 to
0.96; a head on its face and one on its back as filed 0.25, a head and a chest, aligned, 0.26."""


def input_notes(
    pair: Pair, settings: RegistrationSettings, volumes: Sequence[tuple[Volume, Volume]]
) -> tuple[str, ...]:
    """Notes on contrasts that differ (each channel, `volumes` as they were given), on how little of the fixed image
    can be compared, and on a start where the images have nothing or everything in common."""
    notes = [_coverage_note(pair.share_inside), _direction_note(pair) or _start_note(pair, settings)]
    for channel, similarity in enumerate(settings.measures(len(pair.channels))):
        if all(in_hounsfield_units(volume) for volume in volumes[channel]):
            continue
        note = contrast_note(*pair.intensities(channel), similarity)
        notes.append(f"Channel {channel + 1}: {note}" if note and len(pair.channels) > 1 else note)
    return tuple(note for note in notes if note)


def in_hounsfield_units(volume: Volume) -> bool:
    """Whether a hundredth of it at least is darker than anything but a CT's air and lungs."""
    some = volume.array.ravel()[:: max(1, volume.array.size // _MOST_VOXELS)].astype(float)
    some = some[np.isfinite(some)]
    return len(some) > 0 and float(np.percentile(some, 1)) < _LUNG_HU


def volume_notes(volume: Volume, mask: Volume | None, image: PreparedImage, role: str) -> tuple[str, ...]:
    """Notes on one side: voxels that are no numbers, and a mask of another geometry than its image."""
    notes = [] if image.finite is None else [_numbers_note(volume, float(1 - image.finite.mean()), role)]
    if mask is not None and not mask.grid.same_as(volume.grid):
        notes.append(_mask_note(volume, mask, role))
    return tuple(notes)


def _numbers_note(volume: Volume, missing: float, role: str) -> str:
    return (
        f"{100 * missing:.2g} % of the voxels of the {role} image {volume.label} are no numbers (NaN or infinite); "
        "they and what touches them are not compared. If they should count, replace them first."
    )


def _mask_note(volume: Volume, mask: Volume, role: str) -> str:
    beyond = float(1 - volume.grid.contains(some_selected(mask)).mean())
    note = (
        f"The {role} mask {mask.label} has another geometry ({mask.grid.describe()}) than the {role} image "
        f"({volume.grid.describe()}); it was taken where it lies in the patient, by its nearest voxels."
    )
    if beyond < _BEYOND:
        return note
    return f"{note} {100 * beyond:.0f} % of it lies outside the image: check that it was drawn on this one."


def some_selected(mask: Volume) -> np.ndarray:
    """(N, 3) RAS mm of voxels that are not 0, at most a hundred thousand of them, evenly taken."""
    found = np.flatnonzero((mask.array != 0) & np.isfinite(mask.array))
    k, j, i = np.unravel_index(found[:: -(-max(len(found), 1) // _MOST_VOXELS)], mask.grid.shape)
    return mask.grid.index_to_world(np.stack([i, j, k], -1))


def require_on_moving_side(what: str, points: np.ndarray, fixed: Grid, moving: Grid) -> None:
    """Raises `InputError` when all points (N, 3) RAS mm of something that belongs to the moving image lie outside it
    and inside the fixed one."""
    if len(points) and fixed.contains(points).all() and not moving.contains(points).any():
        raise InputError(
            f"The {what} to carry over lie in the fixed image and not in the moving one, to which they should belong: "
            "fixed and moving are swapped, or other ones were meant."
        )


def require_landmarks_in_place(landmarks: Landmarks | None, pair: Pair) -> None:
    """Raises `InputError` when all landmarks lie outside their own image and inside the other one."""
    if landmarks is None:
        return
    sides = ((landmarks.fixed, pair.fixed.grid), (landmarks.moving, pair.moving.grid))
    own = [bool(grid.contains(points).any()) for points, grid in sides]
    other = [bool(grid.contains(points).all()) for (points, _), (_, grid) in zip(sides, sides[::-1], strict=True)]
    if not any(own) and all(other):
        raise InputError(
            "The fixed landmarks lie in the moving image and the moving ones in the fixed image: the images or the "
            "landmarks are swapped; exchange one of the two."
        )


def _coverage_note(share: float) -> str:
    if share >= _LITTLE_COMPARED:
        return ""
    return (
        f"Only {100 * share:.0f} % of the fixed region lies in the moving image; beyond it the map is only continued "
        "smoothly. If the positions in the files are not to be trusted, choose initial = 'rigid'; if the large image "
        "is the one to be warped, exchange fixed and moving."
    )


def _direction_note(pair: Pair) -> str:
    """A start that aligns worse than its inverse does was made for the other direction."""
    there, back = pair.affine, np.linalg.inv(pair.affine)
    if np.allclose(there, back):
        return ""
    values = [pair.intensities(0, affine) for affine in (there, back)]
    found = [agreement_of(a, b, "nmi") for a, b in values]
    if len(values[1][0]) < _FEWEST_POINTS or found[1] < found[0] + _CLEARLY_BETTER:
        return ""
    return (
        "The initial transform seems to point the wrong way: its inverse brings the images together better "
        f"(correlation {found[1]:.2f} instead of {found[0]:.2f}). It has to take fixed to moving points, as Slicer's "
        "transform does that moves the moving volume; exchange fixed and moving, or invert it."
    )


def _start_note(pair: Pair, settings: RegistrationSettings) -> str:
    """A deformable fit finds what is near; from a start where nothing looks alike it bends one thing into another."""
    a, b = pair.intensities(0)
    if len(a) < _FEWEST_POINTS:
        return ""
    if np.array_equal(a, b):
        return (
            "The fixed and the moving image are the same where they lie on each other: there is nothing to find. Check "
            "that two different ones were meant."
        )
    found = agreement_of(a, b, "nmi")
    if found >= _HARDLY_ALIKE:
        return ""
    cure = (
        "choose initial = 'rigid' or 'affine', which brings them together first"
        if settings.initial == "none"
        else "the alignment may have failed: give an initial transform that brings the moving image near"
    )
    return (
        f"The images hardly look alike where the fit begins (correlation {found:.2f}, of any contrasts), and what it "
        f"makes of that is not to be trusted: check that they show the same body part, and {cure}."
    )


def outcome_notes(metrics: dict[str, float]) -> tuple[str, ...]:
    """Notes on a result, by its metrics, that is worse than its start."""
    start = metrics.get("similarity_initial", metrics["similarity_before"])
    if metrics["similarity_after"] >= start - _WORSE:
        return ()
    return (
        f"The fit made the images less alike (correlation {start:.3f} before it, {metrics['similarity_after']:.3f} "
        "after): look closely before you use the result. If it was stopped early, let it run; if labels, landmarks or "
        "curves ask for it, see whether they are right; otherwise the images may have no counterpart in each other.",
    )


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation of two samples (N), 0 where one is constant."""
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 0 else 0.0


def explained(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation ratio, 0 to 1: the share of the variance of b (N) that knowing a (N) explains by any function,
    where the squared correlation is the share explained by a straight line (Roche, Malandain, Pennec & Ayache, MICCAI
    1998). Bins of a hold equally many samples."""
    order = np.argsort(a, kind="stable")
    within = sum(float(part.var()) * len(part) for part in np.array_split(b[order], min(BINS, len(b))))
    total = float(b.var()) * len(b)
    return 1 - within / total if total > 0 else 0.0


def contrast_note(fixed: np.ndarray, moving: np.ndarray, similarity: str) -> str:
    """What to say about intensities (N, 0 to 1) that come to lie on each other before the fit; empty: nothing.

    Tissues of one contrast lie about a rising line even when they are badly aligned (measured on five pairs of patients
    and visits: a curve leaves 96 to 101 % of the variance that the line leaves; T1 with FLAIR or T2, 69 to 75 %). The
    air around them is left out, for it is dark in all contrasts.
    """
    if similarity not in FOR_ONE_CONTRAST or len(fixed) < _FEWEST_POINTS:
        return ""
    if min(np.ptp(fixed), np.ptp(moving)) < _LEAST_RANGE:
        return ""
    tissue = np.logical_and(*(values > _AIR * otsu_threshold(values) for values in (fixed, moving)))
    if tissue.sum() < _FEWEST_POINTS:
        return ""
    fixed, moving = fixed[tissue], moving[tissue]
    line = correlation(fixed, moving)
    straight = max(line, 0.0) ** 2
    curve = max(explained(fixed, moving), explained(moving, fixed))
    if curve < _LEAST_EXPLAINED or 1 - curve > _USUALLY_LEFT * (1 - straight):
        return ""
    return (
        f"The images seem to show different contrasts: a straight line explains {100 * straight:.0f} % of the "
        f"intensities of tissue (correlation {line:.2f}), a curve {100 * curve:.0f} %. similarity = '{similarity}' "
        "wants bright on bright; choose 'lncc_squared', 'nmi' or 'mind' for T1 with T2, MR with CT and the like."
    )
