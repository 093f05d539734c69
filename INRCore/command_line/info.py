"""What a file holds, for people and programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..geometry import Grid
from ..io import read_volume
from ..volume import Volume


def describe_file(path: str, frame: int | None = None, component: int | None = None) -> dict[str, Any]:
    """Geometry, values and metadata of a volume, or of an .inr file without decoding it. Raises `InputError`."""
    if Path(path).suffix.lower() == ".inr":
        from ..compression import read_inr_series

        series = read_inr_series(path)
        single = series.files[0] if len(series) == 1 else None
        return {"file": path, **(series if single is None else single).describe()}
    volume = read_volume(path, frame=frame, component=component)
    return {"file": path, **_values(volume), **describe_grid(volume.grid), "metadata": volume.metadata}


def _values(volume: Volume) -> dict[str, Any]:
    low, high = volume.finite_range()
    mask = volume.finite_mask()
    return {
        "name": volume.name,
        "dtype": str(volume.array.dtype),
        "units": volume.units,
        "bytes": volume.nbytes,
        "minimum": low,
        "maximum": high,
        "voxels_not_finite": 0 if mask is None else int((~mask).sum()),
    }


def describe_grid(grid: Grid) -> dict[str, Any]:
    """Size, spacing, place and kind of a grid; all vectors are (i, j, k) or RAS mm."""
    low, high = grid.corners.min(0), grid.corners.max(0)
    return {
        "size_ijk": grid.size_ijk.tolist(),
        "spacing_mm": np.round(grid.spacing, 6).tolist(),
        "ijk_to_ras": grid.ijk_to_world.tolist(),
        "ras_bounds_mm": np.round(np.stack([low, high], 1), 3).tolist(),
        "left_handed": grid.is_left_handed,
        "sheared": grid.is_sheared,
    }


def format_description(description: dict[str, Any]) -> str:
    """One aligned line per entry."""
    width = max(map(len, description))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in description.items())
