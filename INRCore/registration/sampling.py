"""From the fitted field to everything a result holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from ..fields import Field
from ..fitting import Progress
from ..fitting.progress import Steps
from ..interpolation import ImageSampler
from ..metrics.deformation import folding_fraction, target_registration_error
from ..volume import Volume
from .deformation import (
    DisplacementSampler,
    Domain,
    choose_spacing,
    largest_grid_error,
    make_domain,
    sample_displacement,
)
from .problem import Pair, comparable
from .result import apply_affine, warp
from .settings import RegistrationSettings

_CHUNK = 1 << 18


def sample_steps(
    field: Field,
    pair: Pair,
    settings: RegistrationSettings,
    moving: Volume,
    landmarks: tuple[np.ndarray, np.ndarray] | None,
) -> Steps[dict[str, Any]]:
    """Yields progress and returns the sampled parts and the metrics of a `RegistrationResult`."""
    grid, affine, memory = pair.fixed.grid, pair.affine, settings.fit.max_memory_gb
    yield Progress("sample", 0, 3)
    tolerance = settings.grid_tolerance_voxels * float(grid.spacing.min())
    spacing = settings.grid_spacing_mm or choose_spacing(field, grid, tolerance)
    domain, nodes = make_domain(field, grid, spacing, settings.margin_mm)
    displacement, determinant = sample_displacement(field, domain, nodes, memory)
    sampled = DisplacementSampler(displacement, nodes, field.device)

    def mapping(points: np.ndarray) -> np.ndarray:
        return apply_affine(affine, points + sampled(points))

    yield Progress("sample", 1, 3)
    warped = warp(moving, grid, mapping, device=field.device, max_memory_gb=memory)
    jacobian = warp(Volume(determinant, nodes), grid, lambda points: points, device=field.device, max_memory_gb=memory)
    yield Progress("sample", 2, 3)
    metrics = {
        **_similarities(pair, settings, mapping, field.device),
        **_displacement_metrics(pair, sampled),
        "folding_fraction": folding_fraction(jacobian.array),
        "jacobian_min": float(jacobian.array.min()),
        "jacobian_max": float(jacobian.array.max()),
        "grid_error_max_mm": largest_grid_error(field, domain, sampled),
    }
    errors = None
    if landmarks is not None:
        errors = _landmark_errors(field, domain, affine, landmarks, metrics)
    yield Progress("sample", 3, 3, metrics=metrics)
    return {
        "domain": domain,
        "displacement": displacement,
        "displacement_grid": nodes,
        "warped": moving.with_array(warped.array, grid, f"{moving.name} warped"),
        "jacobian": Volume(jacobian.array, grid, "Jacobian determinant"),
        "metrics": metrics,
        "tre_per_point": errors,
    }


def _landmark_errors(
    field: Field,
    domain: Domain,
    affine: np.ndarray,
    landmarks: tuple[np.ndarray, np.ndarray],
    metrics: dict[str, float],
) -> np.ndarray:
    """(N) mm after the map; puts the means into the metrics."""
    fixed, moving = landmarks
    errors = target_registration_error(apply_affine(affine, fixed + domain.displacement(field, fixed)), moving)
    metrics["tre_before_mm"] = float(target_registration_error(fixed, moving).mean())
    metrics["tre_after_mm"] = float(errors.mean())
    return errors


def _displacement_metrics(pair: Pair, sampled: DisplacementSampler) -> dict[str, float]:
    total, count, largest = 0.0, 0, 0.0
    for points, _ in _region_chunks(pair):
        lengths = np.linalg.norm(sampled(points), axis=-1)
        total, count, largest = total + float(lengths.sum()), count + len(lengths), max(largest, float(lengths.max()))
    return {"displacement_mean_mm": total / count, "displacement_max_mm": largest}


def _similarities(
    pair: Pair, settings: RegistrationSettings, mapping: Callable[[np.ndarray], np.ndarray], device: torch.device
) -> dict[str, float]:
    maps: dict[str, Callable[[np.ndarray], np.ndarray]] = {"similarity_before": lambda points: points}
    if settings.initial != "none":
        maps["similarity_initial"] = lambda points: apply_affine(pair.affine, points)
    maps["similarity_after"] = mapping
    moving = ImageSampler(pair.moving.values, pair.moving.grid, device)
    return {name: _correlation(pair, moving, change, device) for name, change in maps.items()}


def _correlation(
    pair: Pair, moving: ImageSampler, mapping: Callable[[np.ndarray], np.ndarray], device: torch.device
) -> float:
    """Pearson correlation over all comparable voxels of the fixed region, summed up in double precision."""
    sums = np.zeros(6)
    for points, fixed in _region_chunks(pair):
        moved = mapping(points)
        inside = comparable(pair.moving, moved)
        tensor = torch.as_tensor(moved[inside], dtype=torch.float32, device=device)
        a, b = fixed[inside].astype(float), moving(tensor).cpu().numpy().astype(float)
        sums += [len(a), a.sum(), b.sum(), a @ a, b @ b, a @ b]
    n, sum_a, sum_b, aa, bb, ab = sums.tolist()
    spread = (n * aa - sum_a**2) * (n * bb - sum_b**2)
    return (n * ab - sum_a * sum_b) / math.sqrt(spread) if spread > 0 else 0.0


def _region_chunks(pair: Pair) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields (points (n, 3) RAS mm, fixed values (n)) of all voxels of the fixed region."""
    region, values = pair.fixed.region.ravel(), pair.fixed.values.ravel()
    for part, points in pair.fixed.grid.chunks(_CHUNK):
        chosen = region[part]
        if chosen.any():
            yield points[chosen], values[part][chosen]
