"""The network for a volume: as large as the file has room for, as fine as the voxels are."""

from __future__ import annotations

import bisect
import zlib

import torch

from ..errors import InputError
from ..fields import Field, FieldSettings, Frame
from ..geometry import Grid
from ..settings import from_dict
from ..volume import Volume
from .files import inr_to_bytes, pack_field
from .inr_file import InrFile
from .settings import CompressionSettings

_AUTOMATIC_RATIO = 8.0
_WIDTHS = (4, 4096)
_TABLES = (4, 24)  # log2 of entries
_SMALLEST_AUTOMATIC = {"width": 16, "hash_log2_entries": 8}
_SAFE_WIDTH = 64
_USUAL_WEIGHTS_PER_AXIS = 60
_FEWEST_VOXELS = 4
_LOWEST_OMEGA = 5.0
_SLACK = 256  # bytes: section head, longer numbers in the description of a wider network, less well deflated weights


def plan_field(volume: Volume, content: InrFile, settings: CompressionSettings) -> FieldSettings:
    """The settings of the largest field with which the file reaches `target_ratio` (or an eighth of the raw bytes, at
    most of the size in the settings, when none is asked for). `content` is the file without its field.

    Raises `InputError` when even the smallest network makes the file too large for the ratio asked for.
    """
    name = "hash_log2_entries" if settings.field.encoding == "hashgrid" else "width"
    low, high = _sizes(settings, name)
    smallest = from_dict(FieldSettings, {name: low}, settings.field)
    packed = pack_field(Field(smallest, Frame.of_grid(volume.grid)))
    description = zlib.compress(packed[: len(packed) - weight_bytes(smallest)], 9)
    fixed = len(inr_to_bytes(content)) + len(description) + _SLACK

    def bytes_of(size: int) -> int:
        return fixed + weight_bytes(from_dict(FieldSettings, {name: size}, settings.field))

    room = volume.nbytes / (settings.target_ratio or _AUTOMATIC_RATIO)
    size = bisect.bisect_right(range(high + 1), room, lo=low, key=bytes_of) - 1
    if size < low and settings.target_ratio is not None:
        raise InputError(
            f"{volume.label} cannot be compressed {settings.target_ratio:g}:1: the smallest file with this kind of "
            f"network gives {volume.nbytes / bytes_of(low):.3g}:1; ask for a lower ratio."
        )
    planned = from_dict(FieldSettings, {name: max(size, low)}, settings.field)
    return with_affordable_frequency(volume.grid, planned)


def with_affordable_frequency(grid: Grid, settings: FieldSettings) -> FieldSettings:
    """The same settings with `omega_first` in proportion to the waves along an axis that the network has weights for:
    the d-th root of their number in d dimensions (axes of fewer than 4 voxels do not count). A sine network that starts
    with finer waves than it can place fits worse, however fine the voxels are (figures: "What was tried" of
    `Testing/benchmarks/compression/README.md`)."""
    if settings.encoding != "none" or settings.network == "relu":
        return settings
    dimensions = max(1, sum(n >= _FEWEST_VOXELS for n in grid.shape))
    omega = settings.omega_first * weight_count(settings) ** (1 / dimensions) / _USUAL_WEIGHTS_PER_AXIS
    return from_dict(FieldSettings, {"omega_first": min(max(omega, _LOWEST_OMEGA), 1e4)}, settings)


def learning_rate_for(width: int, learning_rate: float) -> float:
    """The learning rate of a network of this width: every unit sums `width` inputs whose steps agree, so steps must
    shrink as the width grows, or sine networks diverge (compare maximal update parametrisation: Yang et al., NeurIPS
    2021, table 3)."""
    return learning_rate * min(1.0, _SAFE_WIDTH / width)


def weight_count(settings: FieldSettings) -> int:
    """Trainable weights of a field."""
    return _empty_field(settings).parameter_count


def weight_bytes(settings: FieldSettings) -> int:
    """Bytes of a field's weights (float16) and fixed tensors (float32) in the file, before deflation."""
    field = _empty_field(settings)
    return 2 * field.parameter_count + 4 * sum(buffer.numel() for buffer in field.buffers())


def _empty_field(settings: FieldSettings) -> Field:
    with torch.device("meta"):
        return Field(settings, Frame((0, 0, 0), 1.0), seed=None)


def _sizes(settings: CompressionSettings, name: str) -> tuple[int, int]:
    """Smallest and largest size that may be chosen."""
    if settings.target_ratio is not None:
        return _TABLES if name == "hash_log2_entries" else _WIDTHS
    wanted = int(getattr(settings.field, name))
    return min(_SMALLEST_AUTOMATIC[name], wanted), wanted
