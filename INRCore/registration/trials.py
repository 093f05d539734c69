"""How stiff the map between two images should be and whether their sides slide, told by the images themselves.

One and the same head in two positions wants stiff splines, two patients want loose ones; a chest that breathes slides
along its ribs, one that was only laid down otherwise does not. No fixed setting suits all. Short fits of each kind are
made without a fifth of the voxels, and the simplest that foretells these not clearly worse than the best is taken (the
rule of one standard error: Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section 3.4.3;
here two, because neighbouring blocks are not independent).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..fitting import Control, FitSettings
from ..fitting.progress import Steps
from ..volume import Volume
from .fit import fit_steps
from .guides import Guides
from .held_out import HeldOut
from .landmarks import Landmarks
from .models import Model
from .problem import Pair
from .settings import RegistrationSettings

_ITERATIONS, _POINTS = 0.5, 0.75
"""Of a trial, as shares of the fit's."""
_TIME = 0.2
"""Share of a time limit for each of at most three trials."""
_STIFFER = 5.0
_STANDARD_ERRORS = 2.0
_FEWEST_BLOCKS = 30


_OF_SLIDING = "Nothing slides", "The rib cage slides"
_OF_STIFFNESS = "Stiff splines were chosen", "Loose splines were chosen"


def trial_steps(
    pair: Pair,
    settings: RegistrationSettings,
    control: Control,
    guides: Guides,
    landmarks: Landmarks | None,
    sliding: Volume | None = None,
    may_not_slide: bool = False,
) -> Steps[tuple[RegistrationSettings, Model | None, tuple[str, ...]]]:
    """Yields the progress of the trial fits and returns the settings to fit with, their choice made, the model of the
    chosen trial (None unless settings.continue_trial wants to go on with it), and notes.
    `sliding`: the region of the model 'sliding'; `may_not_slide`: whether to try 'displacement' as well."""
    loose = replace(settings, choose_stiffness=False)
    held_out = HeldOut(pair, settings)
    if held_out.blocks < _FEWEST_BLOCKS:
        return loose, None, ()
    trials = _Trials(held_out, settings.fit, control, guides, landmarks, sliding)
    stiff = _stiffer(loose)
    if may_not_slide:
        stiff = yield from trials.simplest_good([replace(stiff, model="displacement"), stiff], _OF_SLIDING)
    loose = replace(loose, model=stiff.model)
    best = yield from trials.simplest_good([stiff, loose], _OF_STIFFNESS)
    if control.stopped:
        return loose, None, ()
    left = settings.fit.max_seconds
    remaining = left and (1 - _TIME * len(trials.found)) * left
    begun = trials.models[best] if settings.continue_trial else None
    return replace(best, fit=replace(best.fit, max_seconds=remaining)), begun, tuple(trials.notes)


class _Trials:
    """Short fits that see nothing of the voxels left out. `models` and `found`: by the settings tried, what was fitted
    and its correlations at these voxels, (blocks); `notes`: what was chosen and why."""

    def __init__(
        self,
        held_out: HeldOut,
        asked: FitSettings,
        control: Control,
        guides: Guides,
        landmarks: Landmarks | None,
        sliding: Volume | None,
    ) -> None:
        self._held_out, self._asked, self._control, self._more = held_out, asked, control, (guides, landmarks, sliding)
        self.models: dict[RegistrationSettings, Model] = {}
        self.found: dict[RegistrationSettings, np.ndarray] = {}
        self.notes: list[str] = []

    def simplest_good(
        self, candidates: list[RegistrationSettings], words: tuple[str, str]
    ) -> Steps[RegistrationSettings]:
        """Of two candidates the first, simpler one unless the other foretells clearly better; `words`: for the note on
        either of them. The second when the user stops."""
        for candidate in candidates:
            if candidate not in self.found:
                model, _ = yield from fit_steps(
                    self._held_out.pair, self._short(candidate), self._control, *self._more, "try out"
                )
                self.models[candidate] = model
                self.found[candidate] = self._held_out.correlations(model)
            if self._control.stopped:
                return candidates[-1]
        found, weights = [self.found[candidate] for candidate in candidates], self._held_out.weights
        number = simplest_that_is_enough(found, weights)
        self.notes.append(_note(words[number], number, found, weights))
        return candidates[number]

    def _short(self, settings: RegistrationSettings) -> RegistrationSettings:
        """All trials take as many steps, so that none is ahead for that alone."""
        fit = replace(
            settings.fit,
            iterations=max(round(_ITERATIONS * self._asked.iterations), len(settings.smoothing_voxels)),
            points=max(round(_POINTS * self._asked.points), 1),
            max_seconds=self._asked.max_seconds and _TIME * self._asked.max_seconds,
            target_loss=None,
        )
        return replace(settings, fit=fit)


def simplest_that_is_enough(found: list[np.ndarray], weights: np.ndarray) -> int:
    """Which of the candidates, from simple to free, to take: `found` (blocks) correlations of each, `weights`
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


def _note(words: str, number: int, found: list[np.ndarray], weights: np.ndarray) -> str:
    taken, other = (f"{weights @ found[n] / weights.sum():.4f}" for n in (number, 1 - number))
    better = "better than the alternative" if number else "no worse than the alternative, or hardly"
    return f"{words}: that foretold voxels left out {better} (correlation {taken} against {other})."
