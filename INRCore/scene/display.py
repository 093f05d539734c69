"""How volumes of other quantities than intensities are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .colors import color_node
from .mrml import Node, Scene, image_array

_ROBUST = 99.0
_MOST_SAMPLES = 1_000_000
_DISTANCE_MM = 20.0
_LARGEST_JACOBIAN = 2.0
_JACOBIAN_STEP = _LARGEST_JACOBIAN / 255  # a colour's share: the lowest one then ends at 0


@dataclass(frozen=True)
class _Quantity:
    """Colours and the range of values that they span."""

    colors: str
    range: Callable[[np.ndarray], tuple[float, float]]
    interpolate: bool = True


def _symmetrical(values: np.ndarray) -> tuple[float, float]:
    reach = _robust_largest(np.abs(values))
    return -reach, reach


def _around_one(values: np.ndarray) -> tuple[float, float]:
    reach = _robust_largest(np.abs(values - 1))
    return 1 - reach, 1 + reach


def _from_zero(values: np.ndarray) -> tuple[float, float]:
    return 0.0, _robust_largest(values)


def _robust_largest(values: np.ndarray) -> float:
    """What few values exceed; never 0, since a window needs a width."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return 1.0
    return float(np.percentile(finite, _ROBUST)) or float(finite.max()) or 1.0


_QUANTITIES = {
    "difference": _Quantity("Difference", _symmetrical),
    "jacobian": _Quantity("Jacobian", lambda values: (-_JACOBIAN_STEP, _LARGEST_JACOBIAN), interpolate=False),
    "log jacobian": _Quantity("Difference", _symmetrical, interpolate=False),
    "uncertainty": _Quantity("Uncertainty", _from_zero),
    "factor": _Quantity("Difference", _around_one),
    "distance": _Quantity("Difference", lambda values: (-_DISTANCE_MM, _DISTANCE_MM)),
}
QUANTITY_NAMES = tuple(_QUANTITIES)


def show_quantity(scene: Scene, node: Node, quantity: str, within: np.ndarray | None = None) -> None:
    """Chooses colours and window of a scalar volume node by what its values mean.

    'difference': blue below 0, grey at 0, red above, as far as 99 % of the values reach to both sides. 'jacobian':
    blue where a deformation shrinks, grey at 1, red where it stretches up to 2, yellow where it folds (0 and below).
    'log jacobian': blue where it shrinks, grey at 0, red where it stretches, alike far to both sides.
    'uncertainty': dark at 0, brighter the larger. 'factor': blue below 1, grey at 1, red above. 'distance': signed,
    blue inside, grey at the surface, red outside, 20 mm to both sides. within: (k, j, i) bool, the voxels whose values
    choose the window (None: all), since in the air around a body a map may say anything. Raises `InputError` for
    another quantity.
    """
    if quantity not in _QUANTITIES:
        raise InputError(f"'{quantity}' is no quantity; choose one of {', '.join(QUANTITY_NAMES)}.")
    look, display = _QUANTITIES[quantity], node.GetScalarVolumeDisplayNode()
    values = image_array(node.GetImageData())
    values = values[within] if within is not None and within.any() else values.ravel()
    low, high = look.range(values[:: -(-values.size // _MOST_SAMPLES)])
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(low, high)
    display.SetAndObserveColorNodeID(color_node(scene, look.colors).GetID())
    display.SetInterpolate(look.interpolate)
