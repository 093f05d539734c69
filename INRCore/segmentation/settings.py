"""Settings of the segmentation task."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..fields import FieldSettings
from ..fitting import FitSettings
from ..settings import require, require_choice, require_range

METHOD_NAMES = ("spline", "network")
SPARSE_NAMES = ("auto", "dense", "i", "j", "k", "ij", "ik", "jk", "ijk")


@dataclass(frozen=True)
class SegmentationSettings:
    """How a label map becomes signed distance fields.

    method: 'spline' (cubic splines on lattices, of least bending between drawn slices) or 'network' (one network for
    all labels, fitted to what the splines say).
    stiffness: weight of bending against the drawn contours (sixty times as much where slices of several orientations
    cross, whose voxel steps contradict each other); rounds, bending_iterations: how often the angle between
    surface and slices is found anew, and steps of the solver each time; 0 rounds interpolate from slice to slice only.
    feature_mm: bumps, pits and gaps smaller than this are smoothed away, volume kept; 0: none.
    one_component: of each label only the largest connected piece is kept.
    allow_overlap: surfaces of different labels may cross; else overlaps and narrow gaps are shared.
    field, fit: network and fit loop (the method 'network'; of `fit` the splines take max_memory_gb alone). One unit of
    the network's coordinates is 40 voxels (the mean of the three sides; for sparse slices their distance counts), not
    half of the longest side: omega_first 30 means details of some voxels.
    labels: label values to fit; None: all but 0.
    spacing_mm: isotropic voxel size of the resulting label map and distance map, and of the lattice the surfaces are
    traced on; None: the input's.
    sparse: 'dense': every voxel's label is meant; 'i', 'j', 'k' or several of them ('ik', 'ijk'): only slices across
    these axes are drawn, what is between them is unknown; 'auto': look at the pattern.
    empty_slices: slices that were looked at and hold nothing, as 'k50' or 'i3-5' (axis, 0-based numbers): all labels
    are outside there. Other slices without a label are unknown (sparse slices only).
    image_weight: with an image given, which share of the way to the best matching edge a surface goes where nothing is
    drawn, from 0 (not at all) to 1 (all of it).
    smoothness_mm: voxel steps are smoothed over this length, without ever changing a voxel's label; None: one voxel
    (the cube root of its volume); 0: not at all.
    band_voxels: standard deviation, in voxels, of the points around the surfaces that the field is mostly fitted at.
    dirichlet_weight, off_surface_weight, eikonal_weight: weights of the loss terms (surface at zero; signed distances
    off the surface; slope 1).
    eikonal_share: share of each step's points at which the slope is constrained; more costs more time.
    far_tolerance: how much a distance beyond three voxels may be off, as a share of what is beyond; it frees the
    network for the surfaces when there are many labels. None: 0.05 per label, 0.9 at most.
    between_slices: how far, as a share of the distance to the next drawn slice, the surface may stray from the
    interpolated contours (sparse slices only).

    In the words of OReX (Sawdayee et al., CVPR 2023), 'spline' has hard constraints (drawn voxels keep their side) and
    `stiffness` as its soft prior; in 'network' dirichlet_weight and off_surface_weight are the soft constraints,
    between_slices what is left free, band_voxels the refinement at boundaries, and eikonal_weight its gradient term.
    """

    method: str = "spline"
    stiffness: float = 0.003
    rounds: int = 6
    bending_iterations: int = 40
    feature_mm: float = 0.0
    one_component: bool = False
    allow_overlap: bool = False
    field: FieldSettings = dataclasses.field(default_factory=FieldSettings)
    fit: FitSettings = dataclasses.field(default_factory=lambda: FitSettings(points=1024))
    labels: tuple[int, ...] | None = None
    spacing_mm: float | None = None
    sparse: str = "auto"
    empty_slices: tuple[str, ...] = ()
    image_weight: float = 0.5
    smoothness_mm: float | None = None
    band_voxels: float = 1.8
    dirichlet_weight: float = 1.0
    off_surface_weight: float = 1.0
    eikonal_weight: float = 0.3
    eikonal_share: float = 0.15
    far_tolerance: float | None = None
    between_slices: float = 0.5

    def __post_init__(self) -> None:
        require_choice("The method", self.method, METHOD_NAMES)
        require_range("stiffness", self.stiffness, 1e-6, 1e6)
        require_range("rounds", self.rounds, 0, 100)
        require_range("bending_iterations", self.bending_iterations, 1, 10_000)
        require_range("feature_mm", self.feature_mm, 0, 100, "mm")
        require_choice("sparse", self.sparse, SPARSE_NAMES)
        require_range("image_weight", self.image_weight, 0, 1)
        require_range("The spacing", self.spacing_mm, 1e-3, 1e3, "mm")
        require_range("smoothness_mm", self.smoothness_mm, 0, 100, "mm")
        require_range("band_voxels", self.band_voxels, 0.2, 50, "voxels")
        for name in ("dirichlet_weight", "off_surface_weight", "eikonal_weight"):
            require_range(name, getattr(self, name), 0, 1e6)
        weights = self.dirichlet_weight + self.off_surface_weight
        require(weights > 0, "dirichlet_weight and off_surface_weight are both 0; one of them must be above 0.")
        require_range("eikonal_share", self.eikonal_share, 0, 1)
        require_range("far_tolerance", self.far_tolerance, 0, 1)
        require_range("between_slices", self.between_slices, 0, 1)
        if self.labels is not None:
            values = list(self.labels)
            good = all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in values)
            message = f"labels is {self.labels}; name one or more label values above 0, each once."
            require(len(values) > 0 and good and len(set(values)) == len(values), message)
