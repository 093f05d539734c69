"""NIfTI files (.nii, .nii.gz, .hdr with .img): voxels in and out."""

from __future__ import annotations

import gzip
import math
import os
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .checks import check_size_claim
from .nifti_header import TYPES, affine_of, build_header, parse_header, sizes_of
from .raw_image import ExtraAxis, RawImage

_GZIP_MAGIC = b"\x1f\x8b"
_COMPRESSION_LEVEL = 4  # within 3 % of level 9 on MR and CT, ten times faster


def open_nifti(path: Path) -> RawImage:
    """Header, place and a loader. Raises `InputError` when the header is wrong or the voxels cannot all be there."""
    header_path = _partner(path, ".hdr") if ".img" in path.name.lower()[-7:] else path
    header = parse_header(_read(header_path, 0, 540), path)
    code = int(header["datatype"])
    if code not in TYPES:
        raise InputError(f"'{path}': NIfTI data type {code} is not one of real numbers; save for instance a magnitude.")
    affine, note = affine_of(header, path)
    sizes = sizes_of(header, path)
    voxel = np.dtype(TYPES[code]).newbyteorder(header.dtype["sizeof_hdr"].byteorder)
    data, offset = _data_of(header, header_path, path)
    _check_voxels(path, data, offset, math.prod(sizes) * voxel.itemsize)
    # Axis 4 is time by the standard and axis 5 the components of a vector; 6 and 7 have no fixed meaning.
    extra = tuple(ExtraAxis("component" if axis % 2 else "frame", size) for axis, size in enumerate(sizes[3:]))
    extra += tuple(ExtraAxis("component", count) for count in voxel.shape)
    load = partial(_load, data, offset, sizes, voxel, (float(header["scl_slope"]), float(header["scl_inter"])))
    shape = (sizes[2], sizes[1], sizes[0])
    return RawImage(path, shape, affine, load, extra, metadata={"placement_note": note} if note else {})


def _partner(path: Path, suffix: str) -> Path:
    """The other file of a pair, `scan.hdr` or `scan.img`, compressed or not. Raises `InputError` when it is missing."""
    stem = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    for candidate in (stem.with_suffix(suffix), stem.with_suffix(suffix + ".gz")):
        if candidate.is_file():
            return candidate
    raise InputError(f"'{path}': the other half of the pair, '{stem.with_suffix(suffix).name}', is not beside it.")


def _data_of(header: np.void, header_path: Path, path: Path) -> tuple[Path, int]:
    """The file with the voxels and the byte at which they start."""
    single = header["magic"].startswith(b"n+")
    offset = float(header["vox_offset"])
    least = int(header["sizeof_hdr"]) + 4 if single else 0
    if offset == 0:
        offset = least  # some writers leave it out; the voxels then follow the header at once
    if not (math.isfinite(offset) and offset >= least):
        raise InputError(f"'{path}': the header puts the voxels at byte {offset:g}; the file or its header is damaged.")
    return (header_path if single else _partner(header_path, ".img")), int(offset)


def _check_voxels(path: Path, data: Path, offset: int, claimed: int) -> None:
    stored = os.path.getsize(data)
    if _is_compressed(data):
        check_size_claim(path, claimed, stored, "deflate")
    else:
        check_size_claim(path, claimed, max(0, stored - offset))


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP_MAGIC


def _read(path: Path, offset: int, count: int) -> bytes:
    """Up to `count` bytes after `offset`, never more, however much a compressed file may hold."""
    if _is_compressed(path):
        with gzip.open(path) as packed:
            packed.seek(offset)
            content = packed.read(count)
            packed.read(1)  # reaching the end is what makes gzip compare its checksum
            return content
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(count)


def _load(
    data: Path, offset: int, sizes: list[int], voxel: np.dtype, scaling: tuple[float, float], indices: tuple[int, ...]
) -> np.ndarray:
    """One (k, j, i) array; volumes of a series lie behind one another, colours lie side by side."""
    count = math.prod(sizes[:3])
    number = int(np.ravel_multi_index(indices[: len(sizes) - 3], sizes[3:], order="F")) if len(sizes) > 3 else 0
    buffer = _read(data, offset + number * count * voxel.itemsize, count * voxel.itemsize)
    if len(buffer) < count * voxel.itemsize:
        raise InputError(
            f"'{data}' is cut short: {len(buffer):,} of {count * voxel.itemsize:,} bytes of voxels are there; "
            "copy it again from its source."
        )
    array = np.frombuffer(buffer, voxel.base).reshape(sizes[2], sizes[1], sizes[0], *voxel.shape)
    return _scale(array[..., indices[-1]] if voxel.shape else array, *scaling)


def _scale(array: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Stored values to real ones; a slope of 0 or NaN means none, and the identity keeps a label map's integers."""
    if slope == 0 or not math.isfinite(slope) or not math.isfinite(intercept) or (slope, intercept) == (1.0, 0.0):
        return array
    working = np.float32 if array.dtype.itemsize <= 2 or array.dtype.str[1:] == "f4" else np.float64
    scaled = array.astype(working)
    np.add(np.multiply(scaled, slope, out=scaled), intercept, out=scaled)
    return scaled if array.dtype.kind == "f" else scaled.astype(np.float32, copy=False)


def write_nifti(volume: Volume, array: np.ndarray, path: Path, compress: bool = True) -> None:
    """Writes `array` (k, j, i) at the volume's place to a .nii or .nii.gz, whether or not there is one already.
    The name alone says whether it is compressed."""
    header = build_header(array, volume.grid.ijk_to_world)
    with path.open("wb") as file:
        if path.suffix.lower() != ".gz":
            file.write(header.tobytes() + bytes(4))
            file.write(array.data)
            return
        with gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, file, mtime=0) as packed:
            packed.write(header.tobytes() + bytes(4))
            packed.write(array.data)
