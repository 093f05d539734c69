"""A time series or a volume of several components in one .inr file: reading and decoding. Needs no torch."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..settings import require
from ..volume import Volume
from .assembly import assembly_from_parts
from .container import damaged
from .files import member_files, read_inr
from .inr_file import InrFile
from .mixing import GROUP, Mixing, in_groups
from .parts import ASSEMBLY_VERSION, PREFIX, Parts

SERIES_KINDS = ("frames", "components")


@dataclass(frozen=True, eq=False)
class InrSeries:
    """kind: 'frames' or 'components'; files: members, None where the file ends before them; mixings: of groups of up
    to 8 members in their order, None where members are the volumes themselves; dtype, name, units, metadata: of the
    volumes; size: bytes of the file."""

    kind: str
    files: list[InrFile | None]
    mixings: list[Mixing] | None
    dtype: np.dtype
    name: str = "series"
    units: str = ""
    metadata: dict[str, Any] | None = None
    size: int = 0
    label: str = "the file"

    def __len__(self) -> int:
        return len(self.files)

    def volume(self, number: int) -> Volume:
        """One frame or component. Raises `InputError` when there is none of this number, or the file lacks it."""
        require(0 <= number < len(self), f"{self.label} has no {self.kind[:-1]} {number}; it has 0..{len(self) - 1}.")
        first = 0 if self.mixings is None else number // GROUP * GROUP
        last = number + 1 if self.mixings is None else min(first + GROUP, len(self))
        needed = self.files[number:last] if self.mixings is None else self.files[first:last]
        decoded = [self._needed(file).decompress() for file in needed]
        if self.mixings is None:
            found = decoded[0]
        else:
            mixing = self.mixings[number // GROUP]
            array = mixing.unmixed([v.array for v in decoded], number - first, self.dtype)
            found = Volume(array, decoded[0].grid)
        about = dict(self.metadata or {})
        return replace(found, name=f"{self.name} {number}", units=self.units, metadata=about)

    def _needed(self, file: InrFile | None) -> InrFile:
        if file is None:
            damaged(self.label, "it ends before this volume")
        return file

    def describe(self) -> dict[str, Any]:
        """What the file holds, in JSON types."""
        return {
            "format": "inr",
            "kind": self.kind,
            "count": len(self),
            "name": self.name,
            "dtype": str(self.dtype),
            "units": self.units,
            "bytes": self.size,
            "size_ijk": self._needed(self.files[0]).grid.size_ijk.tolist(),
            "spacing_mm": np.round(self._needed(self.files[0]).grid.spacing, 6).tolist(),
            "mixed": self.mixings is not None,
            "complete": all(file is not None and file.complete for file in self.files),
            "metadata": self.metadata or {},
        }


def series_from_bytes(data: bytes, label: str = "the file") -> InrSeries:
    """Raises `InputError` naming `label` when the bytes are no series."""
    return _series(Parts.of_bytes(data, label), label)


def read_inr_series(path: str | os.PathLike[str]) -> InrSeries:
    """Reads an .inr file with one or more volumes. Raises `InputError` as `read_inr` does."""
    label = f"'{path}'"
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(PREFIX.size)
    except OSError as error:
        raise InputError(f"Cannot read {label}: {error.strerror}.") from error
    if len(start) == PREFIX.size and int.from_bytes(start[8:12], "little") == ASSEMBLY_VERSION:
        parts = Parts.of_file(path, label)
        if assembly_from_parts(parts, label).kind in SERIES_KINDS:
            return _series(parts, label)
    file = read_inr(path)
    return InrSeries("frames", [file], None, file.dtype, file.name, file.units, file.metadata, file.file_bytes, label)


def _series(parts: Parts, label: str) -> InrSeries:
    assembly = assembly_from_parts(parts, label)
    about = assembly.about
    try:
        mixings = None if about["mixings"] is None else [Mixing.from_json(one) for one in about["mixings"]]
        files = member_files(assembly, label)
        if mixings is not None and [len(m.matrix) for m in mixings] != [len(g) for g in in_groups(files)]:
            damaged(label, "its mixing does not fit its members")
        dtype = np.dtype(str(about["dtype"]))
        texts = [str(about["name"]), str(about["units"])]
        if not files or dtype.kind not in "biuf":
            damaged(label, "it holds nothing")
        return InrSeries(
            assembly.kind, files, mixings, dtype, texts[0], texts[1], dict(about["metadata"]), assembly.size, label
        )
    except (KeyError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        damaged(label, f"its head makes no sense ({str(error)[:200]})")
