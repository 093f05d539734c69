"""`.inr` files: an `InrFile` to and from bytes (Resources/Formats/INR.md) and files."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..fields import NumpyField
from ..fields.description import FIXED_TENSORS
from ..geometry import Grid
from ..io.atomic import atomic_path
from ..storage import pack_tensors, unpack_tensors
from ..volume import Volume
from .assembled import (
    blocks_file,
    blocks_to_bytes,
    labels_file,
    mosaic_file,
    mosaic_to_bytes,
    plain_head,
    upsampled_file,
    upsampled_to_bytes,
)
from .assembly import Assembly, assembly_from_parts, assembly_to_bytes
from .container import MAGIC, Section, damaged, pack_container, unpack_container, version_of
from .heads import dtype_of, grid_of, text_of
from .inr_file import InrFile, StoredField
from .intensity import IntensityMap, check_limits
from .parts import ASSEMBLY_VERSION, PLAIN_VERSION, PREFIX, Parts
from .parts import VERSION as PARTS_VERSION
from .pyramid_format import pyramid_from_parts, pyramid_to_bytes
from .residual import Residual
from .specials import SPECIAL_VALUES


def inr_to_bytes(file: InrFile) -> bytes:
    """The bytes of an .inr file. Raises `InputError` when the metadata are too large for its header."""
    if file.labels is not None:
        return assembly_to_bytes("labels", plain_head(file), [], file.labels.to_streams())
    if file.upsampled is not None:
        return upsampled_to_bytes(file)
    if file.mosaic is not None:
        return mosaic_to_bytes(file)
    if file.blocks is not None:
        return blocks_to_bytes(file)
    if file.region is not None:
        return assembly_to_bytes("region", {}, [inr_to_bytes(replace(file, region=None)), inr_to_bytes(file.region)])
    if file.pyramid is not None:
        return pyramid_to_bytes(file)
    header: dict[str, Any] = {
        "creator": file.creator,
        "shape_kji": list(file.grid.shape),
        "ijk_to_ras": file.grid.ijk_to_world.tolist(),
        "dtype": file.dtype.name,
        "name": file.name,
        "units": file.units,
        "metadata": file.plain_metadata(),
        "intensity": asdict(file.intensity),
        "double": file.double,
    }
    sections: dict[str, Section] = {}
    if file.field is not None:
        sections["FELD"] = Section.of(pack_field(file.field))
    for tag, bits in file.specials.items():
        sections[tag] = Section.of(bits.tobytes())
    if file.residual is not None:
        header["residual"] = {"step": file.residual.step, "bytes_per_voxel": file.residual.codes.itemsize}
        sections["RESD"] = Section.of(file.residual.to_bytes())
    return pack_container(header, sections)


def inr_from_bytes(data: bytes, label: str = "the file") -> InrFile:
    """Undoes `inr_to_bytes`; the field has the weights that the file holds. Raises `InputError` naming `label`."""
    if _has_parts(data):
        return _from_any_parts(Parts.of_bytes(data, label), label)
    header, sections = unpack_container(data, label)
    try:
        return _from_parts(header, sections, label, len(data))
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        if isinstance(error, InputError) and str(error).startswith(label):
            raise
        damaged(label, f"its header makes no sense ({str(error)[:200]})")


def _from_any_parts(parts: Parts, label: str) -> InrFile:
    if parts.version != ASSEMBLY_VERSION:
        return pyramid_from_parts(parts, label)
    assembly = assembly_from_parts(parts, label)
    if assembly.kind == "labels":
        return labels_file(assembly, label)
    if assembly.kind == "upsampled":
        return upsampled_file(assembly, label)
    if assembly.kind == "mosaic":
        return mosaic_file(assembly, label)
    if assembly.kind == "blocks":
        return blocks_file(assembly, label)
    if assembly.kind != "region":
        raise InputError(f"{label} holds {len(assembly.members)} {assembly.kind}; choose one of them.")
    return _with_region(assembly, label)


def _with_region(assembly: Assembly, label: str) -> InrFile:
    """A volume and the region of interest in it; a file that ends before the region is opened without."""
    if len(assembly.members) != 2 or assembly.members[0] is None:
        damaged(label, "it ends before its volume")
    outer = member_file(assembly.members[0], label)
    _, inner = member_files(assembly, label)
    if outer.region is not None or (inner is not None and inner.region is not None):
        damaged(label, "a region within a region")
    if inner is None:
        warnings.warn(f"{label} ends too early: its region of interest is missing.", stacklevel=2)
    return replace(outer, region=inner, file_bytes=assembly.size)


def member_file(member: Parts | bytes, label: str) -> InrFile:
    """A member of an assembly."""
    return inr_from_bytes(member, label) if isinstance(member, bytes) else _from_any_parts(member, label)


def member_files(assembly: Assembly, label: str) -> list[InrFile | None]:
    """All members; None for those that a file cut short lacks, or has too little of for even a coarse picture."""
    return [_member_that_is_there(member, label, assembly.complete) for member in assembly.members]


def _member_that_is_there(member: Parts | bytes | None, label: str, is_complete: bool) -> InrFile | None:
    if member is None:
        return None
    try:
        return member_file(member, label)
    except InputError:
        if is_complete or not isinstance(member, Parts) or member.complete:
            raise
        return None


def _from_parts(header: dict[str, Any], sections: dict[str, Section], label: str, size: int) -> InrFile:
    grid, dtype = grid_of(header, label), dtype_of(header, label)
    intensity = IntensityMap(**{name: float(value) for name, value in header["intensity"].items()})
    check_limits(intensity, dtype)
    possible = {"FELD", "RESD", *(SPECIAL_VALUES if dtype.kind == "f" else ())}
    if set(sections) - possible or ("FELD" in sections) != (intensity.scale > 0):
        damaged(label, "its sections do not fit its header")
    specials = {
        tag: np.frombuffer(sections[tag].data(label, -(-grid.voxel_count // 8)), np.uint8)
        for tag in SPECIAL_VALUES
        if tag in sections
    }
    return InrFile(
        grid=grid,
        dtype=dtype,
        intensity=intensity,
        field=unpack_field(sections["FELD"].data(label), label) if "FELD" in sections else None,
        name=text_of(header["name"]),
        units=text_of(header["units"]),
        metadata=dict(header["metadata"]),
        specials=specials,
        residual=_residual(header["residual"], sections["RESD"], grid, label) if "RESD" in sections else None,
        double=bool(header["double"]),
        creator=text_of(header["creator"]),
        file_bytes=size,
    )


def _residual(about: dict[str, Any], section: Section, grid: Grid, label: str) -> Residual:
    width, step = about["bytes_per_voxel"], float(about["step"])
    if width not in (1, 2, 4, 8) or not (math.isfinite(step) and step > 0):
        damaged(label, "the description of its residual makes no sense")
    return Residual.from_bytes(section.data(label, grid.voxel_count * width), width, step)


def write_inr(path: str | os.PathLike[str], file: InrFile, force: bool = False) -> None:
    """Writes an .inr file atomically. Raises `OutputError` when it exists and `force` is False."""
    with atomic_path(path, force) as temporary:
        temporary.write_bytes(inr_to_bytes(file))


def read_inr(path: str | os.PathLike[str]) -> InrFile:
    """Reads an .inr file. Raises `InputError` when it is missing, no .inr file, of another version or damaged."""
    try:
        with Path(path).open("rb") as stream:
            start = stream.read(PREFIX.size)
            # A file of another kind may be large, and of ours only what is wanted is read.
            data = start + (stream.read() if start[: len(MAGIC)] == MAGIC and not _has_parts(start) else b"")
    except OSError as error:
        raise InputError(f"Cannot read '{path}': {error.strerror}.") from error
    label = f"'{path}'"
    return _from_any_parts(Parts.of_file(path, label), label) if _has_parts(data) else inr_from_bytes(data, label)


def _has_parts(data: bytes) -> bool:
    versions = (PLAIN_VERSION, ASSEMBLY_VERSION, PARTS_VERSION)
    return len(data) >= PREFIX.size and data.startswith(MAGIC) and version_of(data) in versions


def decompress(
    file: str | os.PathLike[str] | InrFile,
    *,
    grid: Grid | None = None,
    spacing: Any = None,
    device: str = "auto",
    max_memory_gb: float | None = None,
) -> Volume:
    """The volume of an .inr file (a path, or what `read_inr` gave).

    On its own grid by default; on `grid`, or over the same field of view with `spacing` mm (one number or i, j, k),
    where the field is evaluated at the new voxel centres (no averaging when the new grid is coarser) and points outside
    the original field of view take its smallest value. Voxels that were NaN or infinite are so again (on another grid:
    those nearest to them). The dtype is the original's; integers are rounded. A stored residual (error bound) applies
    on the original grid only.

    Raises `InputError` when the file is damaged, both `grid` and `spacing` are given, the grid lies wholly outside, or
    the result cannot fit into memory.
    """
    content = file if isinstance(file, InrFile) else read_inr(file)
    return content.decompress(grid, spacing, device, max_memory_gb)


def pack_field(field: StoredField) -> bytes:
    """A field's weights in float16, its fixed tensors (frequencies, output scale) in float32."""
    tensors, metadata = field.to_tensors()
    largest = float(np.finfo(np.float16).max)
    for name in tensors.keys() - FIXED_TENSORS:
        tensors[name] = np.clip(tensors[name], -largest, largest).astype(np.float16)
    return pack_tensors(tensors, metadata)


def unpack_field(data: bytes, label: str) -> StoredField:
    """Undoes `pack_field`; the field is one of NumPy where torch is missing. Raises `InputError` when the bytes hold no
    field with one finite output."""
    tensors, metadata = unpack_tensors(data, label)
    field = _field_class().from_tensors(tensors, metadata, label)
    numbers = (*field.frame.center_mm, field.frame.half_extent_mm)
    if field.outputs != 1 or not all(map(math.isfinite, numbers)) or field.frame.half_extent_mm <= 0:
        damaged(label, "its field makes no sense")
    if not all(np.isfinite(array).all() for array in tensors.values()):
        damaged(label, "its field has weights that are not finite")
    return field


def _field_class() -> type[StoredField]:
    try:
        from ..fields import Field
    except (ImportError, OSError):  # no torch, or one whose libraries do not load
        return NumpyField
    return Field
