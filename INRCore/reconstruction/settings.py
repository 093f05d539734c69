"""Settings of super-resolution."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..fields import FieldSettings
from ..fitting import FitSettings
from ..settings import require_choice, require_range

PROFILE_NAMES = ("boxcar", "gaussian")
SLICE_AXIS_NAMES = ("auto", "i", "j", "k")


@dataclass(frozen=True)
class SuperResolutionSettings:
    """How thick slices become an isotropic volume.

    spacing_mm: voxel size of the result, the same along all axes; None: the smallest spacing of the (first) stack.
    profile: sensitivity through a slice, 'boxcar' or 'gaussian'. slice_thickness_mm: width of the boxcar, or the
    Gaussian's full width at half maximum; None: the distance between slices (slices without gaps).
    slice_axis: the array axis across the slices, 'i', 'j' or 'k'; 'auto': the axis with the largest spacing.
    samples: random points through a slice at which the fit evaluates the field (the completion uses a fixed, finer
    rule). pixel_area: whether pixels are averages over their area instead of values at their centre; models the blur
    within the slices as well, which sharpens the result and its noise.
    completion_iterations: rounds in which what the field leaves unexplained of the slices is added by cubic splines;
    0: the field alone (smooth, without noise, but fine detail only after a long fit).
    field, fit: the network and how it is fitted; `fit.points` counts evaluations of the field, that is measured voxels
    times samples.
    """

    spacing_mm: float | None = None
    profile: str = "boxcar"
    slice_thickness_mm: float | None = None
    slice_axis: str = "auto"
    samples: int = 3
    pixel_area: bool = False
    completion_iterations: int = 2
    field: FieldSettings = dataclasses.field(default_factory=lambda: FieldSettings(omega_first=8.0))
    fit: FitSettings = dataclasses.field(default_factory=FitSettings)

    def __post_init__(self) -> None:
        require_range("The spacing of the result", self.spacing_mm, 1e-3, 1e3, "mm")
        require_choice("The slice profile", self.profile, PROFILE_NAMES)
        require_range("The slice thickness", self.slice_thickness_mm, 1e-3, 1e3, "mm")
        require_choice("The slice axis", self.slice_axis, SLICE_AXIS_NAMES)
        require_range("The number of samples through a slice", self.samples, 1, 64)
        require_range("The number of completion rounds", self.completion_iterations, 0, 100)
