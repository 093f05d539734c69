"""From the fitted field to everything a result holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from ..fitting import Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..interpolation import ImageSampler
from ..metrics.deformation import folding_fraction, target_registration_error
from ..volume import Volume
from .agreement import Agreement
from .landmarks import Landmarks
from .maps import CycleMap, FittedMap, VelocityMap
from .problem import Pair, comparable
from .sampled import (
    DisplacementSampler,
    SampledMap,
    apply_affine,
    determinant_at_nodes,
    inverse_of,
    largest_difference,
    refined_inverse,
    sample,
)
from .settings import RegistrationSettings
from .upsampling import Upsampling
from .warping import chunk_points, warp

_MOST_ERROR_VOXELS = 200_000
_CHUNK = 1 << 18


def sample_steps(
    fitted: FittedMap,
    pair: Pair,
    settings: RegistrationSettings,
    moving: Volume,
    landmarks: Landmarks | None,
    aligned: bool,
) -> Steps[dict[str, Any]]:
    """Yields progress and returns the sampled parts and the metrics of a `RegistrationResult`; `aligned`: whether the
    pair's affine is more than the positions as given."""
    grid, nodes, device = pair.fixed.grid, fitted.nodes, fitted.fields[0].device
    yield Progress("sample", 0, 4)
    forward = SampledMap(sample(fitted.displacement, nodes), nodes, pair.affine)
    bend, mapping = DisplacementSampler(forward.displacement, nodes, device), forward.on(device)
    chunk = chunk_points(device, settings.fit.max_memory_gb)
    yield Progress("sample", 1, 4)
    warped = warp(moving, grid, forward.moved_voxels(grid, chunk), device=device)
    upsampling = Upsampling(nodes, grid, cubic=False)
    jacobian = Volume(upsampling.all(sample(fitted.determinant, nodes), chunk), grid, "Jacobian determinant")
    yield Progress("sample", 2, 4)
    folds = folding_fraction(determinant_at_nodes(forward.displacement, nodes))
    inverse = inverse_of(forward, fitted.inverse if isinstance(fitted, VelocityMap) else None)
    coarse = grid.coarsened(_MOST_ERROR_VOXELS)
    if not folds:
        inverse = refined_inverse(
            forward, inverse, lambda back: float(_inverse_error(coarse, mapping, back.on(device)).array.max())
        )
    astray = _inverse_error(coarse, mapping, inverse.on(device))
    uncertainty = None
    if isinstance(fitted, CycleMap):
        uncertainty = Volume(upsampling.all(sample(fitted.uncertainty, nodes), chunk), grid, "Uncertainty")
    yield Progress("sample", 3, 4)
    metrics = {
        **_similarities(pair, aligned, forward, device, settings.measures(len(pair.channels))[0]),
        **_displacement_metrics(pair, forward),
        "folding_fraction": folding_fraction(jacobian.array),
        "folding_fraction_sampled": folds,
        "jacobian_min": float(jacobian.array.min()),
        "jacobian_max": float(jacobian.array.max()),
        "grid_error_max_mm": largest_difference(fitted.displacement, bend, grid),
        **_summary("inverse_error", astray.array, largest=True),
        **({} if uncertainty is None else _summary("uncertainty", uncertainty.array[pair.fixed.region])),
    }
    before, after = _landmark_errors(fitted, pair.affine, landmarks, metrics)
    yield Progress("sample", 4, 4, metrics=metrics)
    return {
        "map": fitted,
        "displacement": forward.displacement,
        "displacement_grid": nodes,
        "warped": moving.with_array(warped.array, grid, f"{moving.name} warped"),
        "jacobian": jacobian,
        "inverse": inverse,
        "inverse_error": astray,
        "uncertainty": uncertainty,
        "metrics": metrics,
        "tre_before_per_point": before,
        "tre_per_point": after,
    }


def _inverse_error(
    grid: Grid, there: Callable[[np.ndarray], np.ndarray], back: Callable[[np.ndarray], np.ndarray]
) -> Volume:
    """(k, j, i) mm between each voxel centre and where it comes back to."""
    errors = sample(lambda points: np.linalg.norm(back(there(points)) - points, axis=-1), grid)
    return Volume(errors, grid, "Inverse consistency error")


def _summary(name: str, values: np.ndarray, largest: bool = False) -> dict[str, float]:
    found = {f"{name}_mean_mm": float(values.mean()), f"{name}_p95_mm": float(np.percentile(values, 95))}
    return {**found, f"{name}_max_mm": float(values.max())} if largest else found


def _landmark_errors(
    fitted: FittedMap,
    affine: np.ndarray,
    landmarks: Landmarks | None,
    metrics: dict[str, float],
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(N) mm before and after the map; puts their means into the metrics."""
    if landmarks is None:
        return None, None
    fixed, moving, left_out = landmarks.fixed, landmarks.moving, ~landmarks.fitted
    before = target_registration_error(fixed, moving)
    after = target_registration_error(apply_affine(affine, fixed + fitted.displacement(fixed)), moving)
    metrics["tre_before_mm"], metrics["tre_after_mm"] = float(before.mean()), float(after.mean())
    metrics["tre_after_max_mm"] = float(after.max())
    if left_out.any() and not left_out.all():
        metrics["tre_left_out_mm"] = float(after[left_out].mean())
    return before, after


def _displacement_metrics(pair: Pair, forward: SampledMap) -> dict[str, float]:
    total, count, largest = 0.0, 0, 0.0
    region = pair.fixed.region.ravel()
    for part, bend in Upsampling(forward.grid, pair.fixed.grid).chunks(forward.displacement, _CHUNK):
        lengths = np.linalg.norm(bend[region[part]], axis=-1)
        total, count = total + float(lengths.sum()), count + len(lengths)
        largest = max(largest, float(lengths.max(initial=0)))
    return {"displacement_mean_mm": total / count, "displacement_max_mm": largest}


def _similarities(
    pair: Pair, aligned: bool, forward: SampledMap, device: torch.device, similarity: str
) -> dict[str, float]:
    moving = ImageSampler(pair.moving.values, pair.moving.grid, device)
    grid = pair.fixed.grid

    def value(moved: Iterable[tuple[slice, np.ndarray]]) -> float:
        return _agreement(pair, moving, moved, device).value(similarity)

    found = {"similarity_before": value(grid.chunks(_CHUNK))}
    if aligned:
        straight = ((part, apply_affine(pair.affine, points)) for part, points in grid.chunks(_CHUNK))
        found["similarity_initial"] = value(straight)
    found["similarity_after"] = value(forward.moved_voxels(grid, _CHUNK))
    return found


def _agreement(
    pair: Pair, moving: ImageSampler, moved: Iterable[tuple[slice, np.ndarray]], device: torch.device
) -> Agreement:
    """Over all comparable voxels of the fixed region; `moved`: where the fixed voxels come to lie."""
    region, values, found = pair.fixed.region.ravel(), pair.fixed.values.ravel(), Agreement()
    for part, everywhere in moved:
        points, fixed = everywhere[region[part]], values[part][region[part]]
        inside = comparable(pair.moving, points)
        tensor = torch.as_tensor(points[inside], dtype=torch.float32, device=device)
        found.add(fixed[inside], moving(tensor).cpu().numpy())
    return found
