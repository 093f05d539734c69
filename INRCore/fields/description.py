"""What a field is besides its weights: frame, settings, outputs, and how files say so. Needs no torch."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..settings import from_dict, require, to_dict
from .settings import FieldSettings

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "INRCore field 2"
_MOST_OUTPUTS = 1 << 16
_READABLE = (FORMAT, "INRCore field 1")
FIXED_TENSORS = frozenset({"encoding.frequencies", "output_scale", "output_offset"})
"""Tensors of a field that no fit changes."""


@dataclass(frozen=True)
class Frame:
    """How millimetres become network coordinates: x = axes (point - center_mm) / half_extent_mm, the same scale along
    every axis, so that frequencies and regularisers mean the same in every direction.

    axes: rows are the world directions (RAS) of the frame's x, y, z, at right angles, of length 1, left-handed where an
    image's are; None: the world's own. box: half extents along x, y, z (network coordinates, at most 1) of what the
    field is meant for. spacing_mm: distance of the data's samples along x, y, z, where there is one lattice of data.
    Raises `InputError` when these make no sense.
    """

    center_mm: tuple[float, float, float]
    half_extent_mm: float
    box: tuple[float, float, float] = (1.0, 1.0, 1.0)
    axes: tuple[tuple[float, float, float], ...] | None = None
    spacing_mm: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        numbers = (*self.center_mm, self.half_extent_mm, *self.box, *(self.spacing_mm or (1.0, 1.0, 1.0)))
        sizes = [len(part) for part in (self.center_mm, self.box, self.spacing_mm or self.box)]
        require(
            sizes == [3, 3, 3] and all(map(math.isfinite, numbers)) and self.half_extent_mm > 0,
            "The field's frame needs a centre and a positive half extent in mm that are finite numbers.",
        )
        require(
            all(0 < half <= 1 for half in self.box), "The half extents of the field's box must be above 0, at most 1."
        )
        require(min(self.spacing_mm or (1.0,)) > 0, "The sample spacing of the field's frame must be positive.")
        if self.axes is not None:
            axes = np.array(self.axes)
            require(
                axes.shape == (3, 3) and bool(np.abs(axes @ axes.T - np.eye(3)).max() < 1e-6),  # False for NaN
                "The axes of the field's frame must be three directions at right angles.",
            )

    @classmethod
    def of_grid(cls, *grids: Grid, margin_mm: float = 0.0) -> Frame:
        """Frame whose box holds all grids (voxel edges included) with a margin. A single grid that is not sheared lends
        it its axes and its spacing; several, or a sheared one, are framed along the world's axes."""
        single = len(grids) == 1 and not grids[0].is_sheared
        axes = _nearest_rotation(grids[0].directions).T if single else np.eye(3)
        corners = np.concatenate([grid.corners for grid in grids]) @ axes.T
        low, high = corners.min(0), corners.max(0)
        half = (high - low) / 2 + margin_mm
        return cls(
            _triple(axes.T @ ((low + high) / 2)),
            float(half.max()),
            _triple(half / half.max()),
            None if np.array_equal(axes, np.eye(3)) else tuple(_triple(row) for row in axes),
            _triple(grids[0].spacing) if single else None,
        )

    @property
    def world_to_frame(self) -> np.ndarray:
        """4x4 matrix from RAS mm to network coordinates."""
        matrix = np.eye(4)
        matrix[:3, :3] = (np.eye(3) if self.axes is None else np.array(self.axes)) / self.half_extent_mm
        matrix[:3, 3] = -matrix[:3, :3] @ np.array(self.center_mm)
        return matrix

    @property
    def samples(self) -> np.ndarray | None:
        """Number of the data's samples along x, y, z of the box; None when the spacing is not known."""
        if self.spacing_mm is None:
            return None
        lengths = 2 * self.half_extent_mm * np.array(self.box)
        return np.maximum(1, np.rint(lengths / np.array(self.spacing_mm)))

    def normalise(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N, 3) network coordinates."""
        from .constants import constant  # which needs torch

        scaled = (points - constant(self.center_mm, points.device, points.dtype)) / self.half_extent_mm
        return scaled if self.axes is None else scaled @ constant(self.axes, points.device, points.dtype).T

    def to_dict(self) -> dict[str, Any]:
        """What `from_dict` reads; what is as it is without saying so is left out."""
        standard = Frame(self.center_mm, self.half_extent_mm)
        always = ("center_mm", "half_extent_mm")
        return {
            name: value for name, value in asdict(self).items() if name in always or value != getattr(standard, name)
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Frame:
        """Raises `InputError`, `KeyError`, `TypeError` or `ValueError` when the values describe no frame."""
        unknown = sorted(values.keys() - {part.name for part in fields(cls)})
        require(not unknown, f"the frame has entries of a newer version: {', '.join(unknown)}")
        axes, spacing = values.get("axes"), values.get("spacing_mm")
        return cls(
            _triple(values["center_mm"]),
            float(values["half_extent_mm"]),
            _triple(values.get("box", (1.0, 1.0, 1.0))),
            None if axes is None else tuple(_triple(row) for row in axes),
            None if spacing is None else _triple(spacing),
        )


def _triple(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _nearest_rotation(directions: np.ndarray) -> np.ndarray:
    """The nearest matrix with columns at right angles, left-handed where the given one is (polar decomposition)."""
    u, _, v = np.linalg.svd(directions)
    return u @ v


@cache
def turn_of_pairs(axes: tuple[tuple[float, float, float], ...]) -> tuple[tuple[float, ...], ...]:
    """6x6 matrix from the second derivatives xx, xy, xz, yy, yz, zz (rows) along the axes to those along the world's,
    the distinct entries of axes^T H axes for a symmetric H."""
    pairs, a = np.triu_indices(3), np.array(axes)
    turn = np.empty((6, 6))
    for row, (c, d) in enumerate(zip(*pairs, strict=True)):
        both = np.outer(a[c], a[d])
        turn[row] = (both if c == d else both + both.T)[pairs]
    return tuple(map(tuple, turn.tolist()))


@dataclass(frozen=True)
class FieldDescription:
    """What a file says of its field beside the weights."""

    settings: FieldSettings
    frame: Frame
    outputs: int

    def to_metadata(self) -> dict[str, str]:
        """What `of` reads."""
        about = {"settings": to_dict(self.settings), "frame": self.frame.to_dict(), "outputs": self.outputs}
        return {"format": FORMAT, "field": json.dumps(about)}

    @classmethod
    def of(cls, metadata: dict[str, str], label: str) -> FieldDescription:
        """From a tensor file's metadata. Raises `InputError` naming `label` when they describe no field."""
        if metadata.get("format") not in _READABLE:
            raise InputError(f"{label} holds no field of this version ('{metadata.get('format')}', not '{FORMAT}').")
        try:
            about = json.loads(metadata["field"])
            frame = Frame.from_dict(about["frame"])
            outputs = int(about["outputs"])
            if not 1 <= outputs <= _MOST_OUTPUTS:
                raise ValueError(f"{outputs} outputs")
            return cls(from_dict(FieldSettings, about["settings"]), frame, outputs)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise InputError(f"{label}: the description of the field is damaged ({error}).") from error
