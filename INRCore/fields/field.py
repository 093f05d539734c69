"""`Field`: a function from points in patient space (RAS mm) to values, the one idea of this package."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InputError
from ..geometry import Grid
from ..memory import points_per_chunk
from ..storage import load_tensors, save_tensors
from .constants import constant
from .description import FieldDescription, Frame, turn_of_pairs
from .encodings import ENCODINGS
from .grid_lattice import SeparableLattice
from .jets import Jet
from .networks import NETWORKS
from .settings import FieldSettings

_LATTICE_POINTS = 1 << 16
"""Points of a lattice that are evaluated at once at most: what is worked on stays near the processor's caches."""


class Field(nn.Module):
    """Encoding and network over a frame: (N, 3) RAS mm -> (N, D) values = network * output_scale + output_offset.

    `forward`, `value_and_jacobian` and `value_jacobian_hessian` are differentiable with respect to the parameters and
    take tensors on the field's device or lattices; `evaluate` and `sample` take and give numpy arrays, in chunks.
    """

    output_scale: Tensor
    output_offset: Tensor

    def __init__(
        self,
        settings: FieldSettings,
        frame: Frame,
        outputs: int = 1,
        *,
        seed: int | None = 0,
        output_scale: Any = 1.0,
        output_offset: Any = 0.0,
    ) -> None:
        super().__init__()
        # Parameters come from a generator on the CPU, so that every device starts from the same field.
        generator = None if seed is None else torch.Generator("cpu").manual_seed(seed)
        self.settings, self.frame, self.outputs = settings, frame, outputs
        self.encoding = ENCODINGS[settings.encoding](settings, frame, generator)
        self.network = NETWORKS[settings.network](settings, self.encoding.features, outputs, generator)
        for name, value in (("output_scale", output_scale), ("output_offset", output_offset)):
            tensor = torch.as_tensor(np.broadcast_to(np.asarray(value, np.float32), (outputs,)).copy())
            self.register_buffer(name, tensor)

    @property
    def device(self) -> torch.device:
        return self.output_scale.device

    @property
    def parameter_count(self) -> int:
        """Number of real parameters (a complex weight counts twice)."""
        return sum(p.numel() * (2 if p.is_complex() else 1) for p in self.parameters())

    # -- differentiable evaluation -----------------------------------------------------------------------------------
    # Places are points (N, 3) in RAS mm or, where the encoding is `separable`, the N points of a lattice along the
    # frame's axes (i fastest), which takes a fraction of the time.
    def forward(self, places: Tensor | SeparableLattice) -> Tensor:
        """Values (N, D) at places."""
        if isinstance(places, SeparableLattice):
            features = self.encoding.on_lattice(places)
        else:
            features = self.encoding(self.frame.normalise(places))
        return self.network(features) * self.output_scale + self.output_offset

    def value_and_jacobian(self, places: Tensor | SeparableLattice) -> tuple[Tensor, Tensor]:
        """Values (N, D) at places and Jacobian (N, D, 3): d value_d / d axis_a of the world, per mm."""
        jet = self.network.jet(self._encoding_jet(places, second=False))
        assert jet.first is not None
        return jet.value * self.output_scale + self.output_offset, self._world_first(jet.first)

    def value_jacobian_hessian(self, places: Tensor | SeparableLattice) -> tuple[Tensor, Tensor, Tensor]:
        """Values (N, D) at places, Jacobian (N, D, 3) per mm and the six second derivatives (N, D, 6) per mm^2 in the
        order xx, xy, xz, yy, yz, zz."""
        jet = self.network.jet(self._encoding_jet(places, second=True))
        assert jet.first is not None and jet.second is not None
        value = jet.value * self.output_scale + self.output_offset
        return value, self._world_first(jet.first), self._world_second(jet.second)

    def _encoding_jet(self, places: Tensor | SeparableLattice, second: bool) -> Jet:
        if isinstance(places, SeparableLattice):
            return self.encoding.jet_on_lattice(places, second)
        return self.encoding.jet(self.frame.normalise(places), second)

    def _world_first(self, first: Tensor) -> Tensor:
        """(3, N, D) derivatives of the network along the frame's axes to (N, D, 3) of the field along the world's."""
        scaled = (first * (self.output_scale / self.frame.half_extent_mm)).permute(1, 2, 0)
        return scaled if self.frame.axes is None else scaled @ constant(self.frame.axes, scaled.device, scaled.dtype)

    def _world_second(self, second: Tensor) -> Tensor:
        """(6, N, D) likewise to (N, D, 6)."""
        scaled = (second * (self.output_scale / self.frame.half_extent_mm**2)).permute(1, 2, 0)
        return (
            scaled
            if self.frame.axes is None
            else scaled @ constant(turn_of_pairs(self.frame.axes), scaled.device, scaled.dtype)
        )

    # -- evaluation with numpy ---------------------------------------------------------------------------------------
    def points_per_chunk(self, max_memory_gb: float | None = None, order: int = 0, on_lattice: bool = False) -> int:
        """Points that can be evaluated at once within the memory budget; `order` 1 or 2 with derivatives; `on_lattice`
        where nothing is gathered."""
        widest = max(self.settings.width, self.encoding.features, 0 if on_lattice else self.encoding.gathered)
        complex_factor = 2 if self.settings.network == "wire" else 1
        return points_per_chunk(4 * 6 * widest * complex_factor * (1, 4, 10)[order], self.device, max_memory_gb)

    @torch.no_grad()
    def evaluate(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to (N, D) float32."""
        step = self.points_per_chunk(max_memory_gb)
        output = np.empty((len(points), self.outputs), np.float32)
        for start in range(0, len(points), step):
            output[start : start + step] = self(self._tensor(points[start : start + step])).cpu().numpy()
        return output

    @torch.no_grad()
    def evaluate_jacobian(self, points: np.ndarray, max_memory_gb: float | None = None) -> np.ndarray:
        """(N, 3) RAS mm to the Jacobian (N, D, 3) float32, per mm."""
        step = self.points_per_chunk(max_memory_gb, order=1)
        output = np.empty((len(points), self.outputs, 3), np.float32)
        for start in range(0, len(points), step):
            chunk = self._tensor(points[start : start + step])
            output[start : start + step] = self.value_and_jacobian(chunk)[1].cpu().numpy()
        return output

    def sample(self, grid: Grid, max_memory_gb: float | None = None) -> np.ndarray:
        """Values at the voxel centres of a grid: (k, j, i, D) float32."""
        output = np.empty((grid.voxel_count, self.outputs), np.float32)
        for part, values in self.sample_values(grid, max_memory_gb):
            output[part] = values
        return output.reshape(*grid.shape, self.outputs)

    @torch.no_grad()
    def sample_values(self, grid: Grid, max_memory_gb: float | None = None) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields (slice of the flattened (k, j, i) array, the values (N, D) there). A separable encoding on a grid
        along the frame's axes is evaluated as lattices, anything else point by point."""
        lattice = SeparableLattice.of(self.frame, grid) if self.encoding.separable else None
        if lattice is not None:
            step = min(self.points_per_chunk(max_memory_gb, on_lattice=True), _LATTICE_POINTS)
            for part, piece in lattice.parts(step):
                yield part, self(piece).cpu().numpy()
            return
        for part, points in grid.chunks(self.points_per_chunk(max_memory_gb)):
            yield part, self.evaluate(points, max_memory_gb)

    def _tensor(self, points: np.ndarray) -> Tensor:
        return torch.as_tensor(np.asarray(points, np.float32), device=self.device)

    # -- files -------------------------------------------------------------------------------------------------------
    def to_tensors(self) -> tuple[dict[str, np.ndarray], dict[str, str]]:
        """Parameters as real arrays and a description; `from_tensors` undoes it."""
        tensors = {name: _real(tensor).cpu().numpy() for name, tensor in self.state_dict().items()}
        return tensors, FieldDescription(self.settings, self.frame, self.outputs).to_metadata()

    @classmethod
    def from_tensors(cls, tensors: dict[str, np.ndarray], metadata: dict[str, str], label: str = "the file") -> Field:
        """Field from what `to_tensors` gave. Raises `InputError` naming `label` when it is not a field."""
        about = FieldDescription.of(metadata, label)
        # Built without memory first: a header cannot make us allocate more than the file holds.
        with torch.device("meta"):
            field = cls(about.settings, about.frame, about.outputs, seed=None)
        expected = {name: tuple(_real(tensor).shape) for name, tensor in field.state_dict().items()}
        if {name: tuple(array.shape) for name, array in tensors.items()} != expected:
            raise InputError(f"{label}: its weights do not fit its description; use an intact copy.")
        field.to_empty(device="cpu")
        with torch.no_grad():
            for name, target in field.state_dict().items():
                _real(target).copy_(torch.from_numpy(tensors[name].astype(np.float32)))
        return field

    def save(self, path: str | Path, force: bool = False) -> None:
        """Writes the field (safetensors layout, no pickle). Raises `OutputError` when it exists and not `force`."""
        tensors, metadata = self.to_tensors()
        save_tensors(path, tensors, metadata, force)

    @classmethod
    def load(cls, path: str | Path) -> Field:
        """Reads what `save` wrote. Raises `InputError` when the file is missing, damaged or no field."""
        tensors, metadata = load_tensors(path)
        return cls.from_tensors(tensors, metadata, f"'{path}'")


def _real(tensor: Tensor) -> Tensor:
    """A complex tensor as a real one with a last axis of 2 (a view); others unchanged."""
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor
