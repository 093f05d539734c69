"""Versions 2 and 4 of the .inr file: a pyramid and what is needed to place it (reference: Resources/Formats/INR.md)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import InputError
from ..geometry import Grid
from .background import Background
from .container import damaged
from .intensity import DTYPES, IntensityMap, check_limits
from .parts import Key, Parts, deflated, inflated, pack_parts
from .pyramid.damage import StreamError
from .pyramid.layout import Level, Shape
from .pyramid.tiles import TILED_LEVELS
from .pyramid.walk import SLICE_CODING, TRELLIS_CODING
from .pyramid_head import HEAD_KEY, META_KEY, description_of, head_numbers, pack_description, pack_head
from .specials import SPECIAL_VALUES
from .stored_pyramid import FILTERS_KEY, LOW_KEY, StoredPyramid
from .stored_slices import StoredSlices

if TYPE_CHECKING:
    from .inr_file import InrFile

_SPECIAL_KEYS: dict[str, Key] = {tag: ("S", 0, number) for number, tag in enumerate(SPECIAL_VALUES)}
_BACKGROUND_KEY: Key = ("B", 0, 0)
_BACKGROUND = struct.Struct("<d")
_WITH_FILTERS = 16
"""Added to the entropy coding of files with filters, which programs that know none then refuse."""
_RESTORED = 32
"""Likewise where the network that restores volumes comes before them."""
_MOST_LEVELS = 8
_MOST_META = 1 << 20
_MOST_VOXELS = 1 << 31


def pyramid_to_bytes(file: InrFile) -> bytes:
    """The bytes of a file whose content is a pyramid. Raises `InputError` when its metadata are too large."""
    pyramid, intensity = file.pyramid, file.intensity
    assert pyramid is not None
    masks = [sum(1 << a for a in level.axes) for level in pyramid.levels]
    head = [
        *file.grid.shape,
        *file.grid.ijk_to_world[:3].reshape(-1),
        *(intensity.scale, intensity.offset, intensity.low, intensity.high),
        pyramid.correction_step,
        DTYPES.index(file.dtype.name),
        len(pyramid.levels),
        pyramid.low_bits,
        pyramid.model + _WITH_FILTERS * (FILTERS_KEY in pyramid.parts) + _RESTORED * pyramid.restored,
        pyramid.edge,
        *masks,
    ]
    coarse = [key for key in pyramid.part_keys if key == LOW_KEY or (key[0] == "L" and key[1] >= TILED_LEVELS)]
    parts: dict[Key, bytes] = {HEAD_KEY: pack_head(head), **{key: pyramid.parts[key] for key in coarse}}
    parts |= {META_KEY: pack_description(_meta(file))}
    parts |= {_SPECIAL_KEYS[tag]: deflated(bits.tobytes()) for tag, bits in file.specials.items()}
    if file.background is not None:
        parts[_BACKGROUND_KEY] = _BACKGROUND.pack(file.background.value) + file.background.stream
    parts |= {key: pyramid.parts[key] for key in pyramid.part_keys if key not in parts}
    return pack_parts(parts)


def pyramid_from_parts(parts: Parts, label: str) -> InrFile:
    """Undoes `pyramid_to_bytes`; only the head, the metadata and the special voxels are read at once.

    Raises `InputError` naming `label` when they are missing or damaged."""
    for key in (HEAD_KEY, LOW_KEY):
        if key not in parts:
            damaged(label, "it ends before its coarsest picture")
    numbers = head_numbers(parts, label)
    try:
        file = _from_head(numbers, parts, label)
    except (ValueError, OverflowError) as error:
        if isinstance(error, InputError) and str(error).startswith(label):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")
    pyramid = file.pyramid
    assert pyramid is not None
    try:
        own = pyramid.part_keys
    except StreamError as error:
        damaged(label, str(error))
    if set(parts) - {HEAD_KEY, META_KEY, *_SPECIAL_KEYS.values(), _BACKGROUND_KEY, *own}:
        damaged(label, "it has parts that it should not have")
    if pyramid.complete and META_KEY not in parts:
        damaged(label, "a part is missing")
    meta = _read_meta(parts, label) if META_KEY in parts else {}
    return replace(
        file,
        name=meta.get("name", "volume"),
        units=meta.get("units", ""),
        creator=meta.get("creator", ""),
        metadata=meta.get("metadata", {}),
        specials=_read_specials(file, parts, label),
        background=_read_background(file, parts, label),
    )


def _from_head(numbers: list[Any], parts: Parts, label: str) -> InrFile:
    from .inr_file import InrFile

    k, j, i = numbers[:3]
    shape: Shape = (k, j, i)
    grid = _grid(shape, np.array([*numbers[3:15], 0, 0, 0, 1.0]).reshape(4, 4), label)
    intensity, (step, code, count, low_bits, model, edge) = IntensityMap(*numbers[15:19]), numbers[19:25]
    if code >= len(DTYPES) or count > _MOST_LEVELS or low_bits > 60 or not (math.isfinite(step) and step >= 0):
        damaged(label, "its head makes no sense")
    filtered, restored, model = model & _WITH_FILTERS, model & _RESTORED, model & ~(_WITH_FILTERS | _RESTORED)
    if (FILTERS_KEY in parts) != bool(filtered) and (parts.complete or not filtered):
        damaged(label, "its filters are missing or should not be there")
    if not 1 <= model <= TRELLIS_CODING:
        raise InputError(f"{label} needs the entropy model {model}, this program has 1 to {TRELLIS_CODING}; update it.")
    dtype = np.dtype(DTYPES[code])
    check_limits(intensity, dtype)
    if intensity.scale == 0:
        raise InputError("its intensities have no scale")
    levels = _levels(shape, numbers[25:], label)
    if edge and (edge % (1 << count) or len(levels) <= TILED_LEVELS or model == SLICE_CODING):
        damaged(label, "its tiles make no sense")
    kind = StoredSlices if model == SLICE_CODING else StoredPyramid
    pyramid = kind(shape, levels, edge, parts, step, low_bits, parts.complete, model, label, bool(restored))
    return InrFile(grid=grid, dtype=dtype, intensity=intensity, field=None, pyramid=pyramid, file_bytes=parts.size)


def _levels(shape: Shape, masks: list[int], label: str) -> tuple[Level, ...]:
    levels: list[Level] = []
    for mask in masks:
        if not 1 <= mask <= 7:
            damaged(label, "its levels make no sense")
        levels.append(Level(shape, tuple(a for a in range(3) if mask >> a & 1)))
        shape = levels[-1].low_shape
    return tuple(levels)


def _grid(shape: Shape, affine: np.ndarray, label: str) -> Grid:
    if min(shape) < 1 or math.prod(shape) > _MOST_VOXELS:
        damaged(label, "its size makes no sense")
    return Grid(shape, affine)


def _meta(file: InrFile) -> bytes:
    content = {"name": file.name, "units": file.units, "creator": file.creator, "metadata": file.plain_metadata()}
    text = json.dumps({key: value for key, value in content.items() if value}, allow_nan=False, separators=(",", ":"))
    if len(text.encode()) > _MOST_META:
        raise InputError(
            f"The volume's metadata ({len(text)} bytes) are too large for an .inr file; remove long entries."
        )
    return text.encode()


def _read_meta(parts: Parts, label: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        meta = json.loads(description_of(parts, label), parse_constant=refuse)
        texts = [str(meta.get(name, "")) for name in ("name", "units", "creator")]
        "".join(texts).encode()
        return {
            **dict(zip(("name", "units", "creator"), texts, strict=True)),
            "metadata": dict(meta.get("metadata", {})),
        }
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        damaged(label, "its description is not JSON")


def _read_specials(file: InrFile, parts: Mapping[Key, bytes], label: str) -> dict[str, np.ndarray]:
    count = -(-file.grid.voxel_count // 8)
    found = {}
    for tag, key in _SPECIAL_KEYS.items():
        if key in parts:
            bits = np.frombuffer(inflated(parts[key], count, label), np.uint8)
            if file.dtype.kind != "f" or len(bits) != count:
                damaged(label, "its marked voxels do not fit its size")
            found[tag] = bits
    return found


def _read_background(file: InrFile, parts: Mapping[Key, bytes], label: str) -> Background | None:
    if _BACKGROUND_KEY not in parts:
        return None
    content = parts[_BACKGROUND_KEY]
    value = _BACKGROUND.unpack(content[: _BACKGROUND.size])[0] if len(content) >= _BACKGROUND.size else math.nan
    if not file.intensity.low <= value <= file.intensity.high:
        damaged(label, "its background makes no sense")
    return Background(value, content[_BACKGROUND.size :], file.grid.shape, label)
