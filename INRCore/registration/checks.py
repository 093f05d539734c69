"""What looks wrong about an input though it can be registered: told before the fit, not refused."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .images import otsu_threshold
from .landmarks import Landmarks
from .problem import Pair
from .settings import RegistrationSettings

_LITTLE_COMPARED = 0.3
_FOR_ONE_CONTRAST = ("ncc", "lncc", "ncc_lncc", "mse")
_BINS = 32
_FEWEST_POINTS = 300
_AIR = 0.5
_LEAST_RANGE = 1e-3
_LEAST_EXPLAINED = 0.1
_USUALLY_LEFT = 0.9


def input_notes(pair: Pair, settings: RegistrationSettings) -> tuple[str, ...]:
    """Notes on contrasts that differ (each channel) and on how little of the fixed image can be compared."""
    notes = [_coverage_note(pair.share_inside)]
    for channel, similarity in enumerate(settings.measures(len(pair.channels))):
        note = contrast_note(*pair.intensities(channel), similarity)
        notes.append(f"Channel {channel + 1}: {note}" if note and len(pair.channels) > 1 else note)
    return tuple(note for note in notes if note)


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


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation of two samples (N), 0 where one is constant."""
    spread = float(a.std() * b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 0 else 0.0


def explained(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation ratio, 0 to 1: the share of the variance of b (N) that knowing a (N) explains by any function,
    where the squared correlation is the share explained by a straight line (Roche, Malandain, Pennec & Ayache, MICCAI
    1998). Bins of a hold equally many samples."""
    order = np.argsort(a, kind="stable")
    within = sum(float(part.var()) * len(part) for part in np.array_split(b[order], min(_BINS, len(b))))
    total = float(b.var()) * len(b)
    return 1 - within / total if total > 0 else 0.0


def contrast_note(fixed: np.ndarray, moving: np.ndarray, similarity: str) -> str:
    """What to say about intensities (N, 0 to 1) that come to lie on each other before the fit; empty: nothing.

    Tissues of one contrast lie about a rising line even when they are badly aligned (measured on five pairs of patients
    and visits: a curve leaves 96 to 101 % of the variance that the line leaves; T1 with FLAIR or T2, 69 to 75 %). The
    air around them is left out, for it is dark in all contrasts.
    """
    if similarity not in _FOR_ONE_CONTRAST or len(fixed) < _FEWEST_POINTS:
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
