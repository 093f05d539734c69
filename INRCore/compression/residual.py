"""What a field misses, quantised so that an error bound holds on every voxel, and packed into bytes.

decoded = clip(field) + q * step, with q = round((voxel - clip(field)) / step): off by at most step / 2 before rounding
to the volume's dtype. The field is evaluated in float64 for this, so that a decoder on another machine finds the same
values to about 1e-12 and the bound holds there too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .intensity import IntensityMap

_MACHINE_NOISE = 1e-11  # how far two machines' float64 fields may differ, as a share of the volume's range
_FINEST_SHARE = 1e-9
_CODE_TYPES = (np.uint8, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True)
class Residual:
    """step: in the volume's units; codes: (voxels) unsigned integers, zigzag (0, -1, 1, -2 ... as 0, 1, 2, 3 ...), in
    the C order of (k, j, i)."""

    step: float
    codes: np.ndarray

    def at(self, part: slice) -> np.ndarray:
        """float64 corrections of a run of voxels."""
        codes = self.codes[part].astype(np.int64)
        return ((codes >> 1) ^ -(codes & 1)) * self.step

    def to_bytes(self) -> bytes:
        """All lowest bytes, then the next ones ...: high bytes are mostly 0 and compress well when side by side."""
        little = self.codes.astype(self.codes.dtype.newbyteorder("<"), copy=False)
        return little.view(np.uint8).reshape(-1, self.codes.itemsize).T.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes, bytes_per_voxel: int, step: float) -> Residual:
        """Undoes `to_bytes`; `data` must hold a whole number of voxels."""
        planes = np.frombuffer(data, np.uint8).reshape(bytes_per_voxel, -1)
        return cls(step, np.ascontiguousarray(planes.T).view(f"<u{bytes_per_voxel}")[:, 0])


def step_for_bound(bound: float, volume: Volume, intensity: IntensityMap) -> float:
    """Largest step for which no voxel is off by more than `bound` (volume's units) after rounding to the dtype.

    Raises `InputError` when the bound is finer than can be kept.
    """
    reach = intensity.high - intensity.low
    if volume.array.dtype.kind != "f":
        # Rounding to an integer absorbs everything below the next half.
        finest, half_step = 0.0, math.floor(bound) + 0.5
    else:
        magnitude = max(abs(intensity.low), abs(intensity.high))
        rounding = float(np.spacing(np.array(magnitude, volume.array.dtype))) / 2
        # Rounding moves a value to the volume's own neighbour at most, so half the bound is always safe.
        finest, half_step = _FINEST_SHARE * reach, max(bound - rounding, bound / 2)
    noise = _MACHINE_NOISE * reach
    if half_step <= 0 or bound < finest or noise > half_step / 10:
        raise InputError(
            f"The largest error allowed ({bound:g}) is too small for {volume.label} with values from {intensity.low:g} "
            f"to {intensity.high:g}; choose at least {max(finest, 10 * noise):.2g}."
        )
    return 2 * (half_step * (1 - 1e-6) - noise)


def empty_codes(voxels: int, step: float, intensity: IntensityMap) -> np.ndarray:
    """Zeros of a type that holds the code of any difference within the volume's range."""
    wide = (intensity.high - intensity.low) / step >= 2**31 - 1
    return np.zeros(voxels, np.uint64 if wide else np.uint32)


def code_residual(difference: np.ndarray, step: float) -> np.ndarray:
    """float64 differences to zigzag codes, uint64; differences that are not finite become 0."""
    q = np.rint(np.where(np.isfinite(difference), difference, 0) / step).astype(np.int64)
    return ((q << 1) ^ (q >> 63)).astype(np.uint64)


def narrowest(codes: np.ndarray) -> np.ndarray:
    """The same codes in the smallest unsigned type that holds them."""
    largest = int(codes.max(initial=0))
    return codes.astype(next(t for t in _CODE_TYPES if largest <= np.iinfo(t).max))
