"""ITK's morphological contour interpolation (Zukic, Vicory, McCormick et al., Insight Journal 2016), which Slicer's
"Fill between slices" runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..exchange import Job


def prepare(job: Job, folder: Path) -> Callable[[], np.ndarray]:
    import itk

    image = itk.image_from_array(job.labels.astype(np.int16))
    itk.MorphologicalContourInterpolator.New(image)  # loads the library, which is not timed

    def fill() -> np.ndarray:
        interpolator = itk.MorphologicalContourInterpolator.New(image)
        axis = job.only_axis()
        interpolator.SetAxis(-1 if axis is None else axis)  # -1: slices of several orientations, as Slicer does
        interpolator.Update()
        return itk.array_from_image(interpolator.GetOutput())

    return fill
