"""The breathing motion that fits a chest CT: levels and outline come from its lungs."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from INRCore.demo.cases import coarser
from INRCore.foreground import foreground
from INRCore.volume import Volume

from .warps import Breathing, SmoothWarp

_COARSE_MM = 3.0
_AIR_HU = -400
_LEAST_SHARE = 0.1
_DOME_MM, _BOTTOM_MM, _SLIP_MM, _RIBS_MM = 25.0, 8.0, 1.0, 4.0
_RIBS_SPACING_MM = 120.0


def lungs_of(image: Volume) -> Volume:
    """uint8: air inside the body, parts of at least a tenth of it, smoothed over vessels, at 3 mm."""
    coarse = coarser(image, _COARSE_MM)
    air = (coarse.as_float32() < _AIR_HU) & ndimage.binary_erosion(foreground(coarse), iterations=3)
    air = ndimage.binary_opening(air, iterations=2)
    parts, _ = ndimage.label(air)
    counts = np.bincount(parts.ravel())
    counts[0] = 0
    lungs = np.isin(parts, np.flatnonzero(counts > _LEAST_SHARE * counts.sum()))
    return coarse.with_array(ndimage.binary_closing(lungs, iterations=2).astype(np.uint8))


def make_breathing(image: Volume) -> Breathing:
    """The motion from the made-up breathed-out state (fixed) to the scan (moving). The image's axes are patient axes up
    to signs."""
    lungs = lungs_of(image)
    mask, grid = lungs.array > 0, lungs.grid
    heights = grid.index_to_world(np.argwhere(mask)[:, ::-1])[:, 2]
    top, dome = np.percentile(heights, [99.5, 10])
    outline = _outline(mask)
    depth = ndimage.distance_transform_edt(outline) - ndimage.distance_transform_edt(~outline)
    scale = np.diag(grid.ijk_to_world)[:2]
    low, high = grid.corners.min(0), grid.corners.max(0)
    ribs = SmoothWarp.random(low, high, _RIBS_SPACING_MM, 5).scaled(grid.points()[::211], _RIBS_MM)
    return Breathing(
        depth_mm=ndimage.gaussian_filter(depth, 1.0) * abs(scale[0]), corner_xy=grid.origin[:2], spacing_xy=scale,
        top=float(top), dome=float(dome), bottom=float(low[2]), dome_mm=_DOME_MM, bottom_mm=_BOTTOM_MM,
        slip_mm=_SLIP_MM, ribs=ribs,
    )  # fmt: skip


def _outline(lungs: np.ndarray) -> np.ndarray:
    """(j, i) bool: the cavity seen from above, its notch at the spine left open."""
    seen = lungs.mean(0) > 0.15 * lungs.mean(0).max()
    closed = ndimage.binary_closing(np.pad(seen, 20), iterations=14)[20:-20, 20:-20]
    return ndimage.binary_fill_holes(closed)
