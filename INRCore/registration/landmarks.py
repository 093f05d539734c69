"""Pairs of landmarks: checked, measured, and, if they are fitted, in part kept aside to measure with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..settings import require

_FEWEST_TO_SPLIT = 10
_SHARE_LEFT_OUT = 0.2


@dataclass(frozen=True, eq=False)
class Landmarks:
    """fixed, moving: (N, 3) RAS mm, row by row the same places; fitted: (N) bool, the rows that the fit sees."""

    fixed: np.ndarray
    moving: np.ndarray
    fitted: np.ndarray

    @classmethod
    def of(cls, fixed: np.ndarray | None, moving: np.ndarray | None, fit_them: bool, seed: int) -> Landmarks | None:
        """None without any. With `fit_them`, a fifth of ten or more is left out at random, for an error that the fit
        did not see. Raises `InputError` for one side only, unequal numbers and rows that are no points."""
        if fixed is None and moving is None:
            return None
        if fixed is None or moving is None:
            side = "moving" if fixed is None else "fixed"
            raise InputError(f"Landmarks are given for the {side} image only; give both.")
        pair = np.asarray(fixed, float), np.asarray(moving, float)
        for name, points in zip(("fixed", "moving"), pair, strict=True):
            require_points(f"The {name} landmarks", points)
        count, others = (len(points) for points in pair)
        require(
            count == others,
            f"There are {count} fixed and {others} moving landmarks; row by row they must be the same places.",
        )
        fitted = np.full(count, fit_them)
        if fit_them and count >= _FEWEST_TO_SPLIT:
            left_out = np.random.default_rng(seed).choice(count, round(_SHARE_LEFT_OUT * count), replace=False)
            fitted[left_out] = False
        return cls(*pair, fitted)

    @property
    def note(self) -> str:
        """What to know before the errors are believed; empty where nothing was fitted."""
        if not self.fitted.any():
            return ""
        if self.fitted.all():
            return (
                f"All {len(self.fitted)} landmarks were fitted, so their errors after the registration say nothing "
                "about its accuracy elsewhere; give ten or more, of which a fifth is left out and measured."
            )
        return (
            f"{self.fitted.sum()} landmarks were fitted; the accuracy is that of the {(~self.fitted).sum()} left out "
            "(tre_left_out_mm)."
        )


def require_points(name: str, points: np.ndarray, fewest: int = 1) -> None:
    """Raises `InputError` unless `points` are so many or more rows of three finite numbers."""
    good = points.ndim == 2 and points.shape[1:] == (3,) and len(points) >= fewest and np.isfinite(points).all()
    require(bool(good), f"{name} must be {fewest} or more rows of three finite numbers x, y, z (RAS mm).")
