"""The label maps whose slices are left out, and which slices are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from INRCore import read_volume
from INRCore.metrics.surface import bounding_box
from INRCore.volume import Volume

from .exchange import Job

_VERTEBRAE = tuple(range(25, 34))
_BRAIN_MM = 2.0


@dataclass(frozen=True)
class Case:
    """labels: the truth, cut to where labels are; axis: 0, 1, 2 (i, j, k) across which one draws."""

    name: str
    labels: Volume
    axis: int = 2

    def single(self, gap: int, phase: float = 0.5) -> Job:
        """Every `gap`-th slice across the axis is drawn, the first one at this share of a gap."""
        numbers = [np.empty(0, int)] * 3
        numbers[self.axis] = _every(self.labels.grid.size_ijk[self.axis], gap, phase)
        return self._job(numbers)

    def count(self, gap: int, phase: float = 0.5) -> int:
        """How many slices of `single` meet the labels' box."""
        start, stop = bounding_box(self.labels.array > 0)
        numbers = _every(self.labels.grid.size_ijk[self.axis], gap, phase)
        return int(((numbers >= start[self.axis]) & (numbers < stop[self.axis])).sum())

    def crossed(self, gap: int, phase: float = 0.5) -> Job:
        """As many slices as those of `single` that meet the labels' box, a third of them across each axis."""
        count = self.count(gap, phase)
        return self.spread([count // 3 + (n < count % 3) for n in range(3)], phase)

    def spread(self, counts: list[int], phase: float = 0.5) -> Job:
        """So many slices across i, j and k, spread evenly over the box around the labels."""
        start, stop = bounding_box(self.labels.array > 0)
        places = zip(start.tolist(), stop.tolist(), counts, strict=True)
        return self._job([first + _spread(last - first, count, phase) for first, last, count in places])

    def _job(self, numbers: list[np.ndarray]) -> Job:
        labels = np.zeros(self.labels.array.shape, np.int32)
        for axis in range(3):
            place = tuple(numbers[axis] if n == 2 - axis else slice(None) for n in range(3))
            labels[place] = self.labels.array[place]
        return Job(labels, self.labels.grid.ijk_to_world, (numbers[0], numbers[1], numbers[2]))


def _every(size: int, gap: int, phase: float) -> np.ndarray:
    return np.arange(min(int(phase * gap), size - 1), size, gap)


def _spread(size: int, count: int, phase: float) -> np.ndarray:
    places = np.rint((np.arange(count) + phase) * size / max(count, 1) - 0.5)
    return np.unique(places.clip(0, size - 1).astype(int))


def _cut(labels: Volume, margin: int = 3) -> Volume:
    start, stop = bounding_box(labels.array > 0)
    low, high = np.maximum(start - margin, 0), np.minimum(stop + margin, labels.grid.size_ijk)
    return labels.cropped(tuple(low.tolist()), tuple(high.tolist()))


def _read(path: Path) -> Volume:
    labels = read_volume(path)
    return labels.with_array(labels.array.astype(np.int32))


def _organs(data: Path) -> Case:
    labels = _read(data / "ct_abdomen/ct_ts_example_seg_fast_force_split.nii.gz")
    organs = np.where(np.isin(labels.array, _VERTEBRAE), 0, labels.array)
    return Case("abdomen_organs", _cut(labels.with_array(organs)))


def _vertebrae(data: Path) -> Case:
    labels = _read(data / "ct_abdomen/ct_ts_example_seg_fast_force_split.nii.gz")
    return Case("vertebrae", _cut(labels.with_array(np.where(np.isin(labels.array, _VERTEBRAE), labels.array, 0))))


def _lumina(data: Path) -> Case:
    return Case("aorta_lumina", _cut(_read(data / "cta_aorta/T716_aorta_true_false_lumen.nii.gz")))


def _branches(data: Path) -> Case:
    folder, names = (
        data / "cta_aorta",
        ("brachiocephalic_trunk", "common_carotid_artery_left", "subclavian_artery_left"),
    )
    merged = _read(folder / "aorta.nii.gz")
    array = (merged.array > 0).astype(np.int32)
    for number, name in enumerate(names):
        array[_read(folder / f"{name}.nii.gz").array > 0] = number + 2
    return Case("aorta_branches", _cut(merged.with_array(array)))


def _head(data: Path) -> Case:
    labels = _read(data / "head_labels.nii.gz")
    brain = np.where(labels.array < 100, labels.array, 0)[1::2, 1::2, 1::2]  # at 2 mm, without skull and skin
    grid = labels.grid.with_size(np.array(brain.shape[::-1]))
    return Case("head", _cut(labels.with_array(brain, grid)), axis=int(np.argmax(np.abs(grid.ijk_to_world[2, :3]))))


def _nuclei(data: Path) -> Case:
    return Case("nuclei", _cut(_read(data / "nuclei/micro_stardist_mask3d.tif")))


def _lesions(data: Path) -> Case:
    return Case("lesions", _cut(_read(data / "ms_patient26/lesions.nii.gz")))


CASES: dict[str, Callable[[Path], Case]] = {
    "abdomen_organs": _organs,
    "vertebrae": _vertebrae,
    "aorta_lumina": _lumina,
    "aorta_branches": _branches,
    "head": _head,
    "nuclei": _nuclei,
    "lesions": _lesions,
}
HELD_OUT = ("aorta_branches", "head", "abdomen_organs")
"""Cases that nothing was chosen by."""
GAPS = (2, 4, 8, 12)
