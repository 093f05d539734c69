"""Files that SimpleITK reads and writes: MetaImage (.mha, .mhd) and pictures (.png, .tif, ...)."""

from __future__ import annotations

import math
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..geometry import LPS_FROM_RAS
from ..volume import Volume
from .checks import (
    TECHNICAL_ENTRIES,
    check_size_claim,
    complete_axes,
    positive_sizes,
    positive_spacing,
    technical_entries,
    text_entries,
)
from .raw_image import ExtraAxis, RawImage

if TYPE_CHECKING:
    import SimpleITK

_LONGEST_HEADER = 2**20
_TRUE = ("true", "t", "1")
_MODALITY = "ImageModality"  # ITK writes no MetaImage entry called Modality, and reads one of its own (MET_MOD_CT)
_BYTES_OF_ELEMENT = {
    "MET_CHAR": 1, "MET_UCHAR": 1, "MET_SHORT": 2, "MET_USHORT": 2, "MET_INT": 4, "MET_UINT": 4, "MET_LONG": 4,
    "MET_ULONG": 4, "MET_LONG_LONG": 8, "MET_ULONG_LONG": 8, "MET_FLOAT": 4, "MET_DOUBLE": 8,
}  # fmt: skip


def open_metaimage(path: Path) -> RawImage:
    """A .mha or .mhd file. Raises `InputError` when its header is wrong or the voxels cannot all be there."""
    _check_metaimage(path, _metaimage_fields(path))
    return _open(path)


def open_picture(path: Path) -> RawImage:
    """Any other file that SimpleITK knows (.png, .tif, .jpg, ...). Raises `InputError` when it cannot be read."""
    raw = _open(path)
    values = math.prod(raw.shape) * math.prod(axis.size for axis in raw.extra)
    check_size_claim(path, values, os.path.getsize(path), "other")
    return raw


def _open(path: Path) -> RawImage:
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    dimension, size = reader.GetDimension(), list(reader.GetSize())
    if dimension not in (2, 3, 4):
        raise InputError(f"'{path}' has {dimension} dimensions; save a 2-D, 3-D or 4-D image.")
    spatial = min(dimension, 3)
    axes, origin = np.zeros((3, 3)), np.zeros(3)
    directions = np.array(reader.GetDirection()).reshape(dimension, dimension)
    spacing = [positive_spacing(step, path) for step in reader.GetSpacing()[:spatial]]
    axes[:spatial, :spatial] = directions[:spatial, :spatial] * spacing
    origin[:spatial] = reader.GetOrigin()[:spatial]
    sizes_ijk = positive_sizes(size[:spatial], path) + [1] * (3 - spatial)
    affine = np.eye(4)
    affine[:3, :3] = complete_axes(axes, sizes_ijk, path)
    affine[:3, 3] = origin
    components = reader.GetNumberOfComponents()
    extra: tuple[ExtraAxis, ...] = (ExtraAxis("frame", size[3]),) if dimension == 4 else ()
    extra += (ExtraAxis("component", components),) if components > 1 else ()
    shape = (sizes_ijk[2], sizes_ijk[1], sizes_ijk[0])

    def load(indices: tuple[int, ...]) -> np.ndarray:
        array = SimpleITK.GetArrayFromImage(reader.Execute())
        frame, component = ([*indices, 0] if dimension == 4 else [0, *indices, 0])[:2]
        array = array.reshape(-1, *shape, max(components, 1))
        chosen = array[frame, ..., component]
        return chosen.copy() if indices else chosen

    metadata, units = _metadata(reader)
    return RawImage(path, shape, LPS_FROM_RAS @ affine, load, extra, units, metadata)


def _metadata(reader: SimpleITK.ImageFileReader) -> tuple[dict[str, Any], str]:
    names = (*TECHNICAL_ENTRIES, "Units", _MODALITY)  # others may have names that SimpleITK cannot take back
    entries = {name: reader.GetMetaData(name) for name in names if reader.HasMetaDataKey(name)}
    modality = entries.get("Modality", "").removeprefix("MET_MOD_").replace("UNKNOWN", "")
    entries["Modality"] = entries.get(_MODALITY, modality)
    return technical_entries(entries), entries.get("Units", "")


