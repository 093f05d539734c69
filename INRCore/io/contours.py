"""Closed planar curves in files: CSV of our own, Slicer's markups, RTSTRUCT; RAS mm on our side."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from ..errors import InputError
from .atomic import atomic_path

Contours = dict[str, list[np.ndarray]]
"""Name of a shape -> its curves, each (N, 3) RAS mm without the first point again at the end."""

_SPLINE_POINTS_PER_STEP = 8
_DICOM_SUFFIXES = (".dcm", ".dicom", "")
_LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


def read_contours(paths: Sequence[str | os.PathLike[str]]) -> Contours:
    """Curves by shape from any mix of files. CSV: columns x, y, z (RAS mm), optionally `contour` (which curve a point
    belongs to) and `name` (of the shape); without them a file is one curve of the shape that it is called after, a
    number at its end left out, so that liver_1.csv and liver_2.csv draw one shape. Closed curves of Slicer's markups
    (.mrk.json) are named in the same way; RTSTRUCT (.dcm) has names of its own.

    Raises `InputError` when a file is missing, of another kind, or holds no closed curve.
    """
    found: Contours = {}
    for path in paths:
        for name, curves in _read(Path(path).expanduser()).items():
            found.setdefault(name, []).extend(curves)
    return found


def write_contours(
    contours: Mapping[str, Sequence[np.ndarray]], path: str | os.PathLike[str], force: bool = False
) -> None:
    """Writes curves by shape as one CSV file that `read_contours` reads."""
    with atomic_path(path, force) as temporary, Path(temporary).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "contour", "x", "y", "z"])
        for name, curves in contours.items():
            for number, curve in enumerate(curves):
                writer.writerows([name, number, *(f"{value:.6f}" for value in point)] for point in curve)


def base_name(name: str) -> str:
    """'Liver_2' and 'Liver 2' to 'Liver', as Slicer numbers nodes that would be called alike."""
    return re.sub(r"[\s_-]+\d+$", "", name.strip()) or name.strip() or "shape"


def is_contour_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file of an extension that others use too holds closed curves."""
    file = Path(path).expanduser()
    suffix = file.suffix.lower()
    try:
        if suffix == ".csv":
            with file.open(newline="", encoding="utf-8-sig") as stream:
                return "contour" in [cell.strip().lower() for cell in next(csv.reader(stream), [])]
        if suffix == ".json":
            return any(markup.get("type") == "ClosedCurve" for markup in _markups(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return suffix in _DICOM_SUFFIXES and _structure_set(file) is not None


def _read(file: Path) -> Contours:
    if not file.is_file():
        raise InputError(f"'{file}': there is no such file.")
    suffix = file.suffix.lower()
    if suffix == ".csv":
        return _read_csv(file)
    if suffix == ".json":
        return _read_markups(file)
    header = _structure_set(file)
    if header is None:
        raise InputError(f"'{file}' holds no contours; give CSV, Slicer's closed curves (.mrk.json) or an RTSTRUCT.")
    return _read_structures(file, header)


def _read_csv(file: Path) -> Contours:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream, skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"'{file}' cannot be read as CSV ({error}).") from error
    own = base_name(file.stem)
    curves: dict[tuple[str, str], list[list[float]]] = {}
    for number, row in enumerate(rows, start=1):
        cells = {(key or "").strip().lower(): (value or "") for key, value in row.items() if isinstance(value, str)}
        try:
            point = [float(cells[axis]) for axis in "xyz"]
        except (KeyError, ValueError):
            point = [np.nan]
        if not np.isfinite(point).all():
            raise InputError(f"'{file}': line {number + 1} lacks a finite number in the columns x, y or z; correct it.")
        curves.setdefault((cells.get("name", "").strip() or own, cells.get("contour", "")), []).append(point)
    if not curves:
        raise InputError(f"'{file}' holds no contour; write lines of x,y,z under such a header.")
    found: Contours = {}
    for (name, _), points in curves.items():
        found.setdefault(name, []).append(_open(np.array(points)))
    return found


def _markups(file: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return []
    markups = content.get("markups") if isinstance(content, dict) else None
    return [markup for markup in markups or [] if isinstance(markup, dict)]


def _read_markups(file: Path) -> Contours:
    found: Contours = {}
    for markup in _markups(file):
        if markup.get("type") != "ClosedCurve":
            continue
        points = [p["position"] for p in markup.get("controlPoints", []) if p.get("positionStatus") == "defined"]
        array = np.array(points, float).reshape(-1, 3)
        array = array if markup.get("coordinateSystem") == "RAS" else array * _LPS_TO_RAS
        name = base_name(file.name.removesuffix(".json").removesuffix(".mrk"))
        found.setdefault(name, []).append(_through(array))
    if not found:
        raise InputError(f"'{file}' holds no closed curve of Slicer's markups.")
    return found


def _through(points: np.ndarray) -> np.ndarray:
    """A smooth closed curve through control points (Slicer draws one, and stores the points only)."""
    if len(points) < 3:
        return points
    closed = np.vstack([points, points[:1]])
    places = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    if (np.diff(places) <= 0).any():
        return points
    spline = CubicSpline(places, closed, bc_type="periodic")
    steps = np.arange(_SPLINE_POINTS_PER_STEP * len(points)) / _SPLINE_POINTS_PER_STEP
    return np.asarray(spline(np.interp(steps, np.arange(len(places)), places)))


def _structure_set(file: Path) -> Any:
    """The DICOM dataset of an RTSTRUCT file; None for any other."""
    import pydicom

    if not file.is_file():
        return None
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True)
    except (pydicom.errors.InvalidDicomError, OSError, EOFError, ValueError):
        return None
    return header if header.get("Modality") == "RTSTRUCT" else None


def _read_structures(file: Path, header: Any) -> Contours:
    names = {int(roi.ROINumber): str(roi.get("ROIName", "")) for roi in header.get("StructureSetROISequence", [])}
    found: Contours = {}
    for item in header.get("ROIContourSequence", []):
        number = int(item.ReferencedROINumber)
        curves = [
            _open(np.array(contour.ContourData, float).reshape(-1, 3) * _LPS_TO_RAS)
            for contour in item.get("ContourSequence", [])
            if str(contour.get("ContourGeometricType", "CLOSED_PLANAR")) == "CLOSED_PLANAR"
        ]
        if curves:
            found.setdefault(names.get(number) or f"structure {number}", []).extend(curves)
    if not found:
        raise InputError(f"'{file}' is an RTSTRUCT without closed planar contours.")
    return found


def _open(curve: np.ndarray) -> np.ndarray:
    """Without the first point again at the end."""
    return curve[:-1] if len(curve) > 3 and np.allclose(curve[0], curve[-1]) else curve
