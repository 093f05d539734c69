"""The bytes of an .inr file of version 2 or 3: a short prefix, then parts that are checked one by one.

This file knows nothing of pyramids. Parts are listed without reading their content, so a region or a coarse volume
needs no more of a file than its own parts; a file that ends early still gives the parts before its end.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from .container import MAGIC, damaged

VERSION = 2
ASSEMBLY_VERSION = 3
PREFIX = struct.Struct("<8sIIQI")  # magic, version, number of parts, bytes of the file, CRC-32 of the two
PART = struct.Struct("<cBHIQ")  # kind, level, number, CRC-32 of the rest of the part, length
MAX_PARTS = 1 << 17
Key = tuple[str, int, int]
"""Kind (one ASCII letter), level (0 .. 255), number (0 .. 65535)."""


def pack_parts(parts: dict[Key, bytes], version: int = VERSION) -> bytes:
    """Parts in order to the file's bytes."""
    size = PREFIX.size + sum(PART.size + len(content) for content in parts.values())
    pieces = [PREFIX.pack(MAGIC, version, len(parts), size, _prefix_checksum(len(parts), size))]
    for (kind, level, number), content in parts.items():
        head = PART.pack(kind.encode(), level, number, 0, len(content))
        pieces += [PART.pack(kind.encode(), level, number, _checksum(head, content), len(content)), content]
    return b"".join(pieces)


class Parts(Mapping[Key, bytes]):
    """The parts of a file or of bytes, read and checked when asked for.

    `complete` is False when the file ends before its last part does; what it lacks is not listed then.
    Raises `InputError` naming `label` where the bytes are no such file or a part asked for fails its checksum.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int, label: str) -> None:
        """read: (offset, length) to bytes; size: of the whole file."""
        self._read, self._label = read, label
        self._places: dict[Key, tuple[int, int]] = {}
        self._cut: tuple[Key, int] | None = None
        self.size = size
        _, self.version, count, whole, checksum = PREFIX.unpack(self._exactly(0, PREFIX.size))
        if (
            self.version not in (VERSION, ASSEMBLY_VERSION)
            or not 1 <= count <= MAX_PARTS
            or checksum != _prefix_checksum(count, whole)
        ):
            damaged(label, "its first bytes make no sense")
        start = PREFIX.size
        while len(self._places) < count and start + PART.size <= size:
            kind, level, number, _, length = PART.unpack(self._exactly(start, PART.size))
            key = (kind.decode("latin-1"), level, number)
            if key in self._places:
                damaged(label, "a part is there twice")
            if length > size - start - PART.size:
                self._cut = key, start
                break
            self._places[key] = (start, length)
            start += PART.size + length
        self.complete = len(self._places) == count and start == size == whole
        if size >= whole and not self.complete:
            damaged(label, "its parts do not fill it")

    @classmethod
    def of_bytes(cls, data: bytes, label: str) -> Parts:
        """Parts of a file's bytes."""
        return cls(lambda start, length: data[start : start + length], len(data), label)

    @classmethod
    def of_file(cls, path: str | os.PathLike[str], label: str) -> Parts:
        """Parts of a file, which is opened anew for each; it may be moved away in between, but not changed."""

        def read(start: int, length: int) -> bytes:
            try:
                with Path(path).open("rb") as stream:
                    stream.seek(start)
                    return stream.read(length)
            except OSError as error:
                raise InputError(f"Cannot read {label}: {error.strerror}.") from error

        return cls(read, Path(path).stat().st_size, label)

    def __getitem__(self, key: Key) -> bytes:
        start, length = self._places[key]
        head = self._exactly(start, PART.size)
        content = self._exactly(start + PART.size, length)
        if _checksum(head, content) != PART.unpack(head)[3]:
            damaged(self._label, "a part fails its checksum")
        return content

    def inner(self, key: Key, label: str) -> Parts | None:
        """A part that is a file of parts itself, read in place as far as it is there; None where nothing of it is.
        The inner parts have checksums of their own."""
        start, length = self._places.get(key, (0, 0))
        if not length and self._cut is not None and self._cut[0] == key:
            start = self._cut[1]
            length = self.size - start - PART.size
        if length < PREFIX.size:
            return None
        begin = start + PART.size
        return Parts(lambda at, count: self._read(begin + at, min(count, max(length - at, 0))), length, label)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _exactly(self, start: int, length: int) -> bytes:
        data = self._read(start, length)
        if len(data) != length:
            damaged(self._label, "it ends too early")
        return data


def deflated(content: bytes) -> bytes:
    """A part's content as a zlib stream behind its length (uint64)."""
    return struct.pack("<Q", len(content)) + zlib.compress(content, 9)


def inflated(stored: bytes, most: int, label: str) -> bytes:
    """Undoes `deflated`, inflating no more than `most` bytes. Raises `InputError` naming `label`."""
    length = int.from_bytes(stored[:8], "little")
    if length > most:
        damaged(label, "a part claims an impossible length")
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(stored[8:], length + 1)
    except zlib.error:
        damaged(label, "a part cannot be inflated")
    if len(content) != length or not inflater.eof or inflater.unused_data:
        damaged(label, "a part inflates to the wrong length")
    return content


def _prefix_checksum(count: int, size: int) -> int:
    return zlib.crc32(struct.pack("<IQ", count, size))


def _checksum(head: bytes, content: bytes) -> int:
    """CRC-32 of kind, level, number, length and content."""
    return zlib.crc32(content, zlib.crc32(head[8:], zlib.crc32(head[:4])))
