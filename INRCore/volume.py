"""`Volume`: voxels, where they are, and what must survive a round trip."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .errors import InputError
from .geometry import Grid


@dataclass(frozen=True, eq=False)
class Volume:
    """A scalar image or label map.

    `array` is (k, j, i) in the file's own dtype; `grid` says where it is. `units` is a short text ("HU", "s", "").
    `metadata` holds header entries worth keeping as text or numbers (modality, acquisition dates are NOT kept: patient
    data stays in the source file). `source` is the path or node it came from, for messages.

    Raises `InputError` when the array is not 3-D numeric or its shape is not the grid's.
    """

    array: np.ndarray
    grid: Grid
    name: str = "volume"
    units: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.array, np.ndarray) or not isinstance(self.grid, Grid):
            raise InputError(
                "Volume(array, grid) takes a NumPy array and a Grid (Grid.from_parts or Grid(shape, ijk_to_world)), "
                f"not {type(self.array).__name__} and {type(self.grid).__name__}."
            )
        if self.array.ndim != 3 or self.array.dtype.kind not in "iufb":
            raise InputError(
                f"{self.label}: expected a 3-D array of numbers in (k, j, i) order, got {self.array.ndim}-D "
                f"{self.array.dtype}; choose one frame or component first."
            )
        if self.array.shape != self.grid.shape:
            raise InputError(f"{self.label}: array {self.array.shape} and grid {self.grid.shape} differ in shape.")

    @property
    def label(self) -> str:
        """How messages name this volume."""
        return f"'{self.source or self.name}'"

    @property
    def nbytes(self) -> int:
        """Bytes of the voxels as stored (the denominator-free side of a compression ratio)."""
        return int(self.array.nbytes)

    @property
    def is_integer(self) -> bool:
        return self.array.dtype.kind in "iub"

    def finite_mask(self) -> np.ndarray | None:
        """(k, j, i) bool of the voxels that are numbers, or None when all are (the usual case)."""
        if self.is_integer:
            return None
        mask = np.isfinite(self.array)
        return None if mask.all() else mask

    def finite_range(self) -> tuple[float, float]:
        """Smallest and largest finite value. Raises `InputError` when no voxel is finite."""
        mask = self.finite_mask()
        values = self.array if mask is None else self.array[mask]
        if values.size == 0:
            raise InputError(f"{self.label} has no finite voxel (all NaN or infinite); nothing can be fitted to it.")
        return float(values.min()), float(values.max())

    def as_float32(self, fill: float | None = None) -> np.ndarray:
        """(k, j, i) float32 copy; voxels that are not finite become `fill` (the smallest finite value if not given)."""
        mask = self.finite_mask()
        array = self.array.astype(np.float32)
        if mask is not None:
            array[~mask] = self.finite_range()[0] if fill is None else fill
        return array

    def with_array(self, array: np.ndarray, grid: Grid | None = None, name: str | None = None) -> Volume:
        """Same units and metadata, other voxels (and grid)."""
        return replace(self, array=array, grid=grid or self.grid, name=name or self.name, source="")

    def cropped(self, start_ijk: tuple[int, int, int], stop_ijk: tuple[int, int, int]) -> Volume:
        """The voxels start <= (i, j, k) < stop, at the place where they were."""
        (i0, j0, k0), (i1, j1, k1) = start_ijk, stop_ijk
        return self.with_array(self.array[k0:k1, j0:j1, i0:i1].copy(), self.grid.cropped(start_ijk, stop_ijk))


def require_volumes(*given: Any) -> None:
    """Raises `InputError` for anything but volumes and lists of them: what is often given first at the Python doors is
    an array or a path."""
    for one in given:
        if isinstance(one, (list, tuple)):
            require_volumes(*one)
        elif not isinstance(one, Volume):
            raise InputError(
                f"A Volume is needed, not {type(one).__name__}: read one with INRCore.read_volume(path), or make one "
                "of an array (k, j, i) with INRCore.Volume(array, grid)."
            )
