"""Checking that a volume is a label map, and which labels it has."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..volume import Volume

_MOST_LABELS = 255


def label_array(labels: Volume) -> np.ndarray:
    """The (k, j, i) labels in an integer type: the volume's own or, for floats and bools, the smallest unsigned one
    that holds them. Raises `InputError` when they are no labels: fractions, not numbers, below 0."""
    array = labels.array
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise InputError(f"{labels.label} has voxels that are not numbers (NaN or infinite); set them to 0 first.")
        if (array != np.rint(array)).any():
            raise InputError(
                f"{labels.label} is no label map: its values are not whole numbers; make labels of it first, for "
                "instance with a threshold."
            )
    if array.size and array.min() < 0:
        raise InputError(f"{labels.label} has labels below 0 (smallest: {array.min():g}); renumber them from 1.")
    if array.dtype.kind not in "fb":
        return array
    largest = float(array.max())
    if largest > np.iinfo(np.int32).max:
        raise InputError(f"{labels.label} has label values up to {largest:g}; renumber them from 1.")
    return array.astype(np.min_scalar_type(int(largest)))


def chosen_labels(array: np.ndarray, wanted: tuple[int, ...] | None, label: str) -> tuple[int, ...]:
    """Values above 0 in the array, sorted, or those `wanted` in their order. Raises `InputError` naming the volume by
    `label` when there are none, too many, or one wanted is not there."""
    present = [int(value) for value in np.unique(array) if value > 0]
    if not present:
        raise InputError(f"{label} is empty: every voxel is 0, so there is no label to fit; draw something first.")
    missing = [value for value in wanted or () if value not in present]
    if missing:
        known = ", ".join(str(value) for value in present[:40])
        raise InputError(f"{label} has no label {missing[0]}; it has: {known}.")
    chosen = tuple(present if wanted is None else wanted)
    if len(chosen) > _MOST_LABELS:
        raise InputError(
            f"{label} has {len(chosen)} different values; is it an image rather than a label map? At most "
            f"{_MOST_LABELS} labels can be fitted together: make labels of it, or name some in the setting 'labels'."
        )
    return chosen
