"""A registration as a file that can be asked about any point: the fitted fields themselves, not their samples.

The layout is in Resources/Formats/registration_field.md: tensors as in safetensors, a description as JSON, no pickle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..fields import Field
from ..geometry import Grid
from ..settings import require, require_choice, require_range
from ..storage import load_tensors, save_tensors
from .domain import Domain
from .initial import checked_matrix
from .maps import MAPS, FittedMap
from .sampled import SampledMap, apply_affine, inverse_of, sample

FORMAT = "INRCore registration field 1"
_WIDEST_MM = 1e5
_MOST_NODES = 50_000_000


@dataclass(frozen=True, eq=False)
class RegistrationField:
    """phi(x) = affine(x + u(x)) from fixed to moving points (RAS mm), and back. `model`: its name in the settings;
    `map`: x + u(x); `affine`: 4x4."""

    model: str
    map: FittedMap
    affine: np.ndarray

    def transform_points(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm on the fixed side to (N, 3) on the moving side."""
        points = np.asarray(points, float).reshape(-1, 3)
        return apply_affine(self.affine, points + self.map.displacement(points))

    def transform_points_back(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) RAS mm on the moving side to (N, 3) on the fixed side. Where the map folds it has no inverse, and
        points come out wrong by more than a little."""
        points = apply_affine(np.linalg.inv(self.affine), np.asarray(points, float).reshape(-1, 3))
        return points + self.map.inverse(points)

    def jacobian_determinant(self, points: np.ndarray) -> np.ndarray:
        """(N): local change of volume by x + u(x), the affine part not included, at (N, 3) RAS mm on the fixed side."""
        return self.map.determinant(np.asarray(points, float).reshape(-1, 3))

    def sampled(self, nodes: Grid | None = None) -> SampledMap:
        """The map as a displacement grid for transform files and nodes; None: as fine and as wide as it needs."""
        nodes = nodes or self.map.nodes
        return SampledMap(sample(self.map.displacement, nodes), nodes, self.affine)

    def sampled_inverse(self) -> SampledMap:
        """The map back, from moving to fixed points, in the same form."""
        return inverse_of(self.sampled(), self.map.inverse)

    def save(self, path: str | Path, force: bool = False) -> None:
        """Writes the file that `load_registration_field` reads. Raises `OutputError` when it exists and not `force`."""
        tensors: dict[str, np.ndarray] = {}
        fields = []
        for number, field in enumerate(self.map.fields):
            own, about = field.to_tensors()
            tensors |= {f"{number}/{name}": tensor for name, tensor in own.items()}
            fields.append(about)
        domain = self.map.domain
        description = {
            "model": self.model,
            "affine": self.affine.tolist(),
            "grid": _grid_to_dict(domain.grid),
            "reach_mm": domain.reach_mm,
            "hold_mm": domain.hold_mm,
            "fade_mm": domain.fade_mm,
            "nodes": _grid_to_dict(self.map.nodes),
            "fields": fields,
        }
        save_tensors(path, tensors, {"format": FORMAT, "registration": json.dumps(description)}, force)


def load_registration_field(path: str | Path) -> RegistrationField:
    """Reads what `RegistrationField.save` wrote, onto the CPU. Raises `InputError` when the file is missing, damaged or
    holds no registration."""
    tensors, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"'{path}' holds no registration field of this version ('{metadata.get('format')}', not '{FORMAT}'); "
            "choose a file written as output 'field' of a registration."
        )
    try:
        about = json.loads(metadata["registration"])
        model = str(about["model"])
        require_choice("The deformation model", model, MAPS)
        fields = [
            Field.from_tensors(_numbered(tensors, number), one, f"'{path}'")
            for number, one in enumerate(about["fields"])
        ]
        expected = MAPS[model].outputs
        require(len(fields) == len(expected), f"the model '{model}' has {len(expected)} fields, not {len(fields)}")
        require(tuple(field.outputs for field in fields) == expected, "its fields have other numbers of components")
        nodes = _grid_from_dict(about["nodes"])
        require(nodes.voxel_count <= _MOST_NODES, "its displacement grid is impossibly large")
        fitted = MAPS[model](fields, _domain(about), nodes)
        return RegistrationField(model, fitted, checked_matrix(np.array(about["affine"], float)))
    except (InputError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"'{path}' is damaged: {error}; use an intact copy.") from error


def _numbered(tensors: dict[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    prefix = f"{number}/"
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _domain(about: dict[str, Any]) -> Domain:
    widths = [float(about[name]) for name in ("reach_mm", "hold_mm", "fade_mm")]
    for width in widths:
        require_range("a width of its border", width, 0, _WIDEST_MM, "mm")  # False for NaN
    return Domain(_grid_from_dict(about["grid"]), *widths)


def _grid_to_dict(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "ijk_to_world": grid.ijk_to_world.tolist()}


def _grid_from_dict(values: dict[str, Any]) -> Grid:
    return Grid(tuple(values["shape"]), np.array(values["ijk_to_world"], float))
