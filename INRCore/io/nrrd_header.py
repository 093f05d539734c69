"""The header of a NRRD file as text, and the place in the world that it describes.

Format: Kindlmann, "Definition of NRRD file format", https://teem.sourceforge.net/nrrd/format.html. The header is read
here, not by a library, so that a file is at the same place whichever library loads its voxels: ITK ignores space units,
refuses a slice in a 3-D space and knows one axis at most that is not spatial.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .checks import MILLIMETRES, complete_axes, positive_sizes, positive_spacing, technical_entries
from .raw_image import ExtraAxis
from .series_index import SeriesIndex

_LONGEST_HEADER = 16 * 2**20
_LPS_TO_RAS = (-1.0, -1.0, 1.0)
# How each space's axes point in RAS. The last three say nothing about the patient; Slicer (ITK) takes them, and a
# header without a space, as LPS, and so does this reader.
_SIGNS = {
    "right-anterior-superior": (1.0, 1.0, 1.0), "ras": (1.0, 1.0, 1.0), "rast": (1.0, 1.0, 1.0),
    "left-anterior-superior": (-1.0, 1.0, 1.0), "las": (-1.0, 1.0, 1.0), "last": (-1.0, 1.0, 1.0),
    "left-posterior-superior": _LPS_TO_RAS, "lps": _LPS_TO_RAS, "lpst": _LPS_TO_RAS,
}  # fmt: skip
_UNANCHORED_SPACES = ("scanner-xyz", "3d-right-handed", "3d-left-handed")
_SPATIAL_KINDS = ("domain", "space", "???", "none")
_FRAME_KINDS = ("time", "list", "domain", "space", "???", "none")
_VECTOR = re.compile(r"none|\([^)]*\)", re.IGNORECASE)


@dataclass(frozen=True)
class NrrdHeader:
    """Fields (`name: value`, names in lower case), key/value pairs (`name:=value`) and the header's length in bytes."""

    path: Path
    fields: dict[str, str]
    pairs: dict[str, str]
    length: int

    @property
    def sizes(self) -> list[int]:
        """Sizes in the file's order, the fastest axis first. Raises `InputError` when there are none, or not enough."""
        try:
            sizes = positive_sizes([int(word) for word in self.fields["sizes"].split()], self.path)
            if len(sizes) == int(self.fields["dimension"]):
                return sizes
        except (KeyError, ValueError) as error:
            if isinstance(error, InputError):
                raise
        raise InputError(f"'{self.path}': 'dimension' and 'sizes' are missing or disagree; correct the NRRD header.")

    def number(self, *names: str, default: int = 0) -> int:
        """A whole number under the first of `names` that is present."""
        text = next((self.fields[name] for name in names if name in self.fields), str(default))
        try:
            return int(text)
        except ValueError as error:
            raise InputError(f"'{self.path}': '{names[0]}: {text}' is not a whole number; correct it.") from error

    def words(self, name: str) -> list[str]:
        """One lower-case word for each axis, or nothing."""
        words = self.fields.get(name, "").lower().split()
        if words and len(words) != len(self.sizes):
            raise InputError(f"'{self.path}': '{name}' needs one entry for each axis; correct the NRRD header.")
        return words

    def numbers(self, name: str) -> np.ndarray | None:
        """One number for each axis (NaN: not known), or None."""
        words = self.words(name)
        return np.array([_number(word, name, self.path) for word in words]) if words else None


def read_nrrd_header(path: Path) -> NrrdHeader:
    """Reads the text up to the blank line. Raises `InputError` when it is not a NRRD header."""
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    with path.open("rb") as file:
        if not re.match(rb"NRRD000[1-5]\r?\n", file.readline(64)):
            raise InputError(f"'{path}' is not a NRRD file (it does not start with NRRD0001 to NRRD0005).")
        while line := file.readline(_LONGEST_HEADER):
            text = line.decode("utf-8", "replace").rstrip()
            if not text:
                break
            if text.startswith("#"):
                continue
            match = re.match(r"([^:]+):(=| ?)(.*)", text)
            if match is None or file.tell() > _LONGEST_HEADER:
                raise InputError(f"'{path}': '{text[:40]}' is not a NRRD header line; the header is damaged.")
            name, separator, value = match.groups()
            (pairs if separator == "=" else fields)[name if separator == "=" else name.strip().lower()] = value.strip()
        return NrrdHeader(path, fields, pairs, file.tell())


