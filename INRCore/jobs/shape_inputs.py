"""What shapes are made of, read from files of whatever kind: label maps, probabilities, closed curves, points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from .job import Job
from .parts import read

if TYPE_CHECKING:
    from ..segmentation import SegmentationSettings
    from ..segmentation.given import Given


@dataclass(frozen=True)
class ShapeInput:
    """The checked input, and names of labels as far as the file knows any."""

    given: Given
    names: dict[int, str]


def read_shapes(job: Job, settings: SegmentationSettings) -> ShapeInput:
    """The input `labels` of a job: several files are closed curves; one file is a volume, or by its extension and
    content closed curves (.csv with the column contour, .mrk.json, RTSTRUCT), centre lines of vessels (.csv with the
    column radius, .vtp with lines and radii) or points (.csv, surface files). Raises
    `InputError` for anything else."""
    # Here, because VTK and splines take a second to load, which every other task would wait for.
    from ..io.centerlines import is_centerline_file, read_centerlines
    from ..io.contours import is_contour_file, read_contours
    from ..io.point_clouds import POINT_CLOUD_SUFFIXES, read_point_cloud
    from ..segmentation.given import check_given
    from ..segmentation.names import errors_with_names
    from ..segmentation.scattered import given_contours, given_points
    from ..segmentation.tubes import given_tubes

    paths = job.inputs["labels"]
    paths = [paths] if isinstance(paths, str) else list(paths)
    suffix = Path(paths[0]).suffix.lower()
    if len(paths) > 1 or is_contour_file(paths[0]):
        contours = read_contours(paths)
        names = dict(enumerate(contours, start=1))
        _refuse_choice(settings)
        with errors_with_names(names):
            return ShapeInput(given_contours({n: contours[name] for n, name in names.items()}, None), names)
    if is_centerline_file(paths[0]):
        _refuse_choice(settings)
        return ShapeInput(given_tubes(read_centerlines(paths[0])), {1: Path(paths[0]).stem})
    if suffix in POINT_CLOUD_SUFFIXES:
        _refuse_choice(settings)
        return ShapeInput(given_points(*read_point_cloud(paths[0]), None), {1: Path(paths[0]).stem})
    if suffix == ".json":
        raise InputError(f"'{paths[0]}' holds no closed curve of Slicer's markups; save points as CSV instead.")
    return ShapeInput(check_given(read(job, "labels"), settings), {})


def _refuse_choice(settings: SegmentationSettings) -> None:
    if settings.labels is not None:
        raise InputError("Curves and points have no label values to choose from; leave out the setting 'labels'.")
