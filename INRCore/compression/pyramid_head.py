"""The head and the description of a pyramid's file: in version 2 as fixed fields, in version 4 as short as they go."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from .container import damaged
from .parts import VERSION, Parts, inflated
from .short_numbers import ShortReader, pack_floats, pack_whole

_HEAD = struct.Struct("<3I12d4ddBBBBH8B")
"""shape, affine rows, unit, offset, low, high, correction step, dtype, levels, low bits, entropy model, tile edge, axes
halved by each level."""
HEAD_KEY = ("H", 0, 0)
META_KEY = ("M", 0, 0)
_SHAPE, _FLOATS, _REST = 3, 17, 5
_MOST_LEVELS = 8
_MOST_META = 1 << 20
_USUAL = b'"metadata":{"units":"HU","creator":"INRCore 0.1.0"}{"name":"volume","creator":"INRCore '
"""What descriptions begin their deflation with; a part of the format."""


def pack_head(numbers: list[Any]) -> bytes:
    """The numbers of `_HEAD`, masks as many as there are levels, as version 4 has them."""
    shape, floats, rest = numbers[:_SHAPE], numbers[_SHAPE : _SHAPE + _FLOATS], numbers[_SHAPE + _FLOATS :]
    return b"".join([*map(pack_whole, shape), pack_floats(floats), *map(pack_whole, rest)])


def head_numbers(parts: Parts, label: str) -> list[Any]:
    """The numbers of a file's head, as many masks as there are levels. Raises `InputError` naming `label`."""
    content = parts[HEAD_KEY]
    if parts.version != VERSION:
        if len(content) != _HEAD.size:
            damaged(label, "its head has the wrong length")
        numbers = list(_HEAD.unpack(content))
        levels = numbers[_SHAPE + _FLOATS + 1]
        return numbers[: _SHAPE + _FLOATS + _REST + min(levels, _MOST_LEVELS)]
    reader = ShortReader(content)
    try:
        shape, floats = [reader.whole() for _ in range(_SHAPE)], reader.floats(_FLOATS)
        rest = [reader.whole() for _ in range(_REST)]
        masks = [reader.whole() for _ in range(min(rest[1], _MOST_LEVELS))]
    except ValueError as error:
        damaged(label, f"its head makes no sense ({error})")
    if not reader.finished:
        damaged(label, "its head has the wrong length")
    return [*shape, *floats, *rest, *masks]


def pack_description(text: bytes) -> bytes:
    """A description as version 4 has it: deflated without a head."""
    deflater = zlib.compressobj(9, wbits=-15, zdict=_USUAL)
    return deflater.compress(text) + deflater.flush()


def description_of(parts: Parts, label: str) -> bytes:
    """The description of a file that has one. Raises `InputError` naming `label`."""
    content = parts[META_KEY]
    if parts.version != VERSION:
        return inflated(content, _MOST_META, label)
    try:
        inflater = zlib.decompressobj(-15, zdict=_USUAL)
        text = inflater.decompress(content, _MOST_META + 1)
    except zlib.error:
        damaged(label, "its description cannot be inflated")
    if len(text) > _MOST_META or not inflater.eof or inflater.unused_data:
        damaged(label, "its description inflates to the wrong length")
    return text
