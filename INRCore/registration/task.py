"""`register`: from two volumes to the deformation between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..fitting import Control, Progress, run_to_end
from ..fitting.progress import Steps
from ..settings import choose_settings, require
from ..volume import Volume, require_volumes
from .affine import align_steps
from .checks import input_notes, outcome_notes, require_landmarks_in_place, volume_notes
from .fit import averaged_fit_steps
from .guides import Guides
from .images import prepare_image
from .initial import checked_matrix
from .landmarks import Landmarks
from .maps import fitted_map
from .problem import Pair
from .result import RegistrationResult
from .rib_cage import inside_rib_cage
from .sampled import MOST_INVERSE_ERROR_MM
from .sampling import sample_steps
from .settings import RegistrationSettings
from .trials import trial_steps
from .unfolding import unfold

_LEAST_SHARE = 0.02


def register(
    fixed: Volume | Sequence[Volume],
    moving: Volume | Sequence[Volume],
    settings: RegistrationSettings | str | None = None,
    *,
    fixed_mask: Volume | None = None,
    moving_mask: Volume | None = None,
    fixed_landmarks: np.ndarray | None = None,
    moving_landmarks: np.ndarray | None = None,
    guides: Guides | None = None,
    initial_transform: np.ndarray | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    control: Control | None = None,
) -> RegistrationResult:
    """Finds phi(x) = affine(x + u(x)), from fixed to moving points (RAS mm), that makes moving(phi(x)) look like
    fixed(x), in the way of IDIR (Wolterink, Zwienenberg & Brune, MIDL 2022); what u is, settings.model says.

    fixed, moving: a volume, or as many of each that show the same in other contrasts (T1, T2, FLAIR; on any grids, the
    first of each where results lie): the n-th fixed is compared with the n-th moving one, and the mean counts.
    Masks (any grid; nonzero = compare here) weight the loss and leave the images alone. Landmarks, (N, 3) RAS mm row by
    row the same places, are measured; they are fitted as well with settings.landmarks_weight above 0, a fifth of ten or
    more left out. `guides`: labels, curves and rigid structures to be fitted too. `initial_transform`: 4x4 RAS matrix
    that takes fixed to moving points, to start from (`matrix_of_transform_file` reads one); settings.initial other than
    'none' improves it first. `settings`: an object or a preset's name (default 'balanced'). A stopped run returns the
    best field so far. Raises `InputError` for images of one slice, constant or not overlapping ones, empty masks,
    unequal numbers of volumes, landmarks or curves, labels of which none is in both maps, and an initial transform that
    is no invertible affine matrix.
    """
    steps = register_steps(
        fixed, moving, settings, control, fixed_mask=fixed_mask, moving_mask=moving_mask,
        fixed_landmarks=fixed_landmarks, moving_landmarks=moving_landmarks, guides=guides,
        initial_transform=initial_transform,
    )  # fmt: skip
    return run_to_end(steps, on_progress)


def register_steps(
    fixed: Volume | Sequence[Volume],
    moving: Volume | Sequence[Volume],
    settings: RegistrationSettings | str | None = None,
    control: Control | None = None,
    *,
    fixed_mask: Volume | None = None,
    moving_mask: Volume | None = None,
    fixed_landmarks: np.ndarray | None = None,
    moving_landmarks: np.ndarray | None = None,
    guides: Guides | None = None,
    initial_transform: np.ndarray | None = None,
) -> Steps[RegistrationResult]:
    """`register` as a generator of progress reports that returns the result."""
    started = time.perf_counter()
    settings = choose_settings(RegistrationSettings, "registration", settings)
    require_volumes(fixed, moving, *(mask for mask in (fixed_mask, moving_mask) if mask is not None))
    control, guides = control or Control(), guides or Guides()
    landmarks = Landmarks.of(fixed_landmarks, moving_landmarks, settings.landmarks_weight > 0, settings.fit.seed)
    affine = checked_matrix(initial_transform)
    volumes = _in_channels(fixed, moving, settings)
    _require_overlap(*volumes[0], affine, settings)
    channels = [(prepare_image(a, fixed_mask, "fixed"), prepare_image(b, moving_mask, "moving")) for a, b in volumes]
    if settings.initial != "none":
        given = None if initial_transform is None else affine
        affine = yield from align_steps(*channels[0], settings.initial, settings.fit.seed, control, given)
    pair = Pair(channels, affine, settings.fit.seed)
    require_landmarks_in_place(landmarks, pair)
    asked = settings
    settings, sliding = _model_and_region(guides, *volumes[0], settings)
    warnings = (
        *volume_notes(volumes[0][0], fixed_mask, channels[0][0], "fixed"),
        *volume_notes(volumes[0][1], moving_mask, channels[0][1], "moving"),
        *input_notes(pair, settings, volumes),
    )
    if warnings:
        yield Progress("check", 1, 1, note=" ".join(warnings))
    chosen: tuple[str, ...] = ()
    begun = None
    if settings.choose_stiffness:
        guessed = asked.model == "auto" and settings.model == "sliding" and guides.sliding is None
        settings, begun, chosen = yield from trial_steps(pair, settings, control, guides, landmarks, sliding, guessed)
    model, record = yield from averaged_fit_steps(pair, settings, control, guides, landmarks, sliding, begun)
    if settings.folding_weight:
        unfold(model, channels[0][0].grid, settings.fit.seed)
    grid, aligned = channels[0][0].grid, not np.array_equal(affine, np.eye(4))
    outputs = yield from sample_steps(
        fitted_map(model, grid, settings), pair, settings, volumes[0][1], landmarks, aligned
    )
    metrics = outputs["metrics"]
    about = outcome_notes(metrics) + _folding_notes(metrics, settings) + _inverse_notes(metrics)
    # What matters most is read first.
    record["notes"] = warnings + about + _landmark_notes(landmarks) + record["notes"] + chosen
    return RegistrationResult(
        **record,
        **outputs,
        direction=_direction(*volumes[0]),
        settings=settings,
        affine=affine,
        fixed_grid=grid,
        seconds=time.perf_counter() - started,
    )


def _direction(fixed: Volume, moving: Volume) -> str:
    return (
        f"The moving volume {moving.label} was brought onto the fixed volume {fixed.label}, on whose voxels results "
        "lie; the transform, applied to the moving volume, does the same (it takes fixed points to moving ones)."
    )


def _in_channels(
    fixed: Volume | Sequence[Volume], moving: Volume | Sequence[Volume], settings: RegistrationSettings
) -> list[tuple[Volume, Volume]]:
    """The volumes as pairs of the same contrast, their numbers checked."""
    sides = [[given] if isinstance(given, Volume) else list(given) for given in (fixed, moving)]
    counts = [len(side) for side in sides]
    require(
        counts[0] == counts[1] > 0,
        f"There are {counts[0]} fixed and {counts[1]} moving volumes; give as many of each, in the same order of "
        "contrasts.",
    )
    settings.measures(counts[0])
    settings.shares(counts[0])
    return list(zip(*sides, strict=True))


def _require_overlap(fixed: Volume, moving: Volume, affine: np.ndarray, settings: RegistrationSettings) -> None:
    if settings.initial != "none" or fixed.grid.transformed(affine).overlaps(moving.grid):
        return
    if fixed.grid.transformed(np.linalg.inv(affine)).overlaps(moving.grid):
        raise InputError(
            "The initial transform takes the fixed image out of the moving one, and its inverse brings them together: "
            "exchange fixed and moving, or give the inverse (it has to take fixed to moving points)."
        )
    raise InputError(
        f"The fixed image {fixed.label} and the moving image {moving.label} lie apart in space (centres "
        f"{np.linalg.norm(fixed.grid.center - moving.grid.center):.0f} mm from each other); choose "
        "initial = 'rigid' or 'affine', which brings them together first."
    )


def _model_and_region(
    guides: Guides, fixed: Volume, moving: Volume, settings: RegistrationSettings
) -> tuple[RegistrationSettings, Volume | None]:
    """The settings with the model 'auto' decided, and the region of the model 'sliding'."""
    if settings.model == "auto":
        region = guides.sliding or _rib_cage_of_both(fixed, moving)
        return replace(settings, model="displacement" if region is None else "sliding"), region
    if settings.model == "sliding":
        return settings, guides.sliding or inside_rib_cage(fixed)
    require(guides.sliding is None, "A sliding region is given, which only model = 'sliding' takes into account.")
    return settings, None


def _rib_cage_of_both(fixed: Volume, moving: Volume) -> Volume | None:
    """What lies inside the rib cage of the fixed image; None unless both images are chest CTs."""
    try:
        region, other = inside_rib_cage(fixed), inside_rib_cage(moving)
    except InputError:
        return None
    return region if all(_LEAST_SHARE < part.array.mean() < 1 - _LEAST_SHARE for part in (region, other)) else None


def _landmark_notes(landmarks: Landmarks | None) -> tuple[str, ...]:
    return (landmarks.note,) if landmarks is not None and landmarks.note else ()


def _inverse_notes(metrics: dict[str, float]) -> tuple[str, ...]:
    """What to say when a second grid cannot follow the inverse of the map."""
    miss = metrics["inverse_error_max_mm"]
    if miss <= MOST_INVERSE_ERROR_MM or metrics["folding_fraction_sampled"]:
        return ()
    return (
        f"An inverse kept as a grid of its own misses by up to {miss:.2g} mm, where the map squeezes or slides; the "
        "transform inverted in Slicer (as the panel does) and transform_points_back do not.",
    )


def _folding_notes(metrics: dict[str, float], settings: RegistrationSettings) -> tuple[str, ...]:
    """What to say when the saved map cannot be inverted everywhere."""
    share = max(metrics["folding_fraction"], metrics["folding_fraction_sampled"])
    if share == 0:
        return ()
    cure = (
        "choose a smaller grid_spacing_mm, for the flow itself does not fold."
        if settings.model == "velocity"
        else "choose model = 'velocity', which cannot, or a larger hyperelastic_weight."
    )
    return (f"The map folds at {100 * share:.2g} % of the places and has no inverse there; {cure}",)
