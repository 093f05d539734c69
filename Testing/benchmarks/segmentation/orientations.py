"""Crossing slices against as many of one orientation, wherever they fall: means over several places of the slices.

python -m Testing.benchmarks.segmentation.orientations [--only CASE ...] [--gaps 4 8] [--phases .3 .5 .7]

Three questions are kept apart: whether it is chance where slices fall (means over `phases`); whether it matters which
one orientation is taken (the case's own, or any of the three, for the place in the middle alone); and how much is due
to crossing slices being farther from what is hidden (errors at equal distances from the nearest slice).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from INRCore.fitting import Control, run_to_end
from INRCore.geometry import Grid
from INRCore.segmentation import SegmentationSettings
from INRCore.segmentation.drawn_slices import DrawnSlices
from INRCore.segmentation.given import check_given
from INRCore.segmentation.preparation import prepare_steps
from INRCore.segmentation.shapes import Shapes
from INRCore.segmentation.spline_field import SplineField
from INRCore.settings import from_dict, load_preset
from INRCore.volume import Volume

from ..machine import describe
from ..tables import markdown_table, write_results
from .cases import CASES, GAPS, Case
from .exchange import AXES, Job
from .measures import dice_in, hidden_voxels, measured_labels
from .methods.ours import empty_slices

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_LEAST_SURFACE = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--gaps", nargs="+", type=int, default=list(GAPS))
    parser.add_argument("--phases", nargs="+", type=float, default=[0.3, 0.5, 0.7], help="where slices fall, 0 to 1")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/segmentation"))
    choice = parser.parse_args()
    rows = []
    for name in choice.only:
        case = CASES[name](choice.data)
        for gap in choice.gaps:
            middle = choice.phases[len(choice.phases) // 2]
            found = [row for phase in choice.phases for row in _compared(case, gap, phase, phase == middle)]
            if found:
                rows.append(_means(case, gap, found))
                print(markdown_table(rows).splitlines()[-1], flush=True)
            write_results(choice.output, "orientations", {**describe(torch.device("cpu")), "threads": 1}, rows)


def _compared(case: Case, gap: int, phase: float, all_axes: bool) -> Iterator[dict[str, Any]]:
    """A row for each orientation that single slices are drawn in: all three, or the case's own."""
    crossed = case.crossed(gap, phase)
    crossed_fill, count = _filled(crossed), case.count(gap, phase)
    for axis in range(3) if all_axes else [case.axis]:
        own = axis == case.axis
        single = case.single(gap, phase) if own else case.spread([count * (n == axis) for n in range(3)], phase)
        jobs, fills = (single, crossed), (_filled(single), crossed_fill)
        values = sorted(set(measured_labels(case.labels, single)) & set(measured_labels(case.labels, crossed)))
        if not values:
            continue
        region = hidden_voxels(single) & hidden_voxels(crossed)
        dices = [dice_in(case.labels, fill, region, values) for fill in fills]
        yield {"own": own, "middle": all_axes, "dice": dices, **_by_distance(case, jobs, fills, region, values)}


def _by_distance(
    case: Case, jobs: tuple[Job, Job], fills: tuple[np.ndarray, np.ndarray], region: np.ndarray, values: list[int]
) -> dict[str, list[float]]:
    """Mean distance in mm of hidden surface voxels from the nearest slice, and wrong voxels for each surface voxel as
    they were if both kinds had as many of these at each distance (half of what they have together)."""
    truth = np.where(np.isin(case.labels.array, values), case.labels.array, 0)
    inside = truth > 0
    edge = region & (ndimage.binary_dilation(inside) ^ ndimage.binary_erosion(inside))
    spacing = float(case.labels.grid.spacing.min())
    away, wrong = [], []
    for job, fill in zip(jobs, fills, strict=True):
        away.append(np.rint(DrawnSlices(job.drawn).gap(case.labels.grid) / spacing).astype(int))
        wrong.append(region & (np.where(np.isin(fill, values), fill, 0) != truth))
    most = max(int(steps.max()) for steps in away) + 1
    edges = np.array([np.bincount(steps[edge], minlength=most) for steps in away])
    errors = np.array([np.bincount(steps[bad], minlength=most) for steps, bad in zip(away, wrong, strict=True)])
    shared = (edges >= _LEAST_SURFACE).all(0)
    weight = edges[:, shared].sum(0) / max(edges[:, shared].sum(), 1)
    rates = errors[:, shared] / np.maximum(edges[:, shared], 1)
    return {
        "distance": [float((steps[edge] * spacing).mean()) for steps in away],
        "error": (rates * weight).sum(1).tolist(),
    }


def _means(case: Case, gap: int, found: list[dict[str, Any]]) -> dict[str, Any]:
    own = [row for row in found if row["own"]]
    row: dict[str, Any] = {"case": case.name, "gap": gap, "places": len(own)}
    for words, name, rows in (
        ("Dice", "dice", own),
        ("Dice, any orientation", "dice", [entry for entry in found if entry["middle"]]),
        ("mm to the nearest slice", "distance", own),
        ("errors at equal distances", "error", own),
    ):
        one, three = np.mean([entry[name] for entry in rows], 0)
        row[f"{words}: single / crossed"] = f"{one:.3f} / {three:.3f}"
    row["Dice of each place"] = ", ".join("{:.3f} / {:.3f}".format(*entry["dice"]) for entry in own)
    row["crossed better"] = f"{sum(entry['dice'][1] > entry['dice'][0] for entry in own)} of {len(own)}"
    return row


def _filled(job: Job) -> np.ndarray:
    """Our label map (k, j, i), preset 'balanced', without meshes and measures."""
    sparse = "".join(AXES[axis] for axis in range(3) if len(job.drawn[axis]))
    base = load_preset(SegmentationSettings, "segmentation", "balanced")
    settings = from_dict(SegmentationSettings, {"sparse": sparse, "empty_slices": empty_slices(job)}, base)
    given = check_given(Volume(job.labels, Grid(job.labels.shape, job.affine)), settings)
    prepared = run_to_end(prepare_steps(given, settings, Control(), 0.0))
    shapes = Shapes(SplineField(prepared.lattices), given.domain, given.values, settings)
    filled = np.zeros(job.labels.shape, np.int32)
    given.domain.crop(filled)[...] = np.array([0, *given.values])[shapes.label_numbers(given.domain.grid)]
    return filled


if __name__ == "__main__":
    main()
