"""The size of the network that a file has room for."""

from __future__ import annotations

import bisect
from dataclasses import replace

import torch

from ..errors import InputError
from ..fields import Field, FieldSettings, Frame
from ..volume import Volume
from .files import inr_to_bytes, pack_field
from .inr_file import InrFile
from .settings import CompressionSettings

_AUTOMATIC_RATIO = 8.0
_SMALLEST_WIDTH, _LARGEST_WIDTH = 4, 4096
_SMALLEST_TABLE, _LARGEST_TABLE = 4, 24
_SAFE_WIDTH = 128
_SLACK = 96  # bytes: the section's head, and longer numbers in the description of a wider network


def plan_field(volume: Volume, content: InrFile, settings: CompressionSettings) -> FieldSettings:
    """The settings of the largest field with which the file reaches `target_ratio` (or an eighth of the raw bytes, at
    most of the size in the settings, when none is asked for). `content` is the file without its field.

    Raises `InputError` when even the smallest network makes the file too large for the ratio asked for.
    """
    ratio = settings.target_ratio or _AUTOMATIC_RATIO
    smallest = _sized(settings.field, _smallest(settings.field))
    overhead = len(pack_field(Field(smallest, Frame.of_grid(volume.grid)))) - weight_bytes(smallest)
    fixed = len(inr_to_bytes(content)) + overhead + _SLACK
    room = volume.nbytes / ratio - fixed
    low, high = _smallest(settings.field), _largest(settings)
    size = bisect.bisect_right(range(high + 1), room, lo=low, key=lambda n: weight_bytes(_sized(settings.field, n))) - 1
    if size >= low:
        return _sized(settings.field, size)
    if settings.target_ratio is None:
        return smallest
    best = volume.nbytes / (fixed + weight_bytes(smallest))
    raise InputError(
        f"{volume.label} cannot be compressed {ratio:g}:1: the smallest file there is gives {best:.3g}:1; "
        "ask for a lower ratio."
    )


def learning_rate_for(width: int, learning_rate: float) -> float:
    """The learning rate of a network of this width: every unit sums `width` inputs whose steps agree, so steps must
    shrink as the width grows, or sine networks diverge (compare maximal update parametrisation: Yang et al., NeurIPS
    2021, table 3)."""
    return learning_rate * min(1.0, _SAFE_WIDTH / width)


def weight_bytes(settings: FieldSettings) -> int:
    """Bytes of a field's weights (float16) and fixed tensors (float32) in the file, before deflation."""
    with torch.device("meta"):
        field = Field(settings, Frame((0, 0, 0), 1.0), seed=None)
    return 2 * field.parameter_count + 4 * sum(buffer.numel() for buffer in field.buffers())


def _sized(settings: FieldSettings, size: int) -> FieldSettings:
    if settings.encoding == "hashgrid":
        return replace(settings, hash_log2_entries=size)
    return replace(settings, width=size)


def _smallest(settings: FieldSettings) -> int:
    return _SMALLEST_TABLE if settings.encoding == "hashgrid" else _SMALLEST_WIDTH


def _largest(settings: CompressionSettings) -> int:
    hashed = settings.field.encoding == "hashgrid"
    if settings.target_ratio is not None:
        return _LARGEST_TABLE if hashed else _LARGEST_WIDTH
    return settings.field.hash_log2_entries if hashed else settings.field.width
