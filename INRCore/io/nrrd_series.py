"""Several volumes of one grid in one NRRD file of four axes: a time series as Slicer writes it, or colours, vectors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..volume import Volume
from .atomic import atomic_path
from .checks import text_entries
from .series_index import SeriesIndex
from .writing import storable

_AXIS = {"frames": "list", "components": "vector"}
_TYPES = {"i": "int", "u": "uint", "f": ""}


def write_volumes(
    path: str | os.PathLike[str], kind: str, volumes: Iterable[Volume], count: int, *, force: bool = False
) -> None:
    """Writes `count` volumes of one grid and type, 'frames' or 'components', to a .nrrd file (named .seq.nrrd a series
    opens in Slicer as a sequence). They are asked for one after another, so that one at a time is in memory; the index
    of a series is taken from the first one's metadata. Raises `OutputError` for another extension or volumes that do
    not fit each other, and as `write_volume` does."""
    if Path(path).suffix.lower() != ".nrrd":
        raise OutputError(f"'{path}': several {kind} go into one .nrrd file only; name it so, or choose one of them.")
    with atomic_path(path, force) as temporary, temporary.open("wb") as stream:
        first: Volume | None = None
        for volume in volumes:
            array = storable(volume.array)
            if first is None:
                first = volume
                stream.write(_header(volume, array, kind, count))
            elif array.dtype != storable(first.array[:0]).dtype or not volume.grid.same_as(first.grid):
                raise OutputError(f"'{path}': '{volume.name}' has another grid or type than '{first.name}'.")
            stream.write(array.tobytes())


def _header(volume: Volume, array: np.ndarray, kind: str, count: int) -> bytes:
    """The axis of the volumes is the last one, the slowest in the file, so that they follow each other."""
    lps, size = volume.grid.lps_affine, volume.grid.size_ijk
    index = SeriesIndex.of_metadata(volume.metadata, count)
    kind_of_number, bits = array.dtype.kind, 8 * array.dtype.itemsize
    lines = {
        "type": {32: "float", 64: "double"}[bits] if kind_of_number == "f" else f"{_TYPES[kind_of_number]}{bits}",
        "dimension": "4",
        "space": "left-posterior-superior",
        "sizes": " ".join(str(n) for n in (*size, count)),
        "space directions": " ".join([*(_vector(column) for column in lps[:3, :3].T), "none"]),
        "kinds": f"domain domain domain {_AXIS[kind]}",
        "endian": "little",
        "encoding": "raw",
        "space origin": _vector(lps[:3, 3]),
    }
    if kind == "frames":
        lines |= {"labels": f'"" "" "" "{_plain(index.name)}"', "units": f'"" "" "" "{_plain(index.unit)}"'}
    pairs = text_entries(volume) | (index.to_pairs(3) if kind == "frames" else {})
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    text += "".join(f"{key}:={value}\n" for key, value in pairs.items())
    return f"NRRD0004\n{text}\n".encode()


def _vector(numbers: np.ndarray) -> str:
    return "(" + ",".join(repr(float(number)) for number in numbers) + ")"


def _plain(text: str) -> str:
    return text.replace('"', "'").replace("\n", " ")
