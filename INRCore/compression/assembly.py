"""Version 3 of the .inr file: several files in one, with a JSON text that says what they are to each other (reference:
Resources/Formats/INR.md).

This file knows nothing of volumes. Members of version 2 are read in place, so that a coarse picture or one frame needs
no more of the whole than its own parts, and a file cut short still gives the members before its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from ..errors import InputError
from .container import VERSION as CONTAINER_VERSION
from .container import damaged, version_of
from .parts import ASSEMBLY_VERSION, Key, Parts, deflated, inflated, pack_parts

KINDS = ("region", "frames", "components", "labels", "upsampled", "blocks", "mosaic")
_HEAD_KEY: Key = ("J", 0, 0)
_MEMBER = "F"
_STREAM = "B"
_MOST_HEAD = 1 << 22
MOST_MEMBERS = 1 << 16
ASSEMBLY_BYTES = 240
"""More than an assembly of two members takes besides them."""


@dataclass(frozen=True)
class Assembly:
    """kind: of `KINDS`; about: JSON types; members: files of version 2 (`Parts`) or 1 (bytes), None where the file ends
    before them; streams: bytes that the kind itself explains; complete: whether everything is there; size: bytes."""

    kind: str
    about: dict[str, Any]
    members: list[Parts | bytes | None]
    streams: dict[int, bytes]
    complete: bool
    size: int


def assembly_to_bytes(
    kind: str, about: dict[str, Any], members: list[bytes], streams: dict[int, bytes] | None = None
) -> bytes:
    """A file of files. Raises `InputError` when `about` is too large or there are too many members."""
    text = json.dumps(
        {"kind": kind, "versions": [version_of(member) for member in members], **about},
        allow_nan=False,
        separators=(",", ":"),
    ).encode()
    if len(text) > _MOST_HEAD or len(members) >= MOST_MEMBERS:
        raise InputError(
            f"{len(members)} volumes with {len(text)} bytes of description are too much for one .inr file; split them."
        )
    parts: dict[Key, bytes] = {_HEAD_KEY: deflated(text)}
    parts |= {(_STREAM, 0, number): stream for number, stream in (streams or {}).items()}
    parts |= {(_MEMBER, 0, number): member for number, member in enumerate(members)}
    return pack_parts(parts, ASSEMBLY_VERSION)


def assembly_from_parts(parts: Parts, label: str) -> Assembly:
    """Undoes `assembly_to_bytes`. Raises `InputError` naming `label` when the head is missing or makes no sense."""
    if _HEAD_KEY not in parts:
        damaged(label, "it ends before its head")
    about = _read_head(inflated(parts[_HEAD_KEY], _MOST_HEAD, label), label)
    kind, versions = about.pop("kind", None), about.pop("versions", None)
    if kind not in KINDS or not isinstance(versions, list) or len(versions) >= MOST_MEMBERS:
        damaged(label, "its head makes no sense")
    streams = {key[2]: parts[key] for key in parts if key[:2] == (_STREAM, 0)}
    known = {_HEAD_KEY, *((_MEMBER, 0, n) for n in range(len(versions))), *((_STREAM, 0, n) for n in streams)}
    if set(parts) - known:
        damaged(label, "it has parts that it should not have")
    members = [_member(parts, (_MEMBER, 0, n), version, label) for n, version in enumerate(versions)]
    if parts.complete and None in members:
        damaged(label, "a part is missing")
    return Assembly(kind, about, members, streams, parts.complete, parts.size)


def _member(parts: Parts, key: Key, version: Any, label: str) -> Parts | bytes | None:
    if version == CONTAINER_VERSION:
        return parts.get(key)
    inner = parts.inner(key, label)
    if inner is not None and inner.version == ASSEMBLY_VERSION and version != ASSEMBLY_VERSION:
        damaged(label, "a member is of another version than its head says")
    return inner


def _read_head(text: bytes, label: str) -> dict[str, Any]:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    try:
        return dict(json.loads(text, parse_constant=refuse))
    except (ValueError, TypeError, RecursionError):
        damaged(label, "its head is not JSON")
