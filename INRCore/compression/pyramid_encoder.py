"""A volume as a pyramid: trials at different steps, and the content of the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .background import Background, find_background
from .filter_fitting import fit_filters
from .holes import fill_holes
from .inr_file import InrFile
from .intensity import IntensityMap
from .parts import Key
from .pyramid.bounded import encode_corrections, low_bits_of
from .pyramid.codec import LOW_PLACE, PRICE, Pyramid, encode, quantise
from .pyramid.filters import Filters
from .pyramid.layout import plan_levels
from .pyramid.lifting import integer_type
from .pyramid.quantisation import UNITS
from .pyramid.restoration import is_worth_it, load_restoration
from .pyramid.support import needed_coefficients
from .pyramid.tiles import Box, coding_order, cut_tiles
from .pyramid.walk import ENTROPY_CODING, TRELLIS_CODING
from .pyramid_format import pyramid_to_bytes
from .residual import step_for_bound
from .slices.encoder import SMALLEST, Sliced, SliceEncoder, sample_box
from .stored_pyramid import FILTERS_KEY, LOW_KEY, StoredPyramid, correction_key
from .stored_slices import StoredSlices, stack_key, unit_limits

TILE = 128
_WHOLE: Box = (slice(None), slice(None), slice(None))
_UNTILED = 192  # samples along the longest axis
_UNTILED_VOXELS = 1 << 23  # tiles cost a volume of fewer voxels more than they save whoever wants a part of it
_FINEST_STEP = 2.0**-18  # of the range; errors below come from the corrections
_COARSEST_STEP = 64.0
_PLAIN_STEP, _PLAIN_PRICE = 0.82, 0.12
"""Step without dependent quantisation, in steps with it, at which they pay the same for a bit; that price in its own
squared steps."""
BOUND_TO_STEP = 2.0
"""Step, in widths of the bins of the corrections, with which the two together are smallest (measured on MR and CT)."""


@dataclass(frozen=True)
class Quantised:
    """A pyramid or slices, the intensity map of their fixed-point units, the voxels that they do not show, whether the
    network restores them, and the filters after it, once they are fitted. draft: whether it only tells about how large
    it would be."""

    pyramid: Pyramid | Sliced
    intensity: IntensityMap
    background: Background | None = None
    filters: Filters | None = None
    restored: bool = False
    fitted: bool = False
    draft: bool = False

    @property
    def largest(self) -> float:
        """Bound on the magnitudes of its whole units."""
        return (self.intensity.high - self.intensity.low) / self.intensity.scale

    def intensities(self) -> np.ndarray:
        """float64 (k, j, i) as a reader will find them, but for the voxels that are no numbers."""
        samples = self.pyramid.samples(self.largest)
        if self.restored:
            samples = load_restoration().applied(samples, [_WHOLE])
        if self.filters is not None:
            samples = self.filters.applied(samples, [_WHOLE], self.largest)
        found = self.intensity.to_intensities(samples)
        if self.background is not None:
            found[self.background.mask] = self.background.value
        return found

    @property
    def bits(self) -> float:
        """Of the pyramid and the background."""
        return self.pyramid.bits + (0 if self.background is None else 8 * len(self.background.stream))


class PyramidEncoder:
    """Makes trials and files from one volume. `content`: a file without pyramid, with the volume's grid and range."""

    def __init__(self, volume: Volume, content: InrFile, share: float = 1.0, predict: bool = False) -> None:
        """share: what it stands for of a volume, whose filters cost it that share of their bytes; predict: whether its
        slices may be predicted from each other where that is worth it."""
        self.volume, self.content, self._share = volume, content, share
        intensity = content.intensity
        self._range = intensity.high - intensity.low
        self._middle = intensity.low + self._range / 2
        k, j, i = volume.grid.spacing[::-1]
        self.levels = plan_levels(content.grid.shape, (k, j, i))
        large = max(content.grid.shape) > _UNTILED and volume.array.size > _UNTILED_VOXELS
        self.edge = TILE if large and len(self.levels) > 3 else 0
        self._values = fill_holes(volume.array.astype(np.float64)) if content.specials else volume.array
        self._background = find_background(volume.array)
        sliceable = min(content.grid.shape[1:]) >= SMALLEST
        self._predict = predict and sliceable and not content.specials
        self._slices: SliceEncoder | None = None
        self._worth_at, self._not_worth_at = 0.0, np.inf  # steps at which a background of its own won and lost

    @property
    def usual_step(self) -> float:
        """Where a search may begin, in intensities."""
        return 0.05 * self._range

    def limited(self, step: float) -> float:
        """The step within what can be coded."""
        return min(max(step, self._range * _FINEST_STEP), self._range * _COARSEST_STEP)

    def quantised(self, step: float, draft: bool = False) -> Quantised:
        """The volume at a step, in intensities; its background apart where that is worth its bits. draft: in a fraction
        of the time, without dependent quantisation, a pyramid about as large and as good; slices are never a draft."""
        step = self.limited(step)
        if self._predict and self._slices_worth(step):
            return self._sliced(step)
        if self._background is None or step >= self._not_worth_at:
            return self._quantised(step, draft=draft)
        if step <= self._worth_at:
            return self._quantised(step, self._background, draft)
        trials = [self._quantised(step, draft=draft), self._quantised(step, self._background, draft)]
        whole, apart = (self._cost(trial, step) for trial in trials)
        if apart < whole:
            self._worth_at = step
        else:
            self._not_worth_at = step
        return trials[apart < whole]

    def _quantised(self, step: float, background: Background | None = None, draft: bool = False) -> Quantised:
        unit = _short(step * (_PLAIN_STEP if draft else 1) / UNITS)
        if not unit > 0 or not np.isfinite(self._range / unit):
            raise InputError(f"{self.volume.label} has values too close together to be coded; rescale it first.")
        whole = integer_type(self._range / unit, len(self.levels))
        values = self._values if background is None else self._values_in_front
        samples = np.rint((values - self._middle) / unit).astype(whole)
        needed = None if background is None else self._needed
        price, model = (_PLAIN_PRICE, ENTROPY_CODING) if draft else (PRICE, TRELLIS_CODING)
        pyramid = quantise(samples, self.levels, self.edge, price, needed, model)
        limits = self.content.intensity
        return Quantised(pyramid, IntensityMap(unit, self._middle, limits.low, limits.high), background, draft=draft)

    def _slices_worth(self, step: float) -> bool:
        """Whether prediction between slices saves more than it costs, tried once, on a part of the volume."""
        if self._slices is None:
            box = tuple(sample_box(self.content.grid.shape))
            k, j, i = (part.start for part in box)
            grid = self.content.grid.cropped((i, j, k), (box[2].stop, box[1].stop, box[0].stop))
            part = PyramidEncoder(
                self.volume.with_array(np.ascontiguousarray(self.volume.array[box]), grid),
                replace(self.content, grid=grid),
            )
            part._slices = _slice_encoder(part._values, step)
            self._predict = part._cost(part._sliced(step), step) < part._cost(part.quantised(step), step)
            self._slices = _slice_encoder(self._values, step) if self._predict else None
        return self._predict

    def _sliced(self, step: float) -> Quantised:
        assert self._slices is not None
        limits = self.content.intensity
        intensity = IntensityMap(_short(step * _PLAIN_STEP / UNITS), self._middle, limits.low, limits.high)
        coded = self._slices.sliced(intensity.scale, self._middle, unit_limits(intensity), UNITS)
        return Quantised(coded, intensity)

    def filtered(self, quantised: Quantised) -> Quantised:
        """The same, restored where that brings it nearer, with the filters that suit it, where they are worth their
        bytes."""
        if quantised.fitted:
            return quantised
        intensity, background = quantised.intensity, quantised.background

        def wanted(box: Box) -> np.ndarray:
            units = (self._values[box].astype(np.float64) - intensity.offset) / intensity.scale
            if background is not None:
                units[background.mask[box]] = np.nan
            if self.content.specials:
                units[~np.isfinite(self.volume.array[box])] = np.nan
            return units

        if not self.levels:
            return replace(quantised, fitted=True)
        samples, largest = quantised.pyramid.samples(quantised.largest), quantised.largest
        restored = isinstance(quantised.pyramid, Pyramid) and is_worth_it(samples, wanted)
        if restored:
            samples = load_restoration().applied(samples, [_WHOLE])
        filters = fit_filters(samples, wanted, largest, PRICE * self._share)
        return replace(quantised, filters=filters, restored=restored, fitted=True)

    def _cost(self, quantised: Quantised, step: float) -> float:
        """Squared error in squared steps, and the price of the bits."""
        error = (quantised.intensities() - self._values) / step
        return float(np.square(error).sum()) + PRICE * quantised.bits

    @cached_property
    def _values_in_front(self) -> np.ndarray:
        """The values, the background's replaced by what goes on smoothly."""
        assert self._background is not None
        return fill_holes(np.where(self._background.mask, np.nan, self._values))

    @cached_property
    def _needed(self) -> list[dict[int, np.ndarray]]:
        assert self._background is not None
        return needed_coefficients(~self._background.mask, self.levels)

    def file(self, quantised: Quantised, bound: float | None = None) -> InrFile:
        """The file's content, with corrections where a bound (in intensities) asks for them."""
        quantised = self.filtered(quantised)
        stored = self._stored(quantised)
        file = replace(self.content, intensity=quantised.intensity, pyramid=stored, background=quantised.background)
        return file if bound is None else self._bounded(file, stored, bound)

    def _stored(self, quantised: Quantised) -> StoredPyramid:
        shape, label, coded = self.content.grid.shape, self.volume.label, quantised.pyramid
        filters = {} if quantised.filters is None else {FILTERS_KEY: quantised.filters.to_bytes()}
        if isinstance(coded, Sliced):
            stacks: dict[Key, bytes] = {stack_key(place): stream for place, stream in coded.streams().items()}
            parts: dict[Key, bytes] = {LOW_KEY: coded.sequence.to_bytes(), **stacks, **filters}
            return StoredSlices(shape, self.levels, 0, parts, label=label, restored=quantised.restored)
        parts = {LOW_KEY if place == LOW_PLACE else ("L", *place): stream for place, stream in encode(coded).items()}
        parts |= filters
        return StoredPyramid(shape, self.levels, self.edge, parts, label=label, restored=quantised.restored)

    def size(self, quantised: Quantised) -> float:
        """Bytes that the file would have without corrections, to about 1 %."""
        return quantised.bits / 8 * 1.002 + self.overhead

    def bound_step(self, bound: float) -> float:
        """The step that suits a bound, in intensities."""
        return self.limited(BOUND_TO_STEP * step_for_bound(bound, self.volume, self.content.intensity))

    def _bounded(self, file: InrFile, stored: StoredPyramid, bound: float) -> InrFile:
        bin_width = step_for_bound(bound, self.volume, file.intensity)
        missed = self._values.astype(np.float64) - stored.intensities(file.intensity)
        if file.background is not None:
            missed[file.background.mask] = 0
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
        # Its line in the table, shifts, number of lanes, the state of the last lane.
        return len(pyramid_to_bytes(replace(self.content, pyramid=empty, intensity=intensity))) + 15 * count


def _short(unit: float) -> float:
    """About the same number, in fewer bytes of the file."""
    short = float(np.float32(unit))
    return short if short and abs(short / unit - 1) < 1e-6 else unit


def _slice_encoder(values: np.ndarray, step: float) -> SliceEncoder:
    return SliceEncoder(values, (step / 4) ** 2)  # the first step tried is a coarse one
