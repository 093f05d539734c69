"""A volume as a pyramid: trials at different steps, and the content of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .holes import fill_holes
from .inr_file import InrFile
from .intensity import IntensityMap
from .parts import Key
from .pyramid.bounded import encode_corrections, low_bits_of
from .pyramid.codec import LOW_PLACE, Pyramid, encode, quantise
from .pyramid.layout import plan_levels
from .pyramid.lifting import integer_type
from .pyramid.quantisation import UNITS
from .pyramid.tiles import coding_order, cut_tiles
from .pyramid_format import pyramid_to_bytes
from .residual import step_for_bound
from .stored_pyramid import LOW_KEY, StoredPyramid, correction_key

TILE = 128
_UNTILED = 192
_FINEST_STEP = 2.0**-18  # of the range; errors below come from the corrections
_COARSEST_STEP = 64.0
BOUND_TO_STEP = 2.0
"""Step, in widths of the bins of the corrections, with which the two together are smallest (measured on MR and CT)."""


@dataclass(frozen=True)
class Quantised:
    """A pyramid and the intensity map of its fixed-point units."""

    pyramid: Pyramid
    intensity: IntensityMap


class PyramidEncoder:
    """Makes trials and files from one volume. `content`: a file without pyramid, with the volume's grid and range."""

    def __init__(self, volume: Volume, content: InrFile) -> None:
        self.volume, self.content = volume, content
        intensity = content.intensity
        self._range = intensity.high - intensity.low
        self._middle = intensity.low + self._range / 2
        k, j, i = volume.grid.spacing[::-1]
        self.levels = plan_levels(content.grid.shape, (k, j, i))
        self.edge = TILE if max(content.grid.shape) > _UNTILED and len(self.levels) > 3 else 0
        self._values = fill_holes(volume.array.astype(np.float64)) if content.specials else volume.array

    @property
    def usual_step(self) -> float:
        """Where a search may begin, in intensities."""
        return 0.05 * self._range

    def limited(self, step: float) -> float:
        """The step within what can be coded."""
        return min(max(step, self._range * _FINEST_STEP), self._range * _COARSEST_STEP)

    def quantised(self, step: float) -> Quantised:
        """The volume at a step, in intensities."""
        unit = self.limited(step) / UNITS
        if not unit > 0 or not np.isfinite(self._range / unit):
            raise InputError(f"{self.volume.label} has values too close together to be coded; rescale it first.")
        whole = integer_type(self._range / unit, len(self.levels))
        samples = np.rint((self._values - self._middle) / unit).astype(whole)
        pyramid = quantise(samples, self.levels, self.edge)
        limits = self.content.intensity
        return Quantised(pyramid, IntensityMap(unit, self._middle, limits.low, limits.high))

    def file(self, quantised: Quantised, bound: float | None = None) -> InrFile:
        """The file's content, with corrections where a bound (in intensities) asks for them."""
        streams = encode(quantised.pyramid)
        parts: dict[Key, bytes] = {
            LOW_KEY if place == LOW_PLACE else ("L", *place): stream for place, stream in streams.items()
        }
        stored = StoredPyramid(self.content.grid.shape, self.levels, self.edge, parts, label=self.volume.label)
        file = replace(self.content, intensity=quantised.intensity, pyramid=stored)
        return file if bound is None else self._bounded(file, stored, bound)

    def size(self, quantised: Quantised) -> float:
        """Bytes that the file would have without corrections, to about 1 %."""
        return quantised.pyramid.bits / 8 * 1.002 + self.overhead

    def bound_step(self, bound: float) -> float:
        """The step that suits a bound, in intensities."""
        return self.limited(BOUND_TO_STEP * step_for_bound(bound, self.volume, self.content.intensity))

    def _bounded(self, file: InrFile, stored: StoredPyramid, bound: float) -> InrFile:
        bin_width = step_for_bound(bound, self.volume, file.intensity)
        missed = self._values.astype(np.float64) - stored.intensities(file.intensity)
        if self.content.specials:
            missed[~np.isfinite(self.volume.array)] = 0  # what fills holes need not be right
        corrections = np.rint(missed / bin_width).astype(np.int64)
        if not corrections.any():
            return file
        low_bits = low_bits_of(corrections)
        parts = dict(stored.parts)
        for piece in cut_tiles(stored.shape, stored.levels, stored.edge):
            parts[correction_key(piece.number)] = encode_corrections(corrections[piece.box], low_bits)
        return replace(file, pyramid=replace(stored, parts=parts, correction_step=bin_width, low_bits=low_bits))

    @cached_property
    def overhead(self) -> int:
        """Bytes of a file besides its coefficients."""
        empty = StoredPyramid(self.content.grid.shape, (), 0, {LOW_KEY: b""})
        count = 1 + sum(1 for _ in coding_order(empty.shape, self.levels, self.edge))
        intensity = replace(self.content.intensity, scale=1.0)
        # Head of the part, shifts, number of lanes, the state of the last lane.
        return len(pyramid_to_bytes(replace(self.content, pyramid=empty, intensity=intensity))) + 27 * count
