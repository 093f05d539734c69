"""How stiff the map between two images should be, told by the images themselves.

One and the same head in two positions wants stiff splines, two patients want loose ones; no fixed weight suits both.
Short fits of either kind are made without a fifth of the voxels, and the stiffest that foretells these not clearly
worse than the best is taken (the rule of one standard error: Breiman, Friedman, Olshen & Stone, Classification and
Regression Trees, 1984, section 3.4.3; here two, because neighbouring blocks are not independent).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..fitting import Control
from ..fitting.progress import Steps
from ..volume import Volume
from .fit import fit_steps
from .guides import Guides
from .held_out import HeldOut
from .landmarks import Landmarks
from .problem import Pair
from .settings import RegistrationSettings

_TRIAL_ITERATIONS, _TRIAL_POINTS, _TRIAL_TIME = 160, 6144, 0.25
_STIFFER = 5.0
_STANDARD_ERRORS = 2.0
_FEWEST_BLOCKS = 30


def stiffness_steps(
    pair: Pair,
    settings: RegistrationSettings,
    control: Control,
    guides: Guides,
    landmarks: Landmarks | None,
    sliding: Volume | None = None,
) -> Steps[tuple[RegistrationSettings, tuple[str, ...]]]:
    """Yields the progress of the trial fits and returns the settings to fit with, their choice made, and notes."""
    left = settings.fit.max_seconds
    chosen = replace(settings, choose_stiffness=False)
    held_out = HeldOut(pair, settings)
    if held_out.blocks < _FEWEST_BLOCKS:
        return chosen, ()
    candidates, found = [_stiffer(chosen), chosen], []
    for candidate in candidates:
        trial = replace(candidate, fit=replace(
            candidate.fit,
            iterations=min(settings.fit.iterations, _TRIAL_ITERATIONS),
            points=min(candidate.fit.points, _TRIAL_POINTS),
            max_seconds=left and _TRIAL_TIME * left,
            target_loss=None,
        ))  # fmt: skip
        model, _ = yield from fit_steps(held_out.pair, trial, control, guides, landmarks, sliding, "try stiffness")
        found.append(held_out.correlations(model))
        if control.stopped:
            return chosen, ()
    number = stiffest_that_is_enough(found, held_out.weights)
    best = candidates[number]
    fit = replace(best.fit, max_seconds=left and (1 - _TRIAL_TIME * len(candidates)) * left)
    return replace(best, fit=fit), (_note(number, found, held_out.weights),)


def stiffest_that_is_enough(found: list[np.ndarray], weights: np.ndarray) -> int:
    """Which of the candidates, from stiff to loose, to take: `found` (blocks) correlations of each, `weights`
    (blocks)."""
    best = max(range(len(found)), key=lambda number: float(weights @ found[number]))
    for number in range(best):
        behind = found[best] - found[number]
        mean = weights @ behind / weights.sum()
        error = np.sqrt((weights**2 * (behind - mean) ** 2).sum()) / weights.sum()
        if mean <= _STANDARD_ERRORS * error:
            return number
    return best


def _stiffer(settings: RegistrationSettings) -> RegistrationSettings:
    """Without the finest splines, with heavier regularisers, and with half the iterations, which are enough for so few
    splines: more of them make the map rougher, not better."""
    field, weights = settings.field, {}
    if field.encoding == "grid" and field.grid_levels > 1:
        ratio = (field.grid_coarsest / field.grid_finest) ** (1 / (field.grid_levels - 1))
        field = replace(field, grid_levels=field.grid_levels - 1, grid_finest=round(field.grid_finest * ratio))
    for name in ("bending_weight", "hyperelastic_weight"):
        weights[name] = _STIFFER * getattr(settings, name)
    fit = replace(settings.fit, iterations=max(settings.fit.iterations // 2, len(settings.smoothing_voxels)))
    return replace(settings, field=field, fit=fit, **weights)


def _note(number: int, found: list[np.ndarray], weights: np.ndarray) -> str:
    stiff, loose = (f"{weights @ values / weights.sum():.4f}" for values in found)
    if number == 0:
        return f"Stiff splines were chosen: loose ones foretold voxels left out no better ({loose} against {stiff})."
    return f"Loose splines were chosen: they foretold voxels left out better than stiff ones ({loose} against {stiff})."
