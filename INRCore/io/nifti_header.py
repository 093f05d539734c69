"""The NIfTI-1 and NIfTI-2 headers, and the place in the world that they describe.

Format: nifti1.h and nifti2.h, https://nifti.nimh.nih.gov. Read here with NumPy alone: nibabel is not part of Slicer,
and SimpleITK 2.5 ends the whole process on some 5-D files, refuses a sheared sform and straightens a sheared grid when
it writes one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import InputError
from ..geometry import LPS_FROM_RAS
from .checks import complete_axes, positive_sizes, positive_spacing

NIFTI1 = np.dtype(
    {
        "names": ["sizeof_hdr", "dim", "datatype", "bitpix", "pixdim", "vox_offset", "scl_slope", "scl_inter",
                  "xyzt_units", "qform_code", "sform_code", "quatern", "qoffset", "srow", "magic"],
        "formats": ["i4", ("i2", 8), "i2", "i2", ("f4", 8), "f4", "f4", "f4",
                    "u1", "i2", "i2", ("f4", 3), ("f4", 3), ("f4", (3, 4)), "S4"],
        "offsets": [0, 40, 70, 72, 76, 108, 112, 116, 123, 252, 254, 256, 268, 280, 344],
        "itemsize": 348,
    }
)  # fmt: skip
NIFTI2 = np.dtype(
    {
        "names": list(NIFTI1.names or ()),
        "formats": ["i4", ("i8", 8), "i2", "i2", ("f8", 8), "i8", "f8", "f8",
                    "i4", "i4", "i4", ("f8", 3), ("f8", 3), ("f8", (3, 4)), "S8"],
        "offsets": [0, 16, 12, 14, 104, 168, 176, 184, 500, 344, 348, 352, 376, 400, 4],
        "itemsize": 540,
    }
)  # fmt: skip
TYPES = {
    2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8",
    128: "3u1", 2304: "4u1",
}  # fmt: skip
_MILLIMETRES = {1: 1000.0, 2: 1.0, 3: 1e-3}
_AGREEMENT_MM = 0.1


def parse_header(start: bytes, path: Path) -> np.void:
    """The header as a record in its own byte order. Raises `InputError` when `start`, the file's first
    540 bytes, is not a NIfTI header (Analyze 7.5 included: it does not say which side is left)."""
    for layout, magics in ((NIFTI1, (b"n+1", b"ni1")), (NIFTI2, (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"))):
        if len(start) < layout.itemsize:
            continue
        for ordered in (layout.newbyteorder("<"), layout.newbyteorder(">")):
            header = np.frombuffer(start, ordered, 1)[0]
            if header["sizeof_hdr"] != layout.itemsize:
                continue
            if header["magic"] in magics:
                return header
            if path.suffix.lower() in (".hdr", ".img"):
                raise InputError(
                    f"'{path}' is an Analyze 7.5 file, which does not say which side is left; convert it to NIfTI "
                    "with a program in which you can check the sides."
                )
    raise InputError(f"'{path}' is not a NIfTI file (no NIfTI-1 or NIfTI-2 header); check what it is.")


def sizes_of(header: np.void, path: Path) -> list[int]:
    """Sizes (i, j, k, ...), at least three. Raises `InputError` when they are impossible."""
    count = int(header["dim"][0])
    if not 1 <= count <= 7:
        raise InputError(f"'{path}': the header gives {count} dimensions; the file or its header is damaged.")
    sizes = positive_sizes([int(size) for size in header["dim"][1 : count + 1]], path)
    return sizes + [1] * (3 - count)


def affine_of(header: np.void, path: Path) -> tuple[np.ndarray, str]:
    """4x4 (i, j, k, 1) to RAS mm, and a note when something had to be assumed or chosen.

    The sform is used where its code is positive, else the qform. Without either, NIfTI gives sizes and spacing only
    ("method 1"); such an image is placed as Slicer (ITK) does: axes along left, posterior, superior, origin 0. Raises
    `InputError` when the numbers are impossible.
    """
    sizes = sizes_of(header, path)[:3]
    scale = _MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    has_qform, has_sform = int(header["qform_code"]) > 0, int(header["sform_code"]) > 0
    if not has_sform and not has_qform:
        affine = LPS_FROM_RAS @ np.diag([*_spacings(header, sizes, path), 1.0])
        note = "neither qform nor sform: placed along left, posterior, superior from 0 as Slicer does"
        return _scaled(affine, scale), note
    if not has_sform:
        return _scaled(_qform(header, sizes, path), scale), ""
    affine = np.eye(4)
    affine[:3] = header["srow"]
    affine[:3, :3] = complete_axes(affine[:3, :3], sizes, path)
    affine, note = _scaled(affine, scale), ""
    if has_qform:
        apart = _distance(affine, _scaled(_qform(header, sizes, path), scale), sizes)
        note = f"sform used; the qform differs by up to {apart:.3g} mm" if apart > _AGREEMENT_MM else ""
    return affine, note


def _spacings(header: np.void, sizes: list[int], path: Path) -> list[float]:
    given = [float(step) for step in header["pixdim"][1:4]]
    return [
        1.0 if size == 1 and not step > 0 else positive_spacing(step, path)
        for size, step in zip(sizes, given, strict=True)
    ]


def _qform(header: np.void, sizes: list[int], path: Path) -> np.ndarray:
    """Rotation from the quaternion (1 - b^2 - c^2 - d^2, b, c, d), the third axis turned round when qfac is -1."""
    b, c, d = (float(part) for part in header["quatern"])
    square = b * b + c * c + d * d
    if not np.isfinite(square):
        raise InputError(f"'{path}': the qform is not finite; correct the header or set an sform.")
    if square > 1.0:  # rounded beyond half a turn, as the reference implementation treats it
        b, c, d = (part / np.sqrt(square) for part in (b, c, d))
    a = np.sqrt(max(0.0, 1.0 - square))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    steps = _spacings(header, sizes, path)
    steps[2] *= -1.0 if header["pixdim"][0] < 0 else 1.0
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = rotation * steps, header["qoffset"]
    return affine


def _scaled(affine: np.ndarray, scale: float) -> np.ndarray:
    return np.diag([scale, scale, scale, 1.0]) @ affine


def _distance(first: np.ndarray, second: np.ndarray, sizes: list[int]) -> float:
    """Largest distance in mm between where the two affines put a corner voxel."""
    corners = np.array([[i, j, k, 1.0] for k in (0, 1) for j in (0, 1) for i in (0, 1)])
    corners[:, :3] *= np.array(sizes) - 1
    return float(np.linalg.norm(corners @ (first - second).T, axis=1).max())


def build_header(array: np.ndarray, affine: np.ndarray) -> np.void:
    """Header of a single-file image for `array` (k, j, i) at `affine` (RAS mm): always an sform, and the qform where it
    says the same within a micrometre (it cannot hold shear). NIfTI-2 where an axis is too long for NIfTI-1."""
    from scipy.spatial.transform import Rotation

    layout = NIFTI1 if max(array.shape) < 2**15 else NIFTI2
    header = np.zeros(1, layout.newbyteorder("<"))[0]
    header["sizeof_hdr"], header["magic"] = layout.itemsize, b"n+1" if layout is NIFTI1 else b"n+2\0\r\n\x1a\n"
    header["vox_offset"] = layout.itemsize + 4
    header["dim"] = [3, *array.shape[::-1], 1, 1, 1, 1]
    header["datatype"] = next(code for code, name in TYPES.items() if name == array.dtype.str[1:])
    header["bitpix"], header["scl_slope"], header["xyzt_units"] = 8 * array.dtype.itemsize, 1.0, 2
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    rotation = affine[:3, :3] / spacing
    header["pixdim"] = [1.0, *spacing, 0.0, 0.0, 0.0, 0.0]
    if np.linalg.det(rotation) < 0:
        header["pixdim"][0] = -1.0
        rotation = rotation * [1.0, 1.0, -1.0]
    quaternion = Rotation.from_matrix(rotation).as_quat()
    header["quatern"] = quaternion[:3] * (-1.0 if quaternion[3] < 0 else 1.0)
    header["qoffset"], header["srow"], header["sform_code"] = affine[:3, 3], affine[:3], 1
    sizes = list(array.shape[::-1])
    header["qform_code"] = int(_distance(_qform(header, sizes, Path("qform")), affine, sizes) < 1e-3)
    return header
