"""The bytes of an .inr file: magic, version, JSON header, checked sections (reference: Resources/Formats/INR.md).

This file knows nothing of fields or volumes. Reading believes no length before it is checked, inflates no more than is
expected, and executes nothing.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import InputError

MAGIC = b"\x89INR\r\n\x1a\n"
VERSION = 1
MAX_HEADER = 1 << 20
_PREFIX = struct.Struct("<8sIII")  # magic, version, length of the header, CRC-32 of the header
_SECTION = struct.Struct("<4sIQQ")  # tag, CRC-32 of the rest of the section, stored length, length when inflated
_LARGEST_DEFLATE_GAIN = 1032  # no deflate stream expands more than this


@dataclass(frozen=True)
class Section:
    """A part of the file as stored: deflated (zlib) when `stored` is shorter than `length`, verbatim when equal."""

    stored: bytes
    length: int

    @classmethod
    def of(cls, data: bytes) -> Section:
        """Deflates `data` unless that makes it longer."""
        deflated = zlib.compress(data, 9 if len(data) < 1 << 24 else 6)
        return cls(deflated if len(deflated) < len(data) else data, len(data))

    def data(self, label: str, expected: int | None = None) -> bytes:
        """The bytes, checked to be `expected` many. Raises `InputError`."""
        if expected is not None and self.length != expected:
            damaged(label, "a section has the wrong length")
        if len(self.stored) == self.length:
            return self.stored
        try:
            inflater = zlib.decompressobj()
            data = inflater.decompress(self.stored, self.length + 1)
        except zlib.error:
            damaged(label, "a section cannot be inflated")
        if len(data) != self.length or not inflater.eof or inflater.unused_data:
            damaged(label, "a section inflates to the wrong length")
        return data


def pack_container(header: dict[str, Any], sections: dict[str, Section]) -> bytes:
    """Header (JSON types, finite numbers) and sections (tag of four ASCII letters -> section) to the file's bytes.

    Raises `InputError` when the header is longer than 1 MiB."""
    text = json.dumps({**header, "sections": list(sections)}, allow_nan=False, separators=(",", ":")).encode()
    if len(text) > MAX_HEADER:
        raise InputError(
            f"The volume's metadata ({len(text)} bytes) are too large for an .inr file; remove long entries."
        )
    parts = [_PREFIX.pack(MAGIC, VERSION, len(text), zlib.crc32(text)), text]
    for tag, section in sections.items():
        lengths = struct.pack("<QQ", len(section.stored), section.length)
        crc = zlib.crc32(section.stored, zlib.crc32(lengths, zlib.crc32(tag.encode())))
        parts += [_SECTION.pack(tag.encode(), crc, len(section.stored), section.length), section.stored]
    return b"".join(parts)


def unpack_container(data: bytes, label: str) -> tuple[dict[str, Any], dict[str, Section]]:
    """Undoes `pack_container`; sections stay deflated. Raises `InputError` naming `label` when the bytes are no .inr
    file, of another version, cut short or damaged."""
    if data[: len(MAGIC)] != MAGIC:
        hint = " (it was changed by a text-mode transfer)" if data[1:4] == MAGIC[1:4] else ""
        raise InputError(f"{label} is not an .inr file{hint}; choose a file made by 'compress'.")
    if len(data) < _PREFIX.size:
        damaged(label, "it ends within its first bytes")
    _, version, length, crc = _PREFIX.unpack_from(data)
    if version != VERSION:
        age = "newer" if version > VERSION else "older"
        way_out = "update this extension" if version > VERSION else "compress the original again"
        raise InputError(f"{label} has the {age} .inr version {version}, this program reads {VERSION} to 4; {way_out}.")
    text = data[_PREFIX.size : _PREFIX.size + length]
    if length > MAX_HEADER or len(text) != length or zlib.crc32(text) != crc:
        damaged(label, "its header fails its checksum")
    header = _parse(text, label)
    sections = _sections(data, _PREFIX.size + length, label)
    if header.get("sections") != list(sections):
        damaged(label, "sections are missing at its end")
    return header, sections


def version_of(data: bytes) -> int:
    """The version that a file's first bytes name."""
    return int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "little")


def damaged(label: str, problem: str) -> NoReturn:
    """Raises the `InputError` of a damaged file."""
    raise InputError(f"{label} is cut short or damaged: {problem}; use an intact copy.")


def _parse(text: bytes, label: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        header = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        damaged(label, "its header is not JSON")
    if not isinstance(header, dict):
        damaged(label, "its header is not a JSON object")
    return header


def _sections(data: bytes, start: int, label: str) -> dict[str, Section]:
    sections: dict[str, Section] = {}
    while start < len(data):
        if len(data) - start < _SECTION.size:
            damaged(label, "it ends within a section")
        tag, crc, stored, length = _SECTION.unpack_from(data, start)
        if stored > len(data) - start - _SECTION.size:
            damaged(label, "it ends within a section")
        lengths = data[start + 8 : start + _SECTION.size]
        body = data[start + _SECTION.size : start + _SECTION.size + stored]
        if zlib.crc32(body, zlib.crc32(lengths, zlib.crc32(tag))) != crc:
            damaged(label, "a section fails its checksum")
        if not stored <= length <= stored * _LARGEST_DEFLATE_GAIN:
            damaged(label, "a section claims an impossible length")
        name = tag.decode("ascii", "replace")
        if name in sections:
            damaged(label, "a section is there twice")
        sections[name], start = Section(body, length), start + _SECTION.size + stored
    return sections
