"""NRRD files (.nrrd, .nhdr): voxels through pynrrd where it is installed, otherwise through SimpleITK."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..volume import Volume
from .checks import check_size_claim, text_entries
from .nrrd_header import NrrdHeader, NrrdPlace, place_of, read_nrrd_header
from .raw_image import RawImage
from .simpleitk_format import write_with_simpleitk

_BYTES_OF_TYPE = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8", "uint8_t"), 1),
    **dict.fromkeys(("short", "short int", "signed short", "signed short int", "int16", "int16_t"), 2),
    **dict.fromkeys(("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int", "uint32", "uint32_t"), 4),
    **dict.fromkeys(("longlong", "long long", "long long int", "signed long long", "signed long long int"), 8),
    **dict.fromkeys(("int64", "int64_t", "ulonglong", "unsigned long long", "unsigned long long int"), 8),
    **dict.fromkeys(("uint64", "uint64_t", "double"), 8),
    "float": 4,
}
_PACKING = {"raw": "none", "gz": "deflate", "gzip": "deflate", "bz2": "other", "bzip2": "other"}
_TEXT_ENCODINGS = ("txt", "text", "ascii")
_COMPRESSION_LEVEL = 4  # within 3 % of level 9 on MR and CT, ten times faster


def open_nrrd(path: Path) -> RawImage:
    """Header, place and a loader. Raises `InputError` when the header is wrong or the voxels cannot all be there."""
    header = read_nrrd_header(path)
    place = place_of(header)
    _check_voxels(header)
    units = header.fields.get("sample units", "").strip('"') or header.pairs.get("Units", "")
    load = partial(_load, header, place)
    return RawImage(path, place.shape, place.ijk_to_world, load, place.extra, units, place.metadata)


def _check_voxels(header: NrrdHeader) -> None:
    """Type, skips, data file and size: whatever can be known to be wrong before a library is trusted with the file."""
    path, kind = header.path, header.fields.get("type", "").lower()
    if kind not in _BYTES_OF_TYPE:
        raise InputError(f"'{path}': the NRRD type '{kind}' is not a number type; save the volume in another type.")
    line_skip, byte_skip = header.number("line skip", "lineskip"), header.number("byte skip", "byteskip")
    name = header.fields.get("data file", header.fields.get("datafile", ""))
    if _is_list(name):
        return
    data = path.parent / name if name else path
    if not data.is_file():
        raise InputError(f"'{path}': its data file '{data.name}' is missing; put it into the same folder.")
    stored = os.path.getsize(data) - (0 if name else header.length)
    if line_skip < 0 or byte_skip < -1 or line_skip > stored:
        raise InputError(f"'{path}': impossible skip ({line_skip} lines, {byte_skip} bytes); correct the NRRD header.")
    encoding = header.fields.get("encoding", "").lower()
    claimed = math.prod(header.sizes) * (1 if encoding in _TEXT_ENCODINGS else _BYTES_OF_TYPE[kind])
    if encoding in _TEXT_ENCODINGS:
        check_size_claim(path, claimed, stored)
    elif encoding not in _PACKING:
        raise InputError(f"'{path}': unknown NRRD encoding '{encoding}'; save it as raw or gzip.")
    else:
        stored -= max(byte_skip, 0) if encoding == "raw" else 0
        check_size_claim(path, claimed, stored, _PACKING[encoding])  # type: ignore[arg-type]
        if encoding == "raw" and line_skip == 0 and byte_skip >= 0 and stored > claimed:
            raise InputError(
                f"'{path}': the header claims {claimed:,} bytes of voxels but {stored:,} are there; "
                "correct the sizes or the type in the NRRD header."
            )


def _is_list(data_file: str) -> bool:
    """Whether the voxels are spread over several files (which pynrrd does not read)."""
    return data_file.upper().startswith("LIST") or "%" in data_file


def _load(header: NrrdHeader, place: NrrdPlace, indices: tuple[int, ...]) -> np.ndarray:
    several = _is_list(header.fields.get("data file", header.fields.get("datafile", "")))
    loader = _simpleitk_array if several else _array_loader()
    array = loader(header, place)
    # Axes are now slowest first; the extra ones are taken away, the rest is (k, j, i), or (j, i) for a 2-D image.
    remaining = iter(indices)
    last = array.ndim - 1
    chosen = tuple(slice(None) if last - n in place.spatial else next(remaining) for n in range(array.ndim))
    return array[chosen].reshape(place.shape).copy() if indices else array.reshape(place.shape)


def _array_loader() -> Callable[[NrrdHeader, NrrdPlace], np.ndarray]:
    try:
        import nrrd
    except ImportError:
        return _simpleitk_array
    return lambda header, place: nrrd.read(str(header.path), index_order="C")[0]


def _simpleitk_array(header: NrrdHeader, place: NrrdPlace) -> np.ndarray:
    """The array with its axes slowest first, like pynrrd's: ITK moves an axis that is not spatial to the end."""
    import SimpleITK

    image = SimpleITK.ReadImage(str(header.path))
    array = SimpleITK.GetArrayFromImage(image)
    if image.GetNumberOfComponentsPerPixel() > 1 and len(place.extra) == 1:
        extra = next(axis for axis in range(len(header.sizes)) if axis not in place.spatial)
        array = np.moveaxis(array, -1, len(header.sizes) - 1 - extra)
    if list(array.shape[::-1]) != header.sizes:
        raise InputError(f"'{header.path}': SimpleITK cannot read these axes; install pynrrd (pip install pynrrd).")
    return array


def write_nrrd(volume: Volume, array: np.ndarray, path: Path, compress: bool = True) -> None:
    """Writes `array` (k, j, i) with the volume's place, units and metadata, in LPS as Slicer does, to `path`; a .nhdr
    gets a `.raw.gz` (`.raw` without `compress`) beside it. The writer does not care whether the file exists (see
    `write_volume`)."""
    try:
        import nrrd
    except ImportError:
        write_with_simpleitk(volume, array, path, compress)
        return
    lps = volume.grid.lps_affine
    header = {
        "space": "left-posterior-superior",
        "space directions": lps[:3, :3].T,
        "space origin": lps[:3, 3],
        "kinds": ["domain"] * 3,
        "encoding": "gzip" if compress else "raw",
        **text_entries(volume),
    }
    nrrd.write(str(path), array, header, index_order="C", compression_level=_COMPRESSION_LEVEL)