@dataclass(frozen=True)
class NrrdPlace:
    """What the header says about the axes: which are spatial (fastest first), where, and what the others are."""

    spatial: list[int]
    shape: tuple[int, int, int]
    ijk_to_world: np.ndarray
    extra: tuple[ExtraAxis, ...]
    metadata: dict[str, Any]


def place_of(header: NrrdHeader) -> NrrdPlace:
    """Axes and affine. Extra axes are listed slowest first, as in a C-ordered array.

    Raises `InputError` when the geometry is missing, contradictory or impossible.
    """
    sizes = header.sizes
    signs, note = _signs(header)
    vectors = _space_directions(header)
    spatial = _spatial_axes(header, vectors)
    sizes_ijk = [sizes[axis] for axis in spatial] + [1] * (3 - len(spatial))
    axes, origin = np.full((3, 3), np.nan), np.zeros(3)
    if vectors is None:
        axes[:] = 0.0
        axes[range(len(spatial)), range(len(spatial))], origin[: len(spatial)], absent = _spacings(header, spatial)
        note += "; no spacing in the header, taken as 1 mm" if absent else ""
    else:
        for column, axis in enumerate(spatial):
            axes[:, column] = vectors[axis][:3]
        if "space origin" in header.fields:
            origin = _vector(header.fields["space origin"], "space origin", header.path)[:3]
    scale = _millimetres(header)
    affine = np.eye(4)
    affine[:3, :3] = signs[:, None] * complete_axes(axes * scale, sizes_ijk, header.path)
    affine[:3, 3] = signs * origin * scale
    extra = tuple(_extra_axis(header, axis) for axis in reversed(range(len(sizes))) if axis not in spatial)
    metadata = _metadata(header, signs) | _index(header, spatial)
    if note:
        metadata["placement_note"] = note.lstrip("; ")
    return NrrdPlace(spatial, (sizes_ijk[2], sizes_ijk[1], sizes_ijk[0]), affine, extra, metadata)


def _signs(header: NrrdHeader) -> tuple[np.ndarray, str]:
    space = header.fields.get("space", "").lower()
    if not space:
        return np.array(_LPS_TO_RAS), "no space in the header, taken as left-posterior-superior as Slicer does"
    known = _SIGNS.get(space.removesuffix("-time"))
    if known:
        return np.array(known), ""
    if space.removesuffix("-time") in _UNANCHORED_SPACES:
        return np.array(_LPS_TO_RAS), f"space '{space}' taken as left-posterior-superior as Slicer does"
    raise InputError(f"'{header.path}': unknown space '{space}'; correct the NRRD header, for instance to 'LPS'.")


def _space_directions(header: NrrdHeader) -> list[np.ndarray] | None:
    """One vector for each axis, padded with zeros to 3 (2-D spaces) or as long as it is; NaN where there is none."""
    text = header.fields.get("space directions")
    if text is None:
        return None
    vectors = [
        np.full(3, np.nan) if word.lower() == "none" else _vector(word, "space directions", header.path)
        for word in _VECTOR.findall(text)
    ]
    if len(vectors) != len(header.sizes):
        raise InputError(f"'{header.path}': 'space directions' needs one entry for each axis; correct the NRRD header.")
    return vectors


def _vector(text: str, name: str, path: Path) -> np.ndarray:
    numbers = np.array([_number(word, name, path) for word in text.strip("() ").split(",")])
    if len(numbers) not in (2, 3, 4) or not np.isfinite(numbers).all():
        raise InputError(f"'{path}': '{name}: {text}' is not a vector of 2 to 4 finite numbers; correct the header.")
    return np.append(numbers, 0.0) if len(numbers) == 2 else numbers


