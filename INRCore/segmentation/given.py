"""What a segmentation starts from: the label map, checked and cut to where the labels are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .domain import Domain
from .drawn_slices import AXES, DrawnSlices, find_drawn_slices
from .label_map import chosen_labels, label_array
from .settings import SegmentationSettings

_MARGIN_VOXELS = 5.0


@dataclass(frozen=True)
class Given:
    """The label map as a fit sees it: `array` on the domain's grid, label `values`, and which slices are drawn,
    numbered from the domain's start (None: all voxels are known)."""

    volume: Volume
    array: np.ndarray
    values: tuple[int, ...]
    domain: Domain
    slices: DrawnSlices | None


def check_given(labels: Volume, settings: SegmentationSettings) -> Given:
    """Raises `InputError` for volumes that are no label maps, are empty, or show a single slice."""
    array = label_array(labels)
    values = chosen_labels(array, settings.labels, labels.label)
    mask = np.isin(array, values)
    slices = find_drawn_slices(mask, settings.sparse, labels.label)
    if slices is None:
        _refuse_flat(mask, labels, settings)
    domain = Domain.around(mask, labels.grid, _MARGIN_VOXELS, None if slices is None else slices.only_axis)
    given = domain.crop(array)
    if slices is not None:
        slices = slices.moved(domain.start, domain.grid.size_ijk)
    return Given(labels, given, values, domain, slices)


def _refuse_flat(mask: np.ndarray, labels: Volume, settings: SegmentationSettings) -> None:
    """A shape in space needs more than one slice."""
    if min(mask.shape) == 1:
        raise InputError(
            f"{labels.label} is a single slice ({' x '.join(map(str, mask.shape[::-1]))} voxels); shapes are fitted in "
            "space, so draw on several slices of a volume."
        )
    for axis in range(3):
        held = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != 2 - axis)))
        if len(held) == 1 and settings.sparse == "auto":
            raise InputError(
                f"{labels.label} has labels on one slice only (number {held[0]} across {AXES[axis]}); draw at least one"
                " more, of any orientation, or set sparse to 'dense' if the labels are meant to be one voxel thick."
            )


def given_notes(given: Given) -> tuple[str, ...]:
    """Lines for the user on how the label map was read."""
    if given.slices is None:
        return ()
    known = float(given.slices.known(given.array.shape).mean())
    return (
        f"Read as {given.slices.describe()}; they show {100 * known:.3g} % of the voxels around the labels, what is "
        "between them is unknown. A drawn slice without a label says that the label is not there. If empty slices mean "
        "background, say so (in the panel under Settings, elsewhere sparse = 'dense').",
    )
