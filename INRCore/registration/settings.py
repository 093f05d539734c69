"""What can be chosen about a registration."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..fields import FieldSettings
from ..fitting import FitSettings
from ..settings import require, require_choice, require_range

MODEL_NAMES = ("auto", "displacement", "velocity", "cycle", "sliding")
INITIAL_NAMES = ("none", "rigid", "affine")
SIMILARITY_NAMES = ("ncc", "lncc", "ncc_lncc", "lncc_squared", "mse", "mind", "nmi")
_WEIGHTS = (
    "jacobian_weight", "hyperelastic_weight", "bending_weight", "folding_weight", "cycle_weight", "landmarks_weight",
    "curves_weight", "labels_weight", "rigidity_weight", "slip_weight",
)  # fmt: skip


@dataclass(frozen=True)
class RegistrationSettings:
    """Settings of `register`.

    model: 'displacement', u(x) in mm given by the field; 'velocity', the flow of a stationary velocity field, which
    never folds and has an exact inverse; 'cycle', one displacement field there and one back, whose disagreement is an
    uncertainty in mm; 'sliding', two displacement fields, one inside a region that moves on its own and one outside,
    which may differ along its surface but not across it: `Guides.sliding` gives the region, otherwise it is what lies
    inside the rib cage of a chest CT in Hounsfield units; 'auto', 'sliding' for two chest CTs (unless
    choose_stiffness finds that nothing slides) or where `Guides.sliding` is given, otherwise 'displacement'.
    forbid_folding: only models that cannot fold are accepted.
    velocity_steps: Runge-Kutta steps of the flow in the fit (four evaluations of the field each; results take as many
    as they need). symmetric: also compare the images by the way back (velocity; 'cycle' always does). cycle_weight:
    weight of the squared distance, in voxels, by which the way there and back misses its start.
    initial: 'none' (trust the positions in the files), 'rigid' or 'affine' alignment first (SimpleITK, mutual
    information).
    similarity: 'ncc' (same contrast up to brightness and gain), 'lncc' (the same in small windows, so that brightness
    may change from place to place), 'ncc_lncc' (both), 'lncc_squared' (in windows, and bright may be dark in the other
    image: for different contrasts), 'mse' (same intensities), 'mind' (MIND-SSC descriptors, for different contrasts) or
    'nmi' (normalised mutual information, for different contrasts). Windows reach 1.5 voxels beyond a mask.
    channel_similarities: one for each of several channels; empty: `similarity` for all. channel_weights: how much each
    channel counts; empty: all alike.
    smoothing_voxels: one stage of the fit for each entry, from coarse to fine; both images are smoothed by a Gaussian
    of so many voxel lengths (standard deviation; cube root of the fixed voxel's volume), 0 = as they are.
    fit.iterations is shared equally among the stages.
    jacobian_weight, hyperelastic_weight: weights of the volume change and the hyperelastic loss (no unit);
    bending_weight: of the bending energy, in mm^2 (it is per mm^2) for a field of view 256 mm long, and with the square
    of the length for others, so that a mouse is as stiff as a man; the similarity's weight is 1; 0 = not used.
    folding_weight: of the barrier that rises where volumes shrink to less than 0.3 of theirs (no unit; displacement
    and cycle: a flow cannot fold).
    landmarks_weight, curves_weight: per mm^2 of squared distance, of landmarks (0: they are only measured) and curves;
    choose_stiffness: short trial fits (half the iterations, three quarters of the points) decide between bending and
    hyperelastic weights and finest splines as they are set and a stiffer choice (five times the weights, one level of
    splines and half the iterations less), and with model = 'auto' whether a rib cage slides, by which of them foretells
    voxels that were left out.
    continue_trial: the fit goes on from the chosen trial with the later half of the stages, instead of anew.
    averaged_fits: so many fits of other random samples, whose mean is the map (encoding 'grid', where it is linear in
    what is fitted).
    labels_weight: of 1 - Dice; rigidity_weight: of rigid structures (no unit); slip_weight: of the squared gap, in
    voxels, between the sides of a sliding surface; all only where such things are given.
    field: with encoding 'grid' the displacement or velocity is the sum of its levels' splines, with no network behind
    them, and of a displacement batches are lattices of voxels, regularisers on every eighth point of the whole field
    of view.
    regularizer_share: otherwise regularisers are taken at this many points per point of the similarity, half of them
    where the images are compared and half anywhere in the field of view.
    displacement_scale_mm: displacement that an output of 1 of the network stands for; larger learns faster and coarser;
    None: 5 % of half the longest side. grid_spacing_mm: spacing of the displacement grid; None: as coarse as keeps
    `grid_tolerance_voxels` (of the shortest voxel side) or 0.1 mm, whichever is less. margin_mm: width of the border
    around the fixed field of view in which the displacement fades to 0; None: wide enough for it not to fold.
    label_interpolation: how label maps are carried over: 'smooth' (by signed distances) or 'nearest'.
    """

    model: str = "displacement"
    forbid_folding: bool = False
    velocity_steps: int = 1
    symmetric: bool = False
    cycle_weight: float = 0.05
    initial: str = "none"
    similarity: str = "ncc"
    channel_similarities: tuple[str, ...] = ()
    channel_weights: tuple[float, ...] = ()
    smoothing_voxels: tuple[float, ...] = (4.0, 2.0, 0.0)
    jacobian_weight: float = 0.0
    hyperelastic_weight: float = 0.01
    bending_weight: float = 0.0
    folding_weight: float = 0.0
    choose_stiffness: bool = False
    continue_trial: bool = False
    averaged_fits: int = 1
    landmarks_weight: float = 0.0
    curves_weight: float = 0.01
    labels_weight: float = 0.5
    rigidity_weight: float = 1.0
    slip_weight: float = 0.05
    regularizer_share: float = 0.25
    displacement_scale_mm: float | None = None
    grid_spacing_mm: float | None = None
    grid_tolerance_voxels: float = 0.05
    margin_mm: float | None = None
    label_interpolation: str = "smooth"
    field: FieldSettings = dataclasses.field(default_factory=lambda: FieldSettings(width=96, depth=3, omega_first=10.0))
    fit: FitSettings = dataclasses.field(default_factory=FitSettings)

    def __post_init__(self) -> None:
        require_choice("The deformation model", self.model, MODEL_NAMES)
        require(
            self.model == "velocity" or not self.forbid_folding,
            f"The model '{self.model}' can fold; choose model = 'velocity', or allow folding.",
        )
        require(
            self.model == "velocity" or not self.symmetric,
            "Only model = 'velocity' can be chosen to be symmetric; 'cycle' is so by itself.",
        )
        require_range("velocity_steps", self.velocity_steps, 1, 32)
        require_choice("The initial alignment", self.initial, INITIAL_NAMES)
        for name in (self.similarity, *self.channel_similarities):
            require_choice("The similarity", name, SIMILARITY_NAMES)
        for weight in self.channel_weights:
            require_range("An entry of channel_weights", weight, 0, 1e6)
        require(
            not self.channel_weights or sum(self.channel_weights) > 0,
            "All channel_weights are 0; one of them at least must be above 0.",
        )
        require(
            1 <= len(self.smoothing_voxels) <= 8,
            "smoothing_voxels needs one to eight numbers, one for each stage, coarse to fine, such as (4, 2, 0).",
        )
        for sigma in self.smoothing_voxels:
            require_range("An entry of smoothing_voxels", sigma, 0, 64, "voxels")
        for name in _WEIGHTS:
            require_range(name, getattr(self, name), 0, 1e6)
        require_range("averaged_fits", self.averaged_fits, 1, 16)
        require(
            self.averaged_fits == 1 or self.field.encoding == "grid",
            "Only splines can be averaged; choose averaged_fits = 1, or the encoding 'grid'.",
        )
        require(
            self.averaged_fits == 1 or not self.continue_trial,
            "Fits that are averaged begin anew; choose continue_trial = False, or averaged_fits = 1.",
        )
        require_range("regularizer_share", self.regularizer_share, 0.01, 4)
        require_range("displacement_scale_mm", self.displacement_scale_mm, 1e-3, 1e4, "mm")
        require_range("grid_spacing_mm", self.grid_spacing_mm, 1e-3, 1e3, "mm")
        require_range("grid_tolerance_voxels", self.grid_tolerance_voxels, 1e-3, 1, "voxels")
        require_range("margin_mm", self.margin_mm, 0, 1e4, "mm")
        require_choice("label_interpolation", self.label_interpolation, ("smooth", "nearest"))
        smooth_grid = self.field.encoding == "grid" and self.field.grid_interpolation == "cubic"
        trilinear = self.field.encoding in ("hashgrid", "grid") and not smooth_grid
        require(
            self.bending_weight == 0 or not trilinear,
            "The bending energy needs second derivatives, which trilinear grids lack; choose another encoding, or "
            "grid_interpolation = 'cubic'.",
        )
        require(self.fit.iterations >= len(self.smoothing_voxels), "Fewer iterations than stages in smoothing_voxels.")

    def measures(self, channels: int) -> tuple[str, ...]:
        """The similarity of each of so many channels. Raises `InputError` when another number of them is set."""
        names = self.channel_similarities or (self.similarity,) * channels
        self._require_as_many("channel_similarities", len(names), channels)
        return names

    def shares(self, channels: int) -> tuple[float, ...]:
        """How much each of so many channels counts, 1 in all. Raises `InputError` when another number is set."""
        weights = self.channel_weights or (1.0,) * channels
        self._require_as_many("channel_weights", len(weights), channels)
        return tuple(weight / sum(weights) for weight in weights)

    @staticmethod
    def _require_as_many(name: str, given: int, channels: int) -> None:
        require(
            given == channels,
            f"{name} has {given} entries and there are {channels} channels (pairs of a fixed and a moving volume); "
            "give one for each, or leave it empty.",
        )
