"""Landmarks as CSV: a header with `x,y,z`, one point in RAS mm on each line."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from ..errors import InputError, OutputError
from .atomic import atomic_path

_AXES = ("x", "y", "z")


def read_landmarks(path: str | os.PathLike[str], names: tuple[str, str, str] = _AXES) -> np.ndarray:
    """(n, 3) RAS mm, or what is in the three columns `names`. Other columns (labels) are ignored.

    Raises `InputError` when the file is missing, has no columns x, y and z, no points, lines of other lengths than the
    header, or entries that are not finite numbers.
    """
    file = Path(path).expanduser()
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror}); check its name and folder.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"'{path}' is not a CSV text file; write lines of x,y,z under such a header.") from error
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    if any(header.count(name) != 1 for name in names):
        wanted = f"{names[0]}, {names[1]} and {names[2]}"
        raise InputError(f"'{path}': the first line must name the columns {wanted} (comma-separated, RAS mm).")
    columns = [header.index(name) for name in names]
    points = [_point(row, columns, len(header), number, path) for number, row in enumerate(rows[1:], start=1)]
    if not points:
        raise InputError(f"'{path}' holds no landmarks; write one x,y,z line for each under the header.")
    return np.array(points)


def _point(row: list[str], columns: list[int], width: int, number: int, path: str | os.PathLike[str]) -> list[float]:
    try:
        point = [float(row[column]) for column in columns] if len(row) == width else [np.nan]
    except ValueError:
        point = [np.nan]
    if not np.isfinite(point).all():
        raise InputError(
            f"'{path}': landmark {number} ('{','.join(row)[:60]}') lacks a finite number for x, y or z; correct it."
        )
    return point


def check_landmarks_path(path: str | os.PathLike[str]) -> None:
    """Raises `OutputError` for a name that promises another format than CSV: Slicer would read points from such a
    .fcsv, but not these, and in other coordinates."""
    if Path(path).suffix.lower() not in (".csv", ".txt"):
        raise OutputError(f"'{path}': landmarks are written as a CSV table; let the name end with .csv.")


def write_landmarks(points: np.ndarray, path: str | os.PathLike[str], force: bool = False) -> None:
    """Writes (n, 3) RAS mm. Raises `OutputError` when the file cannot be written, exists already (unless `force`) or is
    called like another format."""
    check_landmarks_path(path)
    lines = [",".join(f"{value:.6f}" for value in point) for point in np.asarray(points, float).reshape(-1, 3)]
    with atomic_path(path, force) as temporary:
        temporary.write_text("\n".join([",".join(_AXES), *lines]) + "\n", encoding="utf-8")


def write_landmark_errors(
    before: np.ndarray, after: np.ndarray, path: str | os.PathLike[str], force: bool = False
) -> None:
    """Writes the distances (n) mm of landmark pairs before and after a registration as CSV, numbered from 1, and their
    means in the last line. Raises `OutputError` as `write_landmarks` does."""
    names = [*map(str, range(1, len(before) + 1)), "mean"]
    pairs = zip([*before, np.mean(before)], [*after, np.mean(after)], strict=True)
    lines = [f"{name},{first:.6f},{second:.6f}" for name, (first, second) in zip(names, pairs, strict=True)]
    with atomic_path(path, force) as temporary:
        temporary.write_text("\n".join(["landmark,before_mm,after_mm", *lines]) + "\n", encoding="utf-8")
