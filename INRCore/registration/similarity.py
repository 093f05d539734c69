"""How alike the two images of a channel are where points of one come to lie in the other: one class per kind of
measure, all of them losses of 0 or more.

Everything is in the fixed image's space, where the moving image lies as the affine start has it (`Side`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..interpolation import ImageSampler
from ..losses.local_correlation import Window, linearised, local_correlation
from ..losses.mind import descriptor_difference
from ..losses.mutual_information import normalised_mutual_information
from ..losses.similarity import mean_squared_difference, normalised_cross_correlation
from .descriptors import described_alike
from .side import Side

Measure = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A loss of two samples (N) or (N, C) and their weights (N)."""

_LEAST_WINDOW_MM, _WINDOW_VOXELS = 4.0, 1.5
_NEIGHBOURS = 16
_POINTS_PER_CENTRE = 6
_OVERALL = 0.6
_BINS = 16
_DESCRIPTOR_GAIN = 10.0
"""What the difference of descriptors is multiplied by: its values are about a tenth of those of 1 - correlation, and
the weights of regularisers should mean the same for all measures."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Points that correspond by the present map: `fixed` and `moving`, (N, 3) RAS mm, one of them x and the other
    x + u(x); `fixed_slope`, `moving_slope`, (N, 3, 3): the Jacobian of u where the point is moved, None where it is x
    itself or nobody asked for it."""

    fixed: Tensor
    moving: Tensor
    fixed_slope: Tensor | None = None
    moving_slope: Tensor | None = None


class Comparison(ABC):
    """One channel at one stage."""

    needs_slopes = False
    """Whether it looks at the surroundings of points."""

    def __init__(self, fixed: Side, moving: Side) -> None:
        self.fixed, self.moving = fixed, moving

    def to(self, device: torch.device) -> None:
        self.fixed.to(device)
        self.moving.to(device)

    @abstractmethod
    def loss(self, matches: Matches, generator: torch.Generator) -> Tensor:
        """Dissimilarity of the images at points that correspond; those of a point outside either do not count."""


class PointComparison(Comparison):
    """A measure of two samples, point against point."""

    def __init__(self, fixed: Side, moving: Side, measure: Measure) -> None:
        super().__init__(fixed, moving)
        self._measure = measure

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._values: tuple[ImageSampler, ImageSampler] = self.fixed.values, self.moving.values

    def loss(self, matches: Matches, generator: torch.Generator) -> Tensor:
        weight = self.fixed.weight(matches.fixed.detach()) * self.moving.weight(matches.moving.detach())
        fixed, moving = self._values
        return self._measure(fixed(matches.fixed), moving(matches.moving), weight)


class DescriptorComparison(PointComparison):
    """MIND-SSC descriptors instead of intensities."""

    def __init__(self, fixed: Side, moving: Side, max_memory_gb: float | None) -> None:
        super().__init__(fixed, moving, _descriptor_loss)
        self._memory = max_memory_gb

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._values = described_alike(self.fixed, self.moving, device, self._memory)


class WindowComparison(Comparison):
    """Correlation in windows around the points, where neighbours go as the map's Jacobian says. `signed`: whether
    bright must lie on bright. `overall`: the share of the correlation over all windows together, which weighs edges by
    their contrast, as noise would have it, where that in windows counts every place alike."""

    needs_slopes = True

    def __init__(self, fixed: Side, moving: Side, signed: bool = True, overall: float = 0.0) -> None:
        super().__init__(fixed, moving)
        self._signed, self._overall = signed, overall

    def to(self, device: torch.device) -> None:
        super().to(device)
        grid = self.fixed.level[1]
        half_width = max(_LEAST_WINDOW_MM, _WINDOW_VOXELS * grid.voxel_volume ** (1 / 3))
        self._window = Window(grid, half_width, _NEIGHBOURS, device)

    def loss(self, matches: Matches, generator: torch.Generator) -> Tensor:
        offsets = self._window.offsets(generator)
        values, weights = [], []
        for side, points, slope in (
            (self.fixed, matches.fixed, matches.fixed_slope),
            (self.moving, matches.moving, matches.moving_slope),
        ):
            around = points[:, None] + offsets if slope is None else linearised(points, slope, offsets)
            flat = around.flatten(0, 1)
            values.append(side.values(flat).view(around.shape[:2]))
            weights.append(
                side.weight(points.detach())[:, None] * side.weight_around(flat.detach()).view(around.shape[:2])
            )
        (fixed, moving), weight = values, weights[0] * weights[1]
        alike = (1 - self._overall) * local_correlation(fixed, moving, weight, signed=self._signed)
        if self._overall:
            alike = alike + self._overall * normalised_cross_correlation(fixed.ravel(), moving.ravel(), weight.ravel())
        return 1 - alike


def new_comparison(name: str, fixed: Side, moving: Side, max_memory_gb: float | None) -> Comparison:
    """The comparison of that name (`SIMILARITY_NAMES`) of two sides of a stage."""
    if name == "lncc":
        return WindowComparison(fixed, moving)
    if name == "ncc_lncc":
        return WindowComparison(fixed, moving, overall=_OVERALL)
    if name == "lncc_squared":
        return WindowComparison(fixed, moving, signed=False)
    if name == "mind":
        return DescriptorComparison(fixed, moving, max_memory_gb)
    return PointComparison(fixed, moving, _MEASURES[name])


def points_per_centre(comparisons: list[Comparison]) -> int:
    """How many points of a batch one that is looked at with its surroundings costs."""
    return _POINTS_PER_CENTRE if any(comparison.needs_slopes for comparison in comparisons) else 1


def _descriptor_loss(fixed: Tensor, moving: Tensor, weight: Tensor) -> Tensor:
    return _DESCRIPTOR_GAIN * descriptor_difference(fixed, moving, weight)


_MEASURES: dict[str, Measure] = {
    "ncc": lambda fixed, moving, weight: 1 - normalised_cross_correlation(fixed, moving, weight),
    "mse": mean_squared_difference,
    "nmi": lambda fixed, moving, weight: 1 - normalised_mutual_information(fixed, moving, weight, bins=_BINS),
}
