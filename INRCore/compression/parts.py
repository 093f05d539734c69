"""The bytes of an .inr file of version 2, 3 or 4: a short prefix, then parts that are checked one by one. Versions 2
and 3 have a head before each part, version 4 one table before all.

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
from .short_numbers import ShortReader, pack_whole

PLAIN_VERSION = 2
ASSEMBLY_VERSION = 3
VERSION = 4
PREFIX = struct.Struct("<8sIIQI")  # magic, version, number of parts, bytes of the file, CRC-32 of the two
PART = struct.Struct("<cBHIQ")  # kind, level, number, CRC-32 of the rest of the part, length
_TABLE = struct.Struct("<8sIIHB")  # magic, version, CRC-32 of the rest and the table, length of the table (24 bits)
_KINDS = "HLMBWSRP"  # numbered so in the table
_LAST_LEVEL = 15  # in the table; stands for 255
_NUMBERED = 128
_SMALL = 1 << 12  # bytes of a part whose checksum has only 24 bits
MAX_PARTS = 1 << 17
Key = tuple[str, int, int]
"""Kind (one ASCII letter), level (0 .. 255), number (0 .. 65535)."""


def pack_parts(parts: dict[Key, bytes], version: int = VERSION) -> bytes:
    """Parts in order to the file's bytes."""
    if version == VERSION:
        return _with_table(parts)
    size = PREFIX.size + sum(PART.size + len(content) for content in parts.values())
    pieces = [PREFIX.pack(MAGIC, version, len(parts), size, _prefix_checksum(len(parts), size))]
    for (kind, level, number), content in parts.items():
        head = PART.pack(kind.encode(), level, number, 0, len(content))
        pieces += [PART.pack(kind.encode(), level, number, _checksum(head, content), len(content)), content]
    return b"".join(pieces)


def _with_table(parts: dict[Key, bytes]) -> bytes:
    table = pack_whole(len(parts))
    for key, content in parts.items():
        kind, level, number = key
        code = _KINDS.index(kind) << 4 | min(level, _LAST_LEVEL)
        table += bytes([code | _NUMBERED]) + pack_whole(number) if number else bytes([code])
        table += pack_whole(len(content)) + _short_checksum(key, content)
    low, high = len(table) & 0xFFFF, len(table) >> 16
    prefix = _TABLE.pack(MAGIC, VERSION, zlib.crc32(struct.pack("<HB", low, high) + table), low, high)
    return b"".join([prefix, table, *parts.values()])


class Parts(Mapping[Key, bytes]):
    """The parts of a file or of bytes, read and checked when asked for.

    `complete` is False when the file ends before its last part does; what it lacks is not listed then.
    Raises `InputError` naming `label` where the bytes are no such file or a part asked for fails its checksum.
    """

    def __init__(self, read: Callable[[int, int], bytes], size: int, label: str) -> None:
        """read: (offset, length) to bytes; size: of the whole file."""
        self._read, self._label = read, label
        self._places: dict[Key, tuple[int, int, bytes]] = {}
        self._cut: tuple[Key, int] | None = None
        self.size = size
        self.version = int.from_bytes(self._exactly(0, len(MAGIC) + 4)[len(MAGIC) :], "little")
        if self.version == VERSION:
            self.complete = self._list_table()
        else:
            self.complete = self._list_heads()

    def _list_table(self) -> bool:
        """Finds the parts; whether the file has them all."""
        *_, checksum, low, high = _TABLE.unpack(self._exactly(0, _TABLE.size))
        length = low | high << 16
        table = self._exactly(_TABLE.size, length)
        if zlib.crc32(struct.pack("<HB", low, high) + table) != checksum:
            damaged(self._label, "its first bytes make no sense")
        reader, start = ShortReader(table), _TABLE.size + length
        try:
            count = reader.whole()
            for _ in range(count):
                code = reader.take(1)[0]
                level = code & 15
                number = reader.whole() if code & _NUMBERED else 0
                key = (_KINDS[code >> 4 & 7], 255 if level == _LAST_LEVEL else level, number)
                size = reader.whole()
                checksum = reader.take(3 if size < _SMALL else 4)
                if key in self._places or (self._cut is not None and self._cut[0] == key):
                    damaged(self._label, "a part is there twice")
                if start + size <= self.size:
                    self._places[key] = start, size, checksum
                elif self._cut is None:
                    self._cut = key, start
                start += size
        except ValueError:
            damaged(self._label, "its table makes no sense")
        if not 1 <= count <= MAX_PARTS or not reader.finished or start < self.size:
            damaged(self._label, "its parts do not fill it")
        return self._cut is None

    def _list_heads(self) -> bool:
        """Finds the parts; whether the file has them all."""
        label, size = self._label, self.size
        _, version, count, whole, checksum = PREFIX.unpack(self._exactly(0, PREFIX.size))
        if (
            version not in (PLAIN_VERSION, ASSEMBLY_VERSION)
            or not 1 <= count <= MAX_PARTS
            or checksum != _prefix_checksum(count, whole)
        ):
            damaged(label, "its first bytes make no sense")
        start = PREFIX.size
        while len(self._places) < count and start + PART.size <= size:
            head = self._exactly(start, PART.size)
            kind, level, number, _, length = PART.unpack(head)
            key = (kind.decode("latin-1"), level, number)
            if key in self._places:
                damaged(label, "a part is there twice")
            start += PART.size
            if length > size - start:
                self._cut = key, start
                break
            self._places[key] = start, length, head
            start += length
        complete = len(self._places) == count and start == size == whole
        if size >= whole and not complete:
            damaged(label, "its parts do not fill it")
        return complete

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
        start, length, check = self._places[key]
        content = self._exactly(start, length)
        if self.version == VERSION:
            intact = _short_checksum(key, content) == check
        else:
            intact = _checksum(check, content) == PART.unpack(check)[3]
        if not intact:
            damaged(self._label, "a part fails its checksum")
        return content

    def inner(self, key: Key, label: str) -> Parts | None:
        """A part that is a file of parts itself, read in place as far as it is there; None where nothing of it is.
        The inner parts have checksums of their own."""
        start, length, _ = self._places.get(key, (0, 0, b""))
        if not length and self._cut is not None and self._cut[0] == key:
            start = self._cut[1]
            length = self.size - start
        first = self._read(start, min(length, _TABLE.size))
        if length < PREFIX.size or len(first) < _TABLE.size or length < _table_end(first):
            return None
        return Parts(lambda at, count: self._read(start + at, min(count, max(length - at, 0))), length, label)

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


def _table_end(first: bytes) -> int:
    """Where the table of a file that begins so ends; 0 where it has none."""
    _, version, _, low, high = _TABLE.unpack(first)
    return _TABLE.size + (low | high << 16) if version == VERSION else 0


def _short_checksum(key: Key, content: bytes) -> bytes:
    kind, level, number = key
    whole = zlib.crc32(content, zlib.crc32(struct.pack("<cBH", kind.encode(), level, number)))
    return whole.to_bytes(4, "little")[: 3 if len(content) < _SMALL else 4]


def _checksum(head: bytes, content: bytes) -> int:
    """CRC-32 of kind, level, number, length and content."""
    return zlib.crc32(content, zlib.crc32(head[8:], zlib.crc32(head[:4])))
