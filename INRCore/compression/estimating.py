"""What a compression will cost, from a few blocks of the volume, before it is done."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..fitting import Progress, run_to_end
from ..fitting.progress import Steps
from ..settings import choose_settings, require
from ..volume import Volume, require_volumes
from .content import plain_content
from .inr_file import InrFile
from .pyramid.codec import Pyramid
from .pyramid_encoder import PyramidEncoder, Quantised
from .pyramid_format import pyramid_to_bytes
from .pyramid_task import falling_error_of
from .rate_curve import RateCurve, RateEstimate, RatePoint
from .region import check_region, inner_settings, inner_volume, region_mask
from .settings import CompressionSettings
from .specials import find_specials
from .stored_pyramid import FILTERS_KEY

_EDGE = 44
_BLOCKS = 10
_SMALL = 1_200_000  # voxels; the whole volume takes no longer than its blocks
_STEPS = tuple(0.3 * 3.5**-n for n in range(5))
"""Of the range; what lies between is interpolated."""
_PROBED = 20_000


@dataclass(frozen=True)
class Block:
    """A part of the volume that stands for `share` of its voxels."""

    encoder: PyramidEncoder
    share: float


def estimate(
    volume: Volume, settings: CompressionSettings | str | None = None, region: Volume | None = None
) -> RateEstimate:
    """About how large a file and how good a volume `compress` with the same arguments would give (codec 'pyramid').

    A few blocks, chosen so that rough and smooth parts of the volume count as they should (systematic sampling of a
    list sorted by roughness: Cochran, Sampling Techniques, 1977, chapter 8), are quantised at some steps. Where slices
    predicted from each other take fewer bytes, which `compress` finds out, the file is smaller than this says. Raises
    `InputError` for a volume or settings that `compress` would refuse.
    """
    return run_to_end(estimate_steps(volume, settings, region))


def estimate_steps(
    volume: Volume, settings: CompressionSettings | str | None = None, region: Volume | None = None
) -> Steps[RateEstimate]:
    """`estimate`, step by step: yields progress of the stage 'estimate'."""
    settings = choose_settings(CompressionSettings, "compression", settings)
    require_volumes(volume, [] if region is None else region)
    require(settings.codec == "pyramid", "Only the codec 'pyramid' can say beforehand what it will cost; choose it.")
    started = time.perf_counter()
    content = plain_content(volume, settings)
    inner = 0.0
    if region is not None:
        check_region(settings)
        inner = yield from _region_bytes(volume, content, settings, region_mask(region, volume.grid))
    if content.intensity.scale == 0:
        chosen, curve = RatePoint(0.0, math.inf, 400.0), RateCurve(())
    else:
        blocks = list(_blocks(volume, content))
        curve = yield from _curve(volume, content, blocks)
        chosen = _chosen(curve, volume, content, blocks, settings, inner)
        if settings.target_max_error is None:  # curves have a knee where noise begins to be coded
            curve = curve.with_point(_point(blocks, chosen.step, volume, content))
            chosen = _chosen(curve, volume, content, blocks, settings, inner)
    chosen = replace(chosen, bytes=chosen.bytes + inner)
    return RateEstimate(chosen, curve, volume.nbytes, inner, time.perf_counter() - started)


def _curve(volume: Volume, content: InrFile, blocks: list[Block]) -> Steps[RateCurve]:
    extent, points = content.intensity.high - content.intensity.low, []
    for number, relative in enumerate(_STEPS):
        yield Progress("estimate", number, len(_STEPS))
        points.append(_point(blocks, relative * extent, volume, content))
    return RateCurve(tuple(points))


def _point(blocks: list[Block], step: float, volume: Volume, content: InrFile) -> RatePoint:
    size, low, squares = 0.0, 0.0, 0.0
    extent = content.intensity.high - content.intensity.low
    for block in blocks:
        quantised = block.encoder.quantised(step, draft=True)
        own_low = _low_bytes(_low_of(quantised))
        coded = max(block.encoder.size(quantised) - block.encoder.overhead - own_low, 0)
        size += block.share * coded / block.encoder.volume.array.size
        low += block.share * own_low / _low_of(quantised).size
        quantised = block.encoder.filtered(quantised)
        squares += block.share * (extent / falling_error_of(block.encoder, quantised)) ** 2
    return _whole(volume, content, step, size, low, squares)


def _whole(volume: Volume, content: InrFile, step: float, size: float, low: float, squares: float) -> RatePoint:
    """size: bytes per voxel without the low part; low: bytes per sample of the low part, of which the whole volume has
    fewer than all blocks together; squares: mean squared error."""
    encoder, extent = PyramidEncoder(volume, content), content.intensity.high - content.intensity.low
    samples = math.prod(encoder.levels[-1].low_shape if encoder.levels else volume.array.shape)
    total = size * volume.array.size + low * samples + encoder.overhead
    return RatePoint(step, _decibels(extent, squares), total)


def _low_of(quantised: Quantised) -> np.ndarray:
    """The coarsest lattice of a block, whose slices are never predicted from each other."""
    assert isinstance(quantised.pyramid, Pyramid)
    return quantised.pyramid.low


def _low_bytes(low: np.ndarray) -> float:
    """About what the coarsest lattice takes: differences as Exp-Golomb codes."""
    differences = np.abs(np.diff(low.reshape(-1), prepend=0)).astype(np.float64)
    return float((2 * np.floor(np.log2(2 * differences + 1)) + 1).sum()) / 8


def _chosen(
    curve: RateCurve, volume: Volume, content: InrFile, blocks: list[Block], settings: CompressionSettings, inner: float
) -> RatePoint:
    """The point that the settings ask for, without the region."""
    if settings.target_max_error is not None:
        return _bounded_point(volume, content, blocks, settings.target_max_error)
    settings = settings.within(volume.nbytes, int(inner))
    usual = volume.nbytes / settings.usual_ratio + PyramidEncoder(volume, content).overhead
    goal = volume.nbytes / settings.target_ratio if settings.target_ratio else usual
    if settings.target_psnr_db is not None:
        point = curve.at_psnr(settings.target_psnr_db)
        if settings.target_ratio is None or point.bytes <= goal:
            return point
    return curve.at_bytes(goal)


def _bounded_point(volume: Volume, content: InrFile, blocks: list[Block], bound: float) -> RatePoint:
    """Coded with corrections, block by block."""
    size, low, squares = 0.0, 0.0, 0.0
    step = PyramidEncoder(volume, content).bound_step(bound)
    for block in blocks:
        encoder = block.encoder
        quantised = encoder.quantised(step)
        own_low, file = _low_bytes(_low_of(quantised)), encoder.file(quantised, bound)
        assert file.pyramid is not None
        once = encoder.overhead + len(file.pyramid.parts.get(FILTERS_KEY, b""))
        rest = max(len(pyramid_to_bytes(file)) - once - own_low, 0)
        size += block.share * rest / encoder.volume.array.size
        low += block.share * own_low / _low_of(quantised).size
        error = file.decompress().array.astype(np.float64) - encoder.volume.array
        error = error[np.isfinite(error)]
        squares += block.share * (float(np.square(error).mean()) if error.size else 0.0)
    return _whole(volume, content, step, size, low, squares)


def _region_bytes(volume: Volume, content: InrFile, settings: CompressionSettings, mask: np.ndarray) -> Steps[float]:
    inner, extent = inner_volume(volume, mask), content.intensity.high - content.intensity.low
    if not extent:
        return 0.0
    specials = find_specials(inner.array)
    content = replace(content, grid=inner.grid, dtype=inner.array.dtype, specials=specials)
    wanted = inner_settings(settings, volume, inner, extent)
    blocks = list(_blocks(inner, content))
    if wanted.target_max_error is not None:
        yield Progress("estimate", 0, 1)
        return _bounded_point(inner, content, blocks, wanted.target_max_error).bytes
    curve = yield from _curve(inner, content, blocks)
    return _chosen(curve, inner, content, blocks, wanted, 0).bytes


def _blocks(volume: Volume, content: InrFile) -> Iterator[Block]:
    """All of a small volume; of a larger one blocks of up to 44^3 voxels: sorted by how rough they
    are, cut into groups of the same roughness in sum, one of the middle of each group."""
    shape = volume.array.shape
    if volume.array.size <= _SMALL:
        yield _block(volume, content, (0, 0, 0), list(shape), 1.0)
        return
    counts = [-(-n // _EDGE) for n in shape]
    edges = [n // c for n, c in zip(shape, counts, strict=True)]  # side by side: overlaps would count twice
    corners = [np.linspace(0, n - e, c).round().astype(int) for n, e, c in zip(shape, edges, counts, strict=True)]
    places = [(k, j, i) for k in corners[0] for j in corners[1] for i in corners[2]]
    if len(places) <= _BLOCKS:
        for place in places:
            yield _block(volume, content, place, edges, 1 / len(places))
        return
    roughness = np.array([_roughness(volume.array, place, edges) for place in places])
    order = np.argsort(roughness, kind="stable")
    weights = roughness[order] + 0.05 * roughness.mean() + 1e-300
    ends = np.cumsum(weights) / weights.sum()
    group = np.minimum((ends * _BLOCKS * (1 - 1e-9)).astype(int), _BLOCKS - 1)
    for number in range(_BLOCKS):
        members = order[group == number]
        if members.size:
            place = places[members[len(members) // 2]]
            yield _block(volume, content, place, edges, members.size / len(places))


def _block(volume: Volume, content: InrFile, place: tuple[int, ...], edges: list[int], share: float) -> Block:
    box = tuple(slice(p, p + e) for p, e in zip(place, edges, strict=True))
    array = np.ascontiguousarray(volume.array[box])
    grid = volume.grid.cropped((box[2].start, box[1].start, box[0].start), (box[2].stop, box[1].stop, box[0].stop))
    own = replace(content, grid=grid, specials=find_specials(array))
    return Block(PyramidEncoder(volume.with_array(array, grid), own, array.size / volume.array.size), share)


def _roughness(array: np.ndarray, place: tuple[int, ...], edges: list[int]) -> float:
    """Mean absolute difference of neighbours along the longest axis, of a sample of the block's lines."""
    part = array[tuple(slice(p, p + e) for p, e in zip(place, edges, strict=True))]
    part = np.moveaxis(part, int(np.argmax(part.shape)), 0)
    step = max(1, int((part.size / _PROBED) ** 0.5))
    differences = np.abs(np.diff(part[:, ::step, ::step].astype(np.float64), axis=0))
    differences = differences[np.isfinite(differences)]
    return float(differences.mean()) if differences.size else 0.0


def _decibels(extent: float, squares: float) -> float:
    return 10 * math.log10(extent**2 / max(squares, (extent * 1e-12) ** 2)) if extent else 400.0
