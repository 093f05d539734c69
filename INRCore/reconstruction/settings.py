"""Settings of super-resolution."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..fields import FieldSettings
from ..fitting import FitSettings
from ..settings import require_choice, require_range

PROFILE_NAMES = ("boxcar", "gaussian")
BIAS_NAMES = ("none", "stacks", "n4")
MOTION_NAMES = ("none", "stacks", "slices")
METHOD_NAMES = ("lattice", "network", "denoise")
SLICE_AXIS_NAMES = ("auto", "i", "j", "k")


@dataclass(frozen=True)
class SuperResolutionSettings:
    """How thick slices become an isotropic volume.

    method: 'lattice' (voxels that explain the slices best, with what was learned of the detail or with the total
    variation beside), 'network' (a neural field through the slice profile, completed by splines) or 'denoise' (one
    volume without its noise, on its own grid).
    spacing_mm: voxel size of the result, the same along all axes; None: the smallest spacing of the (first) stack.
    profile: sensitivity through a slice, 'boxcar' or 'gaussian'. slice_thickness_mm: width of the boxcar, or the
    Gaussian's full width at half maximum; None: the distance between slices (slices without gaps).
    slice_axis: the array axis across the slices, 'i', 'j' or 'k'; 'auto': the axis with the largest spacing.
    samples: random points through a slice at which the fit evaluates the field (the completion uses a fixed, finer
    rule). pixel_area: whether pixels are averages over their area instead of values at their centre; models the blur
    within the slices as well, which sharpens the result and its noise.
    completion_iterations: rounds in which what the field leaves unexplained of the slices is added by cubic splines;
    0: the field alone (smooth, without noise, but fine detail only after a long fit).
    detail: 'lattice' only; where all slices lie one way, a small network learns the detail across the slices from the
    detail within them. mirrors: it is also asked about the mirror images (four times the time, a little better).
    solver_rounds, solver_steps: rounds of conjugate gradients and steps in each ('lattice').
    motion: 'none' (the headers are right), 'stacks' (each stack is aligned to the first as a whole) or 'slices' (every
    slice has a pose of its own, slices that fit nowhere are rejected); motion_rounds: of poses and volume in turn, at
    each of three resolutions ('lattice').
    bias: smooth differences in brightness: 'none', 'stacks' (as far as the stacks tell where they overlap) or 'n4'
    (also within each stack, by N4).
    aligned_stacks: whether the result holds the stacks as volumes where they were found to lie.
    uncertainty: whether a 90 % interval is estimated for each voxel ('lattice'; two to three times the time where
    stacks cross).
    field: the network of the method 'network'. fit: how that network, or the one that learns the detail, is fitted;
    `fit.points` counts evaluations of the field (measured voxels times samples), or fine pixels of lessons.
    """

    method: str = "lattice"
    spacing_mm: float | None = None
    profile: str = "boxcar"
    slice_thickness_mm: float | None = None
    slice_axis: str = "auto"
    samples: int = 3
    pixel_area: bool = False
    completion_iterations: int = 2
    detail: bool = True
    mirrors: bool = True
    solver_rounds: int = 3
    solver_steps: int = 8
    bias: str = "none"
    motion: str = "none"
    motion_rounds: int = 2
    uncertainty: bool = True
    aligned_stacks: bool = False
    field: FieldSettings = dataclasses.field(default_factory=lambda: FieldSettings(omega_first=8.0))
    fit: FitSettings = dataclasses.field(default_factory=FitSettings)

    def __post_init__(self) -> None:
        require_choice("The method", self.method, METHOD_NAMES)
        require_choice("The bias field", self.bias, BIAS_NAMES)
        require_choice("The motion", self.motion, MOTION_NAMES)
        require_range("The number of rounds of motion", self.motion_rounds, 1, 50)
        require_range("The spacing of the result", self.spacing_mm, 1e-3, 1e3, "mm")
        require_choice("The slice profile", self.profile, PROFILE_NAMES)
        require_range("The slice thickness", self.slice_thickness_mm, 1e-3, 1e3, "mm")
        require_choice("The slice axis", self.slice_axis, SLICE_AXIS_NAMES)
        require_range("The number of samples through a slice", self.samples, 1, 64)
        require_range("The number of completion rounds", self.completion_iterations, 0, 100)
        require_range("The number of rounds of the solver", self.solver_rounds, 1, 50)
        require_range("The number of steps of the solver", self.solver_steps, 1, 200)
