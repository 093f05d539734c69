"""Slope of fitted distances: mean of | |gradient| - 1 | at random points within five voxels of the surface.

python -m Testing.benchmarks.segmentation.slope [--only CASE ...] [--gap 4] [--output FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree

from INRCore.segmentation import SegmentationSettings
from INRCore.segmentation.crossings import Crossings
from INRCore.segmentation.distance_field import DistanceField
from INRCore.segmentation.given import check_given
from INRCore.segmentation.spline_field import SplineField
from INRCore.volume import Volume

from ..machine import describe
from ..tables import markdown_table, write_results
from .cases import CASES, Case

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_BAND, _POINTS, _MOST = 5.0, 3000, 6
_ASIDE, _JUMP = 1.5, 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--gap", type=int, help="every how many slices one is drawn (all of them)")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/segmentation"))
    choice = parser.parse_args()
    rows = [_row(CASES[name](choice.data), choice.gap) for name in choice.only]
    print(markdown_table(rows))
    write_results(choice.output, "slope", {**describe(torch.device("cpu")), "threads": 1}, rows)


def _row(case: Case, gap: int | None) -> dict[str, Any]:
    """Means over labels: of the fields, of the splines alone, of the fields without the points beside the medial axis,
    where distances have no gradient, and the share of those."""
    labels = case.labels if gap is None else Volume(case.single(gap).labels, case.labels.grid)
    settings = SegmentationSettings(sparse="dense" if gap is None else "ijk"[case.axis])
    given, found = check_given(labels, settings), []
    for place in np.linspace(0, len(given.values) - 1, min(_MOST, len(given.values))).round().astype(int):
        lattice = given.lattice(given.values[place], settings, settings.rounds)
        splines, reach = SplineField([lattice]), _BAND * given.domain.voxel_mm
        field, random = DistanceField(splines), np.random.default_rng(3)
        around = lattice.surface.points[random.integers(len(lattice.surface), size=_POINTS)]
        points = around + random.uniform(-reach, reach, around.shape)
        index = lattice.grid.world_to_index(points)
        points = points[((index >= 0) & (index <= lattice.grid.size_ijk - 1)).all(1)]
        points = points[np.abs(field.evaluate(points)[:, 0]) < reach]
        slope = np.abs(np.linalg.norm(field.evaluate_jacobian(points)[:, 0], axis=1) - 1)
        own = np.abs(np.linalg.norm(splines.gradient_of(0, points), axis=1) - 1)
        apart = _beside_medial_axis(points, lattice.surface, given.domain.voxel_mm)
        found.append([slope.mean(), own.mean(), slope[~apart].mean(), apart.mean()])
    names = ("slope error", "of splines alone", "off the medial axis", "share beside it")
    means = np.mean(found, 0).tolist()
    return {"case": case.name, "every": gap or 1, "labels": len(found), **dict(zip(names, means, strict=True))}


def _beside_medial_axis(points: np.ndarray, surface: Crossings, voxel: float) -> np.ndarray:
    """Which points (N, 3) have nearest surface points that jump when one steps aside along any axis."""
    tree = cKDTree(surface.points)
    here, apart = surface.points[tree.query(points)[1]], np.zeros(len(points), bool)
    for step in _ASIDE * voxel * np.concatenate([np.eye(3), -np.eye(3)]):
        there = surface.points[tree.query(points + step)[1]]
        apart |= np.linalg.norm(there - here, axis=1) > _JUMP * voxel
    return apart


if __name__ == "__main__":
    main()