def _number(word: str, name: str, path: Path) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise InputError(f"'{path}': '{word}' in '{name}' is not a number; correct the NRRD header.") from error


def _spatial_axes(header: NrrdHeader, vectors: list[np.ndarray] | None) -> list[int]:
    kinds = header.words("kinds") or ["???"] * len(header.sizes)
    if vectors is not None:
        # In a space with time (RAST) the time axis has a direction too, but none in space.
        spatial = [n for n, v in enumerate(vectors) if np.isfinite(v).all() and (len(v) < 4 or v[:3].any())]
    else:
        spatial = [n for n, kind in enumerate(kinds) if kind in _SPATIAL_KINDS][:3]
    if not 2 <= len(spatial) <= 3:
        raise InputError(f"'{header.path}' has {len(spatial)} spatial axes; an image needs two or three.")
    return spatial


def _spacings(header: NrrdHeader, spatial: list[int]) -> tuple[list[float], list[float], bool]:
    """Spacing and origin along the spatial axes of a header without directions, and whether there was no spacing."""
    found = header.numbers("spacings")
    spacings = [1.0 if found is None else positive_spacing(found[axis], header.path) for axis in spatial]
    least = header.numbers("axis mins")
    if least is None:
        least = header.numbers("axismins")
    if least is None or not np.isfinite(least[spatial]).all():
        return spacings, [0.0] * len(spatial), found is None
    # Minima belong to voxel edges unless the samples are said to be nodes (ITK reads them so).
    nodes = header.words("centerings") or ["cell"] * len(header.sizes)
    shift = [0.0 if nodes[axis] == "node" else 0.5 * step for axis, step in zip(spatial, spacings, strict=True)]
    return spacings, [float(least[axis]) + move for axis, move in zip(spatial, shift, strict=True)], found is None


def _millimetres(header: NrrdHeader) -> float:
    units = {unit.lower() for unit in re.findall(r'"([^"]*)"', header.fields.get("space units", ""))} - {""}
    scales = {MILLIMETRES[unit] for unit in units if unit in MILLIMETRES}
    if len(scales) > 1:
        raise InputError(f"'{header.path}': the axes have different space units {sorted(units)}; correct the header.")
    return scales.pop() if scales else 1.0


def _extra_axis(header: NrrdHeader, axis: int) -> ExtraAxis:
    kinds = header.words("kinds") or ["???"] * len(header.sizes)
    return ExtraAxis("frame" if kinds[axis] in _FRAME_KINDS else "component", header.sizes[axis])


def _index(header: NrrdHeader, spatial: list[int]) -> dict[str, Any]:
    """What the frames of a series are numbered by, as a metadata entry."""
    for axis in range(len(header.sizes)):
        if axis not in spatial and _extra_axis(header, axis).name == "frame":
            name, unit = (_quoted(header, field, axis) for field in ("labels", "units"))
            index = SeriesIndex.of_pairs(header.pairs, axis, name, unit)
            return index.to_metadata() if index is not None else {}
    return {}


def _quoted(header: NrrdHeader, field: str, axis: int) -> str:
    """The entry of an axis in a field of texts in quotation marks."""
    texts = re.findall(r'"([^"]*)"', header.fields.get(field, ""))
    return texts[axis] if len(texts) == len(header.sizes) else ""


def _metadata(header: NrrdHeader, signs: np.ndarray) -> dict[str, Any]:
    metadata = technical_entries(header.pairs)
    if "space" in header.fields:
        metadata["space"] = header.fields["space"]
    rows = [_vector(word, "measurement frame", header.path) for word in
            _VECTOR.findall(header.fields.get("measurement frame", "")) if word.lower() != "none"]  # fmt: skip
    if len(rows) == 3:
        metadata["measurement_frame"] = (signs[:, None] * np.stack(rows)[:, :3].T).tolist()
    return metadata
