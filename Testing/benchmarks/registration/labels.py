"""Labels that should fall on each other after a registration."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from INRCore.volume import Volume

# TotalSegmentator's numbers: right and left kidney, iliac arteries, femurs, hips, glutei, back and hip-bending muscles.
_PAIRED = ((2, 3), (75, 76), (77, 78), (80, 81), (82, 83), (84, 85), (86, 87), (88, 89))
_MIDDLE = (25, 26, 27, 28, 29, 30, 31, 32, 79)


def mirrored_labels(labels: Volume) -> tuple[Volume, Volume]:
    """The labels that have a partner on the other side (or lie in the middle), and the same in the mirror image (the i
    axis turned round) under the partner's number."""
    names = np.zeros(256, np.uint8)
    swapped = np.zeros(256, np.uint8)
    for a, b in _PAIRED:
        names[[a, b]], swapped[[a, b]] = (a, b), (b, a)
    names[list(_MIDDLE)] = swapped[list(_MIDDLE)] = _MIDDLE
    mirror = np.ascontiguousarray(swapped[labels.array[:, :, ::-1]])
    return labels.with_array(names[labels.array]), labels.with_array(mirror)


def tissues(image: Volume) -> Volume:
    """Three classes of a brain without its skull, dark to bright (in a T1: fluid, grey, white), by Otsu's thresholds
    (IEEE Trans. SMC 9(1), 1979) after a light smoothing; a stand-in for a segmentation."""
    import SimpleITK as sitk

    values = image.as_float32()
    brain = ndimage.binary_erosion(ndimage.binary_fill_holes(values > 0.1 * np.percentile(values, 99)))
    smooth = ndimage.gaussian_filter(values, 0.5)
    high = np.percentile(smooth[brain], 99)
    inside = np.clip(smooth[brain], 0, high)[None]
    classes = sitk.GetArrayFromImage(sitk.OtsuMultipleThresholds(sitk.GetImageFromArray(inside), 2))[0]
    result = np.zeros(values.shape, np.uint8)
    result[brain] = classes + 1
    return image.with_array(result)
