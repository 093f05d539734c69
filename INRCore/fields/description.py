"""What a field is besides its weights: frame, settings, outputs, and how files say so. Needs no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from ..settings import from_dict, to_dict
from .settings import FieldSettings

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = "INRCore field 1"
FIXED_TENSORS = frozenset({"encoding.frequencies", "output_scale", "output_offset"})
"""Tensors of a field that no fit changes."""


@dataclass(frozen=True)
class Frame:
    """How millimetres become network coordinates: x = (point - center_mm) / half_extent_mm, the same scale along every
    axis, so that frequencies and regularisers mean the same in every direction."""

    center_mm: tuple[float, float, float]
    half_extent_mm: float

    @classmethod
    def of_grid(cls, *grids: Grid, margin_mm: float = 0.0) -> Frame:
        """Frame whose [-1, 1] cube holds all grids (voxel edges included) with a margin."""
        corners = np.concatenate([grid.corners for grid in grids])
        low, high = corners.min(0), corners.max(0)
        center = (low + high) / 2
        return cls(tuple(center.tolist()), float((high - low).max() / 2 + margin_mm))

    @property
    def world_to_frame(self) -> np.ndarray:
        """4x4 matrix from RAS mm to network coordinates."""
        matrix = np.diag([1 / self.half_extent_mm] * 3 + [1.0])
        matrix[:3, 3] = -np.asarray(self.center_mm) / self.half_extent_mm
        return matrix

    def normalise(self, points: Tensor) -> Tensor:
        """(N, 3) RAS mm to (N, 3) network coordinates."""
        return (points - points.new_tensor(self.center_mm)) / self.half_extent_mm


@dataclass(frozen=True)
class FieldDescription:
    """What a file says of its field beside the weights."""

    settings: FieldSettings
    frame: Frame
    outputs: int

    def to_metadata(self) -> dict[str, str]:
        """What `of` reads."""
        about = {"settings": to_dict(self.settings), "frame": asdict(self.frame), "outputs": self.outputs}
        return {"format": FORMAT, "field": json.dumps(about)}

    @classmethod
    def of(cls, metadata: dict[str, str], label: str) -> FieldDescription:
        """From a tensor file's metadata. Raises `InputError` naming `label` when they describe no field."""
        if metadata.get("format") != FORMAT:
            raise InputError(f"{label} holds no field of this version ('{metadata.get('format')}', not '{FORMAT}').")
        try:
            about = json.loads(metadata["field"])
            x, y, z = about["frame"]["center_mm"]
            frame = Frame((float(x), float(y), float(z)), float(about["frame"]["half_extent_mm"]))
            return cls(from_dict(FieldSettings, about["settings"]), frame, int(about["outputs"]))
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(f"{label}: the description of the field is damaged ({error}).") from error