def _metaimage_fields(path: Path) -> dict[str, str]:
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while line := file.readline(_LONGEST_HEADER):
            name, separator, value = line.decode("latin-1").partition("=")
            if not separator or file.tell() > _LONGEST_HEADER:
                raise InputError(f"'{path}' is not a MetaImage: '{line[:30]!r}' is not a header line.")
            fields[name.strip().lower()] = value.strip()
            if name.strip().lower() == "elementdatafile":
                fields["header length"] = str(file.tell())
                return fields
    raise InputError(f"'{path}' is not a MetaImage (no 'ElementDataFile' in its header).")


def _check_metaimage(path: Path, fields: dict[str, str]) -> None:
    """ITK believes this header: sizes are allocated, and numbers that are missing are taken from where they are not."""
    dimension = int(_numbers(path, fields, "ndims", 1)[0])
    sizes = positive_sizes([int(size) for size in _numbers(path, fields, "dimsize", dimension)], path)
    if not 2 <= dimension <= 4:
        raise InputError(f"'{path}' has {dimension} dimensions; save a 2-D, 3-D or 4-D image.")
    for name in ("elementspacing", "elementsize"):
        for step in _numbers(path, fields, name, dimension, needed=False):
            positive_spacing(step, path)
    for name in ("offset", "position", "origin"):
        _numbers(path, fields, name, dimension, needed=False)
    for name in ("transformmatrix", "rotation", "orientation"):
        _numbers(path, fields, name, dimension**2, needed=False)
    element = fields.get("elementtype", "").upper().removesuffix("_ARRAY")
    if element not in _BYTES_OF_ELEMENT:
        raise InputError(f"'{path}': '{element}' is not a voxel type that can be read; save it in another type.")
    channels = int(_numbers(path, fields, "elementnumberofchannels", 1, needed=False)[:1].sum() or 1)
    values = math.prod(positive_sizes([*sizes, channels], path))
    _check_metaimage_data(path, fields, values, values * _BYTES_OF_ELEMENT[element])


def _check_metaimage_data(path: Path, fields: dict[str, str], values: int, claimed: int) -> None:
    name = fields["elementdatafile"]
    if name.upper().startswith("LIST") or "%" in name:
        return
    data = path if name.upper() == "LOCAL" else path.parent / name
    if not data.is_file():
        raise InputError(f"'{path}': its data file '{data.name}' is missing; put it into the same folder.")
    stored = os.path.getsize(data) - (int(fields["header length"]) if data == path else 0)
    if fields.get("compresseddata", "").lower() in _TRUE:
        packed = int(_numbers(path, fields, "compresseddatasize", 1, needed=False)[:1].sum())
        check_size_claim(path, packed, stored)
        check_size_claim(path, claimed, stored, "deflate")
        _check_stream(path, data, int(fields["header length"]) if data == path else 0, claimed)
    elif fields.get("binarydata", "true").lower() in _TRUE:
        check_size_claim(path, claimed, stored - max(0, int(_numbers(path, fields, "headersize", 1, False)[:1].sum())))
    else:
        check_size_claim(path, values, stored)


def _check_stream(path: Path, data: Path, offset: int, claimed: int) -> None:
    """Unpacks the voxels once for nothing, because ITK returns whatever was in memory when they are damaged."""
    stream, unpacked = zlib.decompressobj(zlib.MAX_WBITS | 32), 0
    with data.open("rb") as file:
        file.seek(offset)
        while unpacked <= claimed and not stream.eof and (chunk := file.read(2**16)):
            unpacked += len(stream.decompress(chunk))
    if unpacked != claimed or not stream.eof:
        raise InputError(
            f"'{path}': the compressed voxels unpack to {unpacked:,} of {claimed:,} bytes; the file is damaged: copy "
            "it again from its source."
        )


def _numbers(path: Path, fields: dict[str, str], name: str, count: int, needed: bool = True) -> np.ndarray:
    """`count` finite numbers under `name`, or none when the entry is absent and not `needed`."""
    if name not in fields and not needed:
        return np.empty(0)
    try:
        numbers = np.array([float(word) for word in fields.get(name, "").split()])
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"'{path}': '{name}' needs {count} finite numbers; correct the MetaImage header.")
    return numbers


def write_with_simpleitk(volume: Volume, array: np.ndarray, path: Path, compress: bool = True) -> None:
    """Writes `array` (k, j, i) at the volume's place, with units and metadata where the format holds text."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(array)
    lps, spacing = volume.grid.lps_affine, volume.grid.spacing
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    for key, text in text_entries(volume).items():
        image.SetMetaData(_MODALITY if key == "Modality" and path.suffix.lower() in (".mha", ".mhd") else key, text)
    SimpleITK.WriteImage(image, str(path), useCompression=compress)
