"""A stored field evaluated with NumPy alone, so that files open where torch is missing.

Values agree with those of `Field` on the same weights to 1e-10 of their range in float64 (1e-13 is usual) and 1e-3 in
float32 (rounded phases of fast sines; random networks with steep wavelets reach 1e-2). Where an error bound was
promised, the field is evaluated in float64 and the steps of the stored residual leave room for such a difference
(`compression.residual`), so the bound holds with either of the two: whole numbers come out the same. A NumPy field
cannot be fitted or differentiated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from .description import FIXED_TENSORS, FieldDescription, Frame
from .grid_lattice import TOLERANCE_VOXELS, SeparableLattice
from .grid_levels import GridPyramid
from .grid_numpy import grid_features, grid_features_on_lattice
from .lattice import HASH_PRIMES, LatticeLevel, lattice_levels
from .settings import FieldSettings

_CHUNK_VALUES = 1 << 19  # values of one layer at a time: what is worked on stays in the processor's caches
_EXACT_VOXELS = 1e-10  # in float64, where no value may depend on the way it was computed


@dataclass(frozen=True, eq=False)
class NumpyField:
    """settings, frame, outputs: as of `Field`. tensors: its parameters by their names there, float32; complex weights
    have a last axis of 2."""

    settings: FieldSettings
    frame: Frame
    outputs: int
    tensors: dict[str, np.ndarray] = field(repr=False)

    @classmethod
    def from_tensors(
        cls, tensors: dict[str, np.ndarray], metadata: dict[str, str], label: str = "the file"
    ) -> NumpyField:
        """From what `Field.to_tensors` gave. Raises `InputError` naming `label` when it is not a field."""
        about = FieldDescription.of(metadata, label)
        if {name: array.shape for name, array in tensors.items()} != _expected_shapes(about):
            raise InputError(f"{label}: its weights do not fit its description; use an intact copy.")
        weights = {name: array.astype(np.float32) for name, array in tensors.items()}
        return cls(about.settings, about.frame, about.outputs, weights)

    @property
    def parameter_count(self) -> int:
        """Number of real parameters (a complex weight counts twice)."""
        return sum(array.size for name, array in self.tensors.items() if name not in FIXED_TENSORS)

    def to_tensors(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Undoes `from_tensors`."""
        return dict(self.tensors), FieldDescription(self.settings, self.frame, self.outputs).to_metadata()

    def sample_values(self, grid: Grid, double: bool = False) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields (slice of the flattened (k, j, i) array, the values (N, D) there), evaluated in float32 or float64."""
        evaluate = _Evaluator(self, np.float64 if double else np.float32)
        step = max(256, _CHUNK_VALUES // evaluate.widest)
        pieces: Iterable[tuple[slice, Callable[[], np.ndarray]]]
        lattice = None
        if self.settings.encoding == "grid":
            lattice = SeparableLattice.of(self.frame, grid, _EXACT_VOXELS if double else TOLERANCE_VOXELS)
        if lattice is None:
            pieces = self._pieces_of_points(evaluate, grid, step)
        else:
            pieces = ((part, partial(evaluate.on_lattice, piece)) for part, piece in lattice.parts(step))
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # NumPy lets other threads run while it computes
            yield from pool.map(lambda piece: (piece[0], piece[1]()), pieces)

    def _pieces_of_points(
        self, evaluate: _Evaluator, grid: Grid, step: int
    ) -> Iterator[tuple[slice, Callable[[], np.ndarray]]]:
        """The grid's voxels cut into runs of `step`, each with what computes its values point by point."""
        matrix = (self.frame.world_to_frame @ grid.ijk_to_world)[:3]

        def values_of(part: slice) -> np.ndarray:
            k, j, i = np.unravel_index(np.arange(part.start, part.stop), grid.shape)
            points = np.stack([i, j, k], -1) @ matrix[:, :3].T + matrix[:, 3]
            return evaluate(points.astype(evaluate.dtype))

        for start in range(0, grid.voxel_count, step):
            part = slice(start, min(start + step, grid.voxel_count))
            yield part, partial(values_of, part)


