"""What every format module hands over: where the voxels are and how to load them, before any voxel is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..volume import Volume

_OUTER_SUFFIXES = (".gz", ".bz2")
_INNER_SUFFIXES = (".nii", ".img", ".seg", ".seq", ".label")


@dataclass(frozen=True)
class ExtraAxis:
    """An axis of the file that is not a direction in space."""

    name: Literal["frame", "component"]
    size: int


@dataclass(frozen=True)
class RawImage:
    """A file that has been opened but not loaded.

    `shape` is (k, j, i); `ijk_to_world` the 4x4 affine to RAS mm; `extra` the other axes, in the order in which `load`
    takes their indices; `load(indices)` returns the (k, j, i) array.
    """

    path: Path
    shape: tuple[int, int, int]
    ijk_to_world: np.ndarray
    load: Callable[[tuple[int, ...]], np.ndarray]
    extra: tuple[ExtraAxis, ...] = ()
    units: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_volume(self, frame: int | None = None, component: int | None = None) -> Volume:
        """Loads one frame and component; an axis with a single entry needs no choice.

        Raises `InputError` when a choice is missing (saying what there is to choose from) or out of range, when the
        header's geometry is unusable, or when the voxels are not real numbers.
        """
        try:
            grid = Grid(self.shape, self.ijk_to_world + 0.0)  # no -0.0 for people to wonder about
        except InputError as error:
            raise InputError(f"'{self.path}': {error}") from error
        array = _plain_array(self.load(self._choose(frame, component)), self.path)
        if array.shape != self.shape:
            raise InputError(f"'{self.path}': the header says {self.shape} voxels (k, j, i), the data {array.shape}.")
        return Volume(array, grid, stem_of(self.path), self.units, dict(self.metadata), str(self.path))

    def _choose(self, frame: int | None, component: int | None) -> tuple[int, ...]:
        wanted = {"frame": frame, "component": component}
        several = [axis.name for axis in self.extra if axis.size > 1]
        if len(several) > len(set(several)):
            sizes = " x ".join(str(axis.size) for axis in self.extra)
            raise InputError(f"'{self.path}' holds {sizes} volumes; save the one that you need as a 3-D file.")
        missing = [axis for axis in self.extra if axis.size > 1 and wanted[axis.name] is None]
        if missing:
            has = " and ".join(f"{axis.size} {axis.name}s" for axis in missing)
            how = " and ".join(f"{axis.name}=0..{axis.size - 1}" for axis in missing)
            flags = " ".join(f"--{axis.name} N" for axis in missing)
            raise InputError(f"'{self.path}' has {has}; choose one with {how} (command line: {flags}).")
        for name, number in wanted.items():
            size = max((axis.size for axis in self.extra if axis.name == name), default=1)
            if number is not None and not 0 <= number < size:
                raise InputError(f"'{self.path}' has no {name} {number}; its {name}s are numbered 0..{size - 1}.")
        return tuple((wanted[axis.name] or 0) if axis.size > 1 else 0 for axis in self.extra)


def _plain_array(array: np.ndarray, path: Path) -> np.ndarray:
    """C order, native byte order and a type that torch and all writers know."""
    if array.dtype.kind not in "iufb":
        raise InputError(f"'{path}' holds {array.dtype} voxels, not real numbers; save for instance the magnitude.")
    if array.dtype.kind == "f" and array.dtype.itemsize not in (4, 8):
        array = array.astype(np.float32 if array.dtype.itemsize == 2 else np.float64)
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def stem_of(path: Path) -> str:
    """File name without folder and extensions (`scan.nii.gz` and `scan.seg.nrrd` are both `scan`)."""
    if path.is_dir() or not path.suffix:
        return path.resolve().name
    stem = path.with_suffix("") if path.suffix.lower() in _OUTER_SUFFIXES else path
    stem = stem.with_suffix("")
    return stem.stem if stem.suffix.lower() in _INNER_SUFFIXES else stem.name
