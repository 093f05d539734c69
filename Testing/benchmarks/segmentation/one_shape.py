"""Slices counted for each shape: as many across one axis as across three, down to one in each of three orientations.

python -m Testing.benchmarks.segmentation.one_shape [--only CASE ...] [--counts 3 6 12] [--output FOLDER]

Every label is a task of its own: `count` slices evenly over the box around it, all across the case's axis or a third of
them across each. Both are measured on the voxels that neither shows.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from INRCore.metrics.surface import agreement, bounding_box

from ..machine import describe
from ..tables import markdown_table, write_results
from .cases import CASES, Case
from .exchange import Job
from .methods import ours

_DATA = Path(__file__).resolve().parents[4] / "shared/data"
_LEAST_VOXELS, _LEAST_SIDE, _MARGIN = 200, 8, 6
_MEASURES = ("dice", "hd95_mm", "assd_mm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES), metavar="CASE")
    parser.add_argument("--counts", nargs="+", type=int, default=[3, 6, 12], help="slices for each shape")
    parser.add_argument("--most", type=int, default=12, help="labels of a case, evenly over their numbers")
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--output", type=Path, default=Path("benchmark_output/segmentation"))
    choice = parser.parse_args()
    rows = []
    for name in choice.only:
        shapes = list(_shapes(CASES[name](choice.data), choice.most))
        for count in choice.counts:
            rows.append({"case": name, "slices": count, **_row(shapes, count)})
            print(markdown_table(rows).splitlines()[-1], flush=True)
        write_results(choice.output, "one_shape", {**describe(torch.device("cpu")), "threads": 1}, rows)


def _shapes(case: Case, most: int) -> Iterator[Case]:
    """The labels of a case that are large enough for a slice in each of three orientations to show something."""
    values = []
    for value in np.unique(case.labels.array)[1:]:
        start, stop = bounding_box(case.labels.array == value)
        if (case.labels.array == value).sum() >= _LEAST_VOXELS and (stop - start).min() >= _LEAST_SIDE:
            values.append(value)
    for place in np.linspace(0, len(values) - 1, min(most, len(values))).round().astype(int):
        mask = case.labels.array == values[place]
        start, stop = bounding_box(mask)
        low, high = np.maximum(start - _MARGIN, 0), np.minimum(stop + _MARGIN, case.labels.grid.size_ijk)
        alone = case.labels.with_array(mask.astype(np.int32)).cropped(tuple(low.tolist()), tuple(high.tolist()))
        yield Case(case.name, alone, case.axis)


def _row(shapes: list[Case], count: int) -> dict[str, Any]:
    """Means over the shapes, for slices across the case's axis and as the mean over all three; and for how many shapes
    three orientations are better."""
    pairs = np.array([_compared(shape, count) for shape in shapes])  # (shapes, axes, single or crossed, measures)
    own = pairs[np.arange(len(shapes)), [shape.axis for shape in shapes]]
    row: dict[str, Any] = {"shapes": len(shapes)}
    for n, measure in enumerate(_MEASURES):
        for words, values in (("", own), (", any axis", np.nanmean(pairs, 1))):
            one, three = np.nanmean(values[..., n], 0)
            row[f"{measure} single / crossed{words}"] = f"{one:.3f} / {three:.3f}"
    for words, values in (("", own), (", any axis", np.nanmean(pairs, 1))):
        row[f"crossed better{words}"] = f"{int((values[:, 1, 0] > values[:, 0, 0]).sum())} of {len(shapes)}"
    return row


def _compared(shape: Case, count: int) -> np.ndarray:
    """(3, 2, measures): for slices across each axis, these and as many crossing ones, where neither shows anything."""
    crossed = shape.spread([count // 3 + (n < count % 3) for n in range(3)])
    crossed_fill, found = ours.prepare(crossed, Path())() > 0, []
    for axis in range(3):
        single = shape.spread([count if n == axis else 0 for n in range(3)])
        hidden = ~(_known(single) | _known(crossed))
        truth, fills = (shape.labels.array > 0) & hidden, (ours.prepare(single, Path())() > 0, crossed_fill)
        rows = [agreement(truth, fill & hidden, shape.labels.grid) for fill in fills]
        found.append([[row.get(measure, np.nan) for measure in _MEASURES] for row in rows])
    return np.array(found)


def _known(job: Job) -> np.ndarray:
    known = np.zeros(job.labels.shape, bool)
    for axis in range(3):
        known[tuple(job.drawn[axis] if n == 2 - axis else slice(None) for n in range(3))] = True
    return known


if __name__ == "__main__":
    main()