class _Evaluator:
    """(N, 3) network coordinates to (N, D) values, in one floating-point type."""

    def __init__(self, field: NumpyField, dtype: type[np.floating]) -> None:
        self.dtype, self._settings, self._frame = dtype, field.settings, field.frame
        numbers = {name: _typed(name, array, dtype) for name, array in field.tensors.items()}
        self._encoding = numbers.get("encoding.frequencies", numbers.get("encoding.table"))
        self._layers = [
            (numbers[f"network.layers.{index}.weight"].T, numbers[f"network.layers.{index}.bias"])
            for index in range(field.settings.depth + 1)
        ]
        self._scale, self._offset = numbers["output_scale"], numbers["output_offset"]
        complex_factor = 2 if field.settings.network == "wire" else 1
        self.widest = complex_factor * max(max(weight.shape) for weight, _ in self._layers)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        return self._network(self._encode(points))

    def on_lattice(self, lattice: SeparableLattice) -> np.ndarray:
        """Values (K * J * I, D) of a field with the encoding 'grid' on a lattice along its frame's axes."""
        assert self._encoding is not None
        return self._network(grid_features_on_lattice(lattice, self._encoding, self._pyramid))

    @cached_property
    def _pyramid(self) -> GridPyramid:
        return GridPyramid.of(self._settings, self._frame)

    def _network(self, features: np.ndarray) -> np.ndarray:
        *hidden, (weight, bias) = self._layers
        for index, (matrix, shift) in enumerate(hidden):
            features = self._activate(features @ matrix + shift, index)
        return (features @ weight + bias).real * self._scale + self._offset

    def _encode(self, points: np.ndarray) -> np.ndarray:
        if self._encoding is None:
            return points
        if self._settings.encoding == "hashgrid":
            return _hash_features(points, self._encoding, self._settings)
        if self._settings.encoding == "grid":
            return grid_features(points, self._encoding, self._pyramid)
        phase = points @ self._encoding
        return np.concatenate([np.sin(phase), np.cos(phase)], -1)

    def _activate(self, z: np.ndarray, index: int) -> np.ndarray:
        settings = self._settings
        omega = settings.omega_first if index == 0 else settings.omega_hidden
        if settings.network == "relu":
            return np.maximum(z, 0, out=z)
        if settings.network == "wire":
            magnitude = z.real**2 + z.imag**2 if np.iscomplexobj(z) else z**2
            return np.exp(1j * omega * z - settings.wire_scale**2 * magnitude)
        if settings.network == "finer":
            z *= np.abs(z) + 1
        z *= omega
        return np.sin(z, out=z)


def _typed(name: str, array: np.ndarray, dtype: type[np.floating]) -> np.ndarray:
    """A stored array in the type of the evaluation; pairs of numbers become complex ones."""
    typed = array.astype(dtype)
    is_complex = name.startswith("network.") and array.ndim == (3 if name.endswith("weight") else 2)
    return typed[..., 0] + 1j * typed[..., 1] if is_complex else typed


def _hash_features(points: np.ndarray, table: np.ndarray, settings: FieldSettings) -> np.ndarray:
    """(N, 3) to (N, levels * features): see `HashGridEncoding`."""
    parts = []
    for level in lattice_levels(settings):
        position = np.clip((points + 1) * 0.5, 0, 1) * level.resolution
        cell = np.minimum(np.floor(position), level.resolution - 1)
        fraction, lattice = position - cell, cell.astype(np.int64)
        total = np.zeros((len(points), settings.hash_features), points.dtype)
        for corner in range(8):
            bits = np.array([(corner >> axis) & 1 for axis in range(3)])
            weight = np.where(bits, fraction, 1 - fraction).prod(-1)
            total += weight[:, None] * table[level.start + _row(lattice + bits, level)]
        parts.append(total)
    return np.concatenate(parts, -1)


def _row(corner: np.ndarray, level: LatticeLevel) -> np.ndarray:
    """Row, counted from the level's first, of integer lattice corners (N, 3)."""
    if level.is_dense:
        return corner[:, 0] + level.side * (corner[:, 1] + level.side * corner[:, 2])
    mixed = corner * np.array(HASH_PRIMES)
    return (mixed[:, 0] ^ mixed[:, 1] ^ mixed[:, 2]) % level.rows


def _expected_shapes(about: FieldDescription) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of the field described."""
    settings, outputs = about.settings, about.outputs
    shapes: dict[str, tuple[int, ...]] = {"output_scale": (outputs,), "output_offset": (outputs,)}
    if settings.encoding == "hashgrid":
        shapes["encoding.table"] = (lattice_levels(settings)[-1].stop, settings.hash_features)
        features = settings.hash_levels * settings.hash_features
    elif settings.encoding == "grid":
        shapes["encoding.table"] = (GridPyramid.of(settings, about.frame).levels[-1].stop, settings.grid_features)
        features = settings.grid_levels * settings.grid_features
    elif settings.encoding == "none":
        features = 3
    else:
        count = 3 * settings.octaves if settings.encoding == "positional" else settings.fourier_features
        shapes["encoding.frequencies"], features = (3, count), 2 * count
    sizes = [features] + [settings.width] * settings.depth + [outputs]
    for index in range(settings.depth + 1):
        pair = (2,) if settings.network == "wire" and index > 0 else ()
        shapes[f"network.layers.{index}.weight"] = (sizes[index + 1], sizes[index], *pair)
        shapes[f"network.layers.{index}.bias"] = (sizes[index + 1], *pair)
    return shapes
