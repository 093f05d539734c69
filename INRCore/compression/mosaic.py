"""A volume too large to be transformed as a whole: boxes that overlap a little, each a pyramid of its own.

All boxes have one step, so that bytes go where they help most, and are coded and decoded one after another, so that no
more than one of them is in memory besides the volume. Where two overlap, one fades into the other: a voxel then lies
between what the two boxes have for it, so that an error bound that both keep is kept.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..fitting import Control, Progress
from ..fitting.progress import Steps
from ..geometry import Grid
from ..volume import Volume
from .inr_file import InrFile
from .pyramid.layout import Shape
from .pyramid_encoder import PyramidEncoder
from .pyramid_task import falling_error_of
from .rate_control import StepSearch, Trial, falling_error
from .settings import CompressionSettings
from .specials import find_specials

_BYTES, _BYTES_PER_VOXEL = 50 << 20, 120
"""Of a box while it is coded with filters: 102 MB for 0.5 million voxels, 141 (error bound) to 147 (ratio) for 0.9."""
OVERLAP = 6
_MEMBER_BYTES = 60
_MOST_TRIALS = 8
_MOST_FILES = 6
_PSNR_EXCESS_DB = 0.1
_SIZE_TOLERANCE, _PSNR_TOLERANCE = 0.012, 0.008
_SIZE_SLOPE, _PSNR_SLOPE = 1.3, 0.7
Box = tuple[slice, slice, slice]


def most_voxels_within(allowed_bytes: float) -> float:
    """How many voxels a box may have that is coded in so many bytes of memory; 1 where there are too few for any."""
    return max((allowed_bytes - _BYTES) / _BYTES_PER_VOXEL, 1.0)


def bytes_to_code(voxels: float) -> float:
    """Memory that a box of so many voxels takes while it is coded."""
    return _BYTES + _BYTES_PER_VOXEL * voxels


def cut_boxes(shape: Shape, most_voxels: float) -> list[Box]:
    """Overlapping boxes of about equal size, of at most so many voxels (but at least 16 a side), C order of (k, j, i);
    the longest edges are cut first."""
    counts = [1, 1, 1]
    while True:
        edges = [-(-n // count) + (OVERLAP if count > 1 else 0) for n, count in zip(shape, counts, strict=True)]
        longest = int(np.argmax(edges))
        if math.prod(edges) <= most_voxels or edges[longest] < 16 + OVERLAP:
            break
        counts[longest] += 1
    spans = []
    for n, count in zip(shape, counts, strict=True):
        borders = [n * place // count for place in range(count + 1)]
        spans.append([slice(max(a - OVERLAP, 0) if a else 0, b) for a, b in itertools.pairwise(borders)])
    return [(k, j, i) for k in spans[0] for j in spans[1] for i in spans[2]]


def mosaic_steps(
    volume: Volume, content: InrFile, settings: CompressionSettings, most_voxels: float, control: Control | None
) -> Steps[InrFile]:
    """The content of the file; yields progress of the stage 'quantise', a box at a time.

    Raises `InputError` when the ratio asked for cannot be reached."""
    coding = _Coding(volume, content, cut_boxes(volume.grid.shape, most_voxels))
    if settings.target_max_error is not None:
        step = coding.encoder(0).bound_step(settings.target_max_error)
        return (yield from coding.file_steps(step, settings.target_max_error))
    ratio = settings.target_ratio or settings.usual_ratio
    goal = volume.nbytes / ratio
    if settings.target_psnr_db is not None:
        search = StepSearch[float](falling_error(settings.target_psnr_db), coding.usual_step, _PSNR_SLOPE, True)
        yield from coding.search_steps(search, control, with_errors=True)
        reached = search.best
        if reached is not None and not (settings.target_ratio is not None and reached.result > goal):
            return (yield from coding.file_of_quality_steps(reached.step, settings.target_psnr_db))
    search = StepSearch[float](goal, coding.usual_step, _SIZE_SLOPE)
    yield from coding.search_steps(search, control)
    if search.best is not None:
        step = search.best.step
        for attempt in range(_MOST_FILES):
            file = yield from coding.file_steps(step)
            size = file.file_bytes
            if size <= goal:
                return file
            step *= (size / goal) ** (1 / _SIZE_SLOPE) * (1 + 0.003 * 2**attempt)
    raise InputError(f"{volume.label} cannot be compressed {ratio:.4g}:1 in boxes; ask for a lower ratio.")


class _Coding:
    """The boxes of one volume, coded one after another."""

    def __init__(self, volume: Volume, content: InrFile, boxes: list[Box]) -> None:
        self._volume, self._content, self._boxes = volume, content, boxes

    @property
    def usual_step(self) -> float:
        return 0.05 * self._range

    @property
    def _range(self) -> float:
        return self._content.intensity.high - self._content.intensity.low

    def encoder(self, number: int) -> PyramidEncoder:
        """Of a box; one without any number is coded as if it were flat."""
        box = self._boxes[number]
        start, stop = ([int(getattr(part, end)) for part in reversed(box)] for end in ("start", "stop"))
        grid = self._volume.grid.cropped((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
        array = np.ascontiguousarray(self._volume.array[box])
        specials = find_specials(array)
        if specials and not np.isfinite(array).any():
            array = np.full_like(array, self._content.intensity.low)
        own = replace(self._content, grid=grid, specials=specials, metadata={}, name="", units="")
        return PyramidEncoder(self._volume.with_array(array, grid), own)

    def search_steps(
        self, search: StepSearch[float], control: Control | None, with_errors: bool = False
    ) -> Steps[None]:
        """Trials until the search, for a size or (with_errors) a falling error, is done; their results are sizes."""
        for number in range(_MOST_TRIALS):
            step, size, squares = search.next_step, 0.0, 0.0
            for place in range(len(self._boxes)):
                yield Progress("quantise", number * len(self._boxes) + place, _MOST_TRIALS * len(self._boxes))
                own = self._tried(place, step, with_errors)
                size, squares = size + own[0], squares + own[1]
            search.add(Trial(step, self._falling(squares) if with_errors else size, size))
            done = search.done(_PSNR_TOLERANCE if with_errors else _SIZE_TOLERANCE)
            if done or (control is not None and control.stopped and search.best):
                break

    def _tried(self, place: int, step: float, with_errors: bool) -> tuple[float, float]:
        """Bytes and squared errors of a box; nothing else of it stays in memory."""
        encoder = self.encoder(place)
        quantised = encoder.quantised(step)
        size = encoder.size(quantised) + _MEMBER_BYTES
        if not with_errors:
            return size, 0.0
        return size, (self._range / falling_error_of(encoder, quantised)) ** 2 * encoder.volume.array.size

    def _falling(self, squares: float) -> float:
        """Range over root mean squared error, the overlaps counted twice."""
        count = sum(math.prod(part.stop - part.start for part in box) for box in self._boxes)
        return self._range / math.sqrt(max(squares / count, (self._range * 1e-12) ** 2))

    def file_steps(self, step: float, bound: float | None = None) -> Steps[InrFile]:
        """The file at a step, with corrections where a bound asks for them."""
        from .files import inr_from_bytes, inr_to_bytes

        members: list[InrFile | None] = []
        for place in range(len(self._boxes)):
            yield Progress("quantise" if bound is None else "residual", place, len(self._boxes))
            members.append(inr_from_bytes(self._packed(place, step, bound), self._volume.label))
        file = replace(self._content, specials={}, mosaic=tuple(members))
        return replace(file, file_bytes=len(inr_to_bytes(file)))

    def file_of_quality_steps(self, step: float, psnr_db: float) -> Steps[InrFile]:
        """The file at the coarsest step found with which the PSNR still holds once filters and fading have done theirs,
        which trials do not know of."""
        kept, failing = (yield from self.file_steps(step)), math.inf
        for _ in range(_MOST_FILES):
            more = self._psnr_db(kept) - psnr_db
            if more <= _PSNR_EXCESS_DB:
                break
            tried = min(step * 10 ** ((more - _PSNR_EXCESS_DB / 2) / 20 / _PSNR_SLOPE), math.sqrt(step * failing))
            file = yield from self.file_steps(tried)
            if self._psnr_db(file) < psnr_db:
                failing = tried
            else:
                kept, step = file, tried
        return kept

    def _psnr_db(self, file: InrFile) -> float:
        *_, (_, found) = native_voxels(file)
        squares, finite = 0.0, 0
        for one, other in zip(self._volume.array, found.reshape(self._volume.array.shape), strict=True):
            numbers = np.isfinite(one)
            difference = one[numbers].astype(np.float64) - other[numbers]
            squares, finite = squares + float(difference @ difference), finite + difference.size
        return 20 * math.log10(self._range / max(math.sqrt(squares / max(finite, 1)), self._range * 1e-12))

    def _packed(self, place: int, step: float, bound: float | None) -> bytes:
        from .files import inr_to_bytes

        encoder = self.encoder(place)
        return inr_to_bytes(encoder.file(encoder.quantised(step), bound))


def native_voxels(file: InrFile) -> Iterator[tuple[int, np.ndarray]]:
    """Decodes box after box into one array: yields (boxes done, all voxels, flattened)."""
    assert file.mosaic is not None
    result = np.full(file.grid.shape, file.intensity.low).astype(file.dtype)
    ends: list[dict[int, int]] = [{}, {}, {}]
    for number, member in enumerate(file.mosaic, 1):
        if member is not None:
            box = box_in(file, member)
            for axis, part in enumerate(box):
                ends[axis][part.start] = part.stop
            _fade_in(result[box], member.decompress().array, _ramps(box, ends))
        yield number, result.reshape(-1)


def sampled_voxels(file: InrFile, target: Grid) -> Iterator[tuple[int, np.ndarray]]:
    """As `native_voxels` on another grid; of boxes that overlap there the last one counts."""
    assert file.mosaic is not None
    result = np.full(target.voxel_count, file.intensity.low).astype(file.dtype)
    for number, member in enumerate(file.mosaic, 1):
        if member is not None and target.overlaps(member.grid):
            values = member.decompress(target).array.reshape(-1)
            for part, points in target.chunks(1 << 20):
                inside = member.grid.contains(points)
                result[part][inside] = values[part][inside]
        yield number, result


def warn_of_missing(file: InrFile) -> None:
    """Says how much of the file is not there."""
    assert file.mosaic is not None
    missing = sum(member is None for member in file.mosaic)
    if missing:
        warnings.warn(
            f"'{file.name}' ends too early: {missing} of its {len(file.mosaic)} boxes are missing.", stacklevel=2
        )


def box_in(file: InrFile, member: InrFile) -> Box:
    """Where a member lies. Raises `InputError` when that is nowhere."""
    box = file.grid.box_of(member.grid)
    if box is None or member.dtype != file.dtype:
        raise InputError(f"A box of '{file.name}' lies beside its volume; use an intact copy.")
    return box


def _ramps(box: Box, ends: list[dict[int, int]]) -> np.ndarray:
    """(k, j, i) share of a box that is put over those before it: rising over what they have of it, then 1."""
    shares = np.ones(())
    for part, known in zip(box, ends, strict=True):
        before = max((stop for start, stop in known.items() if start < part.start), default=part.start)
        common = max(min(before, part.stop) - part.start, 0)
        own = np.minimum((np.arange(part.stop - part.start) + 1) / (common + 1), 1.0)
        shares = shares[..., None] * own
    return shares


def _fade_in(voxels: np.ndarray, values: np.ndarray, shares: np.ndarray) -> None:
    for slab, new, share in zip(voxels, values, shares, strict=True):
        mixed = (share < 1) & (slab != new)
        if slab.dtype.kind == "f":
            mixed &= np.isfinite(slab) & np.isfinite(new)
        old = slab[mixed].astype(np.float64)
        found = old + share[mixed] * (new[mixed].astype(np.float64) - old)
        slab[...] = new
        slab[mixed] = found if slab.dtype.kind == "f" else np.rint(found)
