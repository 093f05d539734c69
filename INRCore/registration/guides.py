"""What is known of a pair besides its images, and the terms of the loss that come from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from ..losses.correspondence import curve_loss, landmark_loss
from ..losses.rigidity import rigidity_loss
from ..settings import require
from ..volume import Volume
from .images import PreparedImage
from .labels import LabelTerm
from .landmarks import Landmarks, require_points
from .models import Model
from .settings import RegistrationSettings

_ROBUST_MM = 5.0
_POINTS_PER_RIGID_ONE = 8
_MOST_RIGID_VOXELS = 1_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Guides:
    """Each is optional and, if given, fitted with the weight that the settings have for it.

    fixed_labels, moving_labels: label maps on any grids; the labels that both show, 0 apart, are to lie on each other.
    fixed_curves, moving_curves: as many curves, each (N, 3) RAS mm in order; the n-th of one is to lie on the n-th of
    the other, whose points need not be the same places. rigid: a label map or mask in the fixed image's space, on any
    grid; what is not 0 is turned and moved but not bent, each structure on its own. sliding: a mask in
    the same space of what moves on its own, for the model 'sliding'; None: it is found by itself in a chest CT.
    """

    fixed_labels: Volume | None = None
    moving_labels: Volume | None = None
    fixed_curves: Sequence[np.ndarray] = ()
    moving_curves: Sequence[np.ndarray] = ()
    rigid: Volume | None = None
    sliding: Volume | None = None

    def __post_init__(self) -> None:
        require(
            (self.fixed_labels is None) == (self.moving_labels is None),
            "Labels are given for one of the images only; give both label maps, or none.",
        )
        counts = len(self.fixed_curves), len(self.moving_curves)
        require(
            counts[0] == counts[1],
            f"There are {counts[0]} fixed and {counts[1]} moving curves; one by one they must be the same curves.",
        )
        for name, curves in (("fixed", self.fixed_curves), ("moving", self.moving_curves)):
            for number, curve in enumerate(curves, 1):
                require_points(f"The {name} curve {number}", np.asarray(curve, float), 2)
        for name, given in (("map of rigid structures", self.rigid), ("sliding region", self.sliding)):
            if given is not None:
                require(bool((given.array != 0).any()), f"The {name} {given.label} is empty (no voxel differs from 0).")


class Term(Protocol):
    """One term of the loss, without its weight."""

    def to(self, device: torch.device) -> None:
        """Moves its data to the device."""

    def loss(self, model: Model, points: int, generator: torch.Generator) -> Tensor:
        """Its value, on a fresh sample of about so many points where it takes one."""


def terms_of(
    guides: Guides,
    landmarks: Landmarks | None,
    fixed: PreparedImage,
    affine: np.ndarray,
    settings: RegistrationSettings,
    sigma_mm: float,
) -> dict[str, tuple[float, Term]]:
    """Weight and term of everything that is given and counts, for a stage that smooths images by `sigma_mm`."""
    found: dict[str, tuple[float, Term]] = {}
    if landmarks is not None and landmarks.fitted.any() and settings.landmarks_weight:
        chosen = landmarks.fitted
        term = LandmarkTerm(landmarks.fixed[chosen], landmarks.moving[chosen], affine)
        found["landmarks"] = settings.landmarks_weight, term
    if guides.fixed_curves and settings.curves_weight:
        found["curves"] = settings.curves_weight, CurveTerm(guides.fixed_curves, guides.moving_curves, affine)
    if guides.fixed_labels is not None and guides.moving_labels is not None and settings.labels_weight:
        labels = LabelTerm(guides.fixed_labels, guides.moving_labels, affine, sigma_mm, settings.fit.seed)
        found["labels"] = settings.labels_weight, labels
    if guides.rigid is not None and settings.rigidity_weight:
        found["rigidity"] = settings.rigidity_weight, RigidTerm(guides.rigid, fixed, affine, settings.fit.seed)
    return found


class _Mapped:
    """The affine part on the device, for terms whose targets are points of the moving image."""

    def __init__(self, affine: np.ndarray) -> None:
        self._affine = torch.as_tensor(affine, dtype=torch.float32)

    def to(self, device: torch.device) -> None:
        self._affine = self._affine.to(device)

    def mapped(self, model: Model, points: Tensor) -> Tensor:
        """A(x + u(x)) (N, 3)."""
        return (points + model(points)) @ self._affine[:3, :3].T + self._affine[:3, 3]


class LandmarkTerm(_Mapped):
    """Mean squared distance, mm^2, less than squared beyond some mm."""

    def __init__(self, fixed: np.ndarray, moving: np.ndarray, affine: np.ndarray) -> None:
        super().__init__(affine)
        self._points = [torch.as_tensor(points, dtype=torch.float32) for points in (fixed, moving)]

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._points = [points.to(device) for points in self._points]

    def loss(self, model: Model, points: int, generator: torch.Generator) -> Tensor:
        fixed, moving = self._points
        return landmark_loss(self.mapped(model, fixed), moving, robust_mm=_ROBUST_MM)


class CurveTerm(_Mapped):
    """Mean over curves of the squared distance, mm^2, between a mapped curve and its counterpart."""

    def __init__(self, fixed: Sequence[np.ndarray], moving: Sequence[np.ndarray], affine: np.ndarray) -> None:
        super().__init__(affine)
        self._curves = [
            [torch.as_tensor(np.asarray(curve, float), dtype=torch.float32) for curve in pair]
            for pair in zip(fixed, moving, strict=True)
        ]

    def to(self, device: torch.device) -> None:
        super().to(device)
        self._curves = [[curve.to(device) for curve in pair] for pair in self._curves]

    def loss(self, model: Model, points: int, generator: torch.Generator) -> Tensor:
        found = [curve_loss(self.mapped(model, a), b, robust_mm=_ROBUST_MM) for a, b in self._curves]
        return torch.stack(found).mean()


class RigidTerm:
    """How far the map is from moving each given structure as a rigid body (`rigidity_loss`, no unit)."""

    def __init__(self, rigid: Volume, fixed: PreparedImage, affine: np.ndarray, seed: int) -> None:
        k, j, i = np.nonzero(rigid.array)
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(k), min(len(k), _MOST_RIGID_VOXELS), replace=False)
        places = rigid.grid.index_to_world(np.stack([i, j, k], -1)[chosen])
        places = places[fixed.grid.contains(places)]
        require(
            len(places) > 0,
            f"The rigid structures {rigid.label} lie outside the fixed image; check that they were drawn on it.",
        )
        self._places = torch.as_tensor(places, dtype=torch.float32)
        self._linear = torch.as_tensor(affine[:3, :3], dtype=torch.float32)
        self._step = float(fixed.grid.voxel_volume ** (1 / 3))

    def to(self, device: torch.device) -> None:
        self._places, self._linear = self._places.to(device), self._linear.to(device)

    def loss(self, model: Model, points: int, generator: torch.Generator) -> Tensor:
        count = min(len(self._places), max(1, points // _POINTS_PER_RIGID_ONE))
        picks = torch.randint(len(self._places), (count,), generator=generator, device=self._places.device)
        slope = model.slopes(self._places[picks], self._step)[1]
        eye = torch.eye(3, device=slope.device)
        return rigidity_loss(self._linear @ (eye + slope) - eye, slope.new_ones(count))
