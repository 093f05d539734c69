"""The volumes, what is read off them in clinical terms, and their crops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from INRCore import read_volume
from INRCore.volume import Volume

# HU. Each voxel belongs to the window that its true value lies in; air around the patient belongs to none.
CT_WINDOWS = {"lung": (-950.0, -500.0), "soft": (-160.0, 240.0), "bone": (300.0, 2000.0)}
_CT_SEGMENT_HU = 200.0  # bone and contrast-filled vessels


@dataclass(frozen=True, eq=False)
class Case:
    """volume: what is compressed; windows: (low, high) by name; organs: (k, j, i) bool masks by name; threshold: what
    the segmentation by threshold cuts at."""

    volume: Volume
    windows: dict[str, tuple[float, float]]
    organs: dict[str, np.ndarray]
    threshold: float


@dataclass(frozen=True)
class _Source:
    file: str
    ct: bool
    labels: dict[str, str] = field(default_factory=dict)
    crop_ijk: tuple[int, int, int] | None = None  # voxels kept about the middle


_CTA_LABELS = {
    "aorta": "cta_aorta/aorta.nii.gz",
    "true lumen": "cta_aorta/aorta_true_lumen.nii.gz",
    "false lumen": "cta_aorta/aorta_false_lumen.nii.gz",
    "vertebra T12": "cta_aorta/vertebrae_T12.nii.gz",
}
_SOURCES = {
    "ct_chest": _Source("ct_chest.nrrd", True),
    "ct_phantom_thin": _Source("ct_phantom_thin.nrrd", True),
    "mr_t1_submm_oblique": _Source("mr_t1_submm_oblique.nrrd", False),
    "ms_patient26_t1": _Source("ms_patient26/T1.nii.gz", False),
    "cta_aorta": _Source("cta_aorta/ct_cropped.nii.gz", True, _CTA_LABELS),
    "ct_chest_crop": _Source("ct_chest.nrrd", True, {}, (192, 192, 96)),
    "ct_chest_128": _Source("ct_chest.nrrd", True, {}, (128, 128, 128)),
    "ct_phantom_crop": _Source("ct_phantom_thin.nrrd", True, {}, (256, 256, 70)),
    "mr_t1_crop": _Source("mr_t1_submm_oblique.nrrd", False, {}, (128, 192, 192)),
}
VOLUMES = ("ct_chest", "ct_phantom_thin", "mr_t1_submm_oblique", "ms_patient26_t1", "cta_aorta")
CROPS = ("ct_chest_crop", "ct_phantom_crop", "mr_t1_crop")
QUICK_VOLUMES = ("cta_aorta",)


def load_case(name: str, data: Path) -> Case:
    """A volume of the table by its name, from the folder of the volumes."""
    source = _SOURCES[name]
    crop = _cropper(source.crop_ijk)
    volume = crop(read_volume(data / source.file))
    if source.ct:
        organs = {label: crop(read_volume(data / file)).array > 0 for label, file in source.labels.items()}
        return Case(volume, CT_WINDOWS, organs or _tissues(volume.array), _CT_SEGMENT_HU)
    threshold = otsu_threshold(volume.array)
    return Case(volume, {}, {"head": volume.array > threshold}, threshold)


def _cropper(size_ijk: tuple[int, int, int] | None) -> Callable[[Volume], Volume]:
    def crop(volume: Volume) -> Volume:
        if size_ijk is None:
            return volume
        whole = volume.array.shape[::-1]
        start = [(n - size) // 2 for n, size in zip(whole, size_ijk, strict=True)]
        stop = [at + size for at, size in zip(start, size_ijk, strict=True)]
        return volume.cropped((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    return crop


def _tissues(array: np.ndarray) -> dict[str, np.ndarray]:
    """Stand-ins for organs where nobody has drawn any: the voxels of each window."""
    return {name: (array >= low) & (array <= high) for name, (low, high) in CT_WINDOWS.items()}


def otsu_threshold(array: np.ndarray) -> float:
    """The threshold that separates two classes best (Otsu, IEEE Trans. SMC 9(1), 1979), from 256 bins."""
    counts, edges = np.histogram(array[np.isfinite(array)], 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1].astype(float)
    above = counts.sum() - below
    sums = np.cumsum(counts * middles)
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = sums[:-1] / below - (sums[-1] - sums[:-1]) / above
        between = below * above * distance**2
    return float(edges[1:-1][np.nanargmax(between)])
